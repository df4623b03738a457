"""A ranking, a summary and lines looked up, as the elements `Ranking`, `Overview` and `Lookup` show them."""

from typing import Any

from app.answer import Answer
from app.answer_sections import ComponentRow, Lookup, Overview, Ranking
from app.ui.citation import by_id, citations
from app.ui.shown_text import sentence, verbatim
from app.ui.wording import moment_of, seen

_LINE = 1_200
_PROBLEMS_TOLD = 3


def ranking_props(turn: str, answer: Answer, ranking: Ranking) -> dict[str, Any]:
    """Rows with their counts, the one asked for first."""
    evidence = by_id(answer.evidence)
    hidden = ranking.things - len(ranking.rows)
    return {
        "turn": turn,
        "title": f"{_plural(ranking.by)} by {ranking.measure}, {'fewest' if ranking.least else 'most'} first",
        "by": ranking.by,
        "measure": ranking.measure,
        "none": sentence(answer.triage.summary),
        "more": f"{hidden} more not shown" if hidden > 0 else "",
        "rows": [
            {
                "rank": row.rank,
                "name": sentence(row.name, 120),
                "errors": row.errors,
                "warnings": row.warnings,
                "lines": row.lines,
                "severity": row.severity.value,
                "said": sentence(row.said, 160),
                "citations": citations(row.evidence, evidence),
            }
            for row in ranking.rows
        ],
    }


def overview_props(turn: str, answer: Answer, overview: Overview) -> dict[str, Any]:
    """Components with what is wrong with them and since when."""
    evidence = by_id(answer.evidence)
    titles = {problem.rank: problem.title for problem in answer.problems}
    return {
        "turn": turn,
        "components": [
            {
                "component": sentence(row.component, 80),
                "severity": row.severity.value,
                "troubled": bool(row.problems),
                "facts": _facts(row),
                "said": [
                    sentence(titles[rank], 200).removeprefix(f"{sentence(row.component, 80)}: ")
                    for rank in row.problems[:_PROBLEMS_TOLD]
                ],
                "lines": row.lines,
                "spark": row.spark,
                "citations": citations(row.evidence, evidence),
            }
            for row in overview.components
        ],
    }


def lookup_props(turn: str, answer: Answer, lookup: Lookup) -> dict[str, Any]:
    """The lines, newest first."""
    evidence = by_id(answer.evidence)
    shown = f", the newest {lookup.shown}" if lookup.shown < lookup.count else ""
    places = [f"{sentence(name, 80)} {count:,}" for name, count in lookup.places.items()]
    return {
        "turn": turn,
        "title": f"{lookup.count:,} line{'s' if lookup.count != 1 else ''}{shown}",
        "places": " · ".join(places[:4]),
        "none": sentence(answer.triage.summary),
        "lines": [
            {
                "id": id_,
                "kind": evidence[id_].kind.value,
                "time": _time(evidence[id_].timestamp),
                "source": sentence(evidence[id_].source, 120),
                "text": verbatim(evidence[id_].text, _LINE),
            }
            for id_ in lookup.lines
            if id_ in evidence
        ],
    }


def _plural(by: str) -> str:
    return f"{by}s".capitalize()


def _facts(row: ComponentRow) -> str:
    counts = [f"{count:,} {name}" for count, name in ((row.errors, "errors"), (row.warnings, "warnings")) if count]
    times = seen(row.first_seen, row.last_seen) if row.problems else ""
    return ", ".join([*([times] if times else []), *counts])


def _time(iso: str | None) -> str:
    moment = moment_of(iso)
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}" if moment else "no time"
