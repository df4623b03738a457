"""A ranking, computed: which pod, namespace or component has most errors, warnings or lines, each row cited.

Where not every line was read, the log source's own counts are ranked, and the lines read only show what is counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from app.answer import Action, Triage
from app.answer_sections import Ranking, RankingRow
from app.evidence_selection import EvidenceBudget, Selection, add_line, for_lines, with_documents
from app.knowledge_query import KnownDocument
from app.line_measures import ERROR, WARNING, counted_groups, group_of, measured_lines, spark_of
from app.ranking_wish import RankingWish
from app.triage.message import message_of
from app.turn import Looked
from retrieval.taxonomy import Category, EvidenceKind, Severity, Status

MOST_POSITIONS = 200
Counted = Literal["lines", "source", "sample"]
_WORDS = {"errors": "error lines", "warnings": "warnings", "lines": "lines"}


@dataclass(frozen=True)
class Ranked:
    """A ranking with its evidence."""

    ranking: Ranking
    selection: Selection


def ranked(looked: Looked, wish: RankingWish, documents: Sequence[KnownDocument], tokens: int) -> Ranked:
    """The ranking that was asked for; a row without what is counted is none."""
    lines = measured_lines(looked.lines, looked.found, looked.findings, wish.by, looked.asked.window)
    counted, groups = _counted(looked, wish, lines)
    groups = groups.sort([wish.measure, "group"], descending=[not wish.least, False])
    if not wish.least:
        groups = groups.filter(pl.col(wish.measure) > 0)
    total = int(groups[wish.measure].sum())
    budget = EvidenceBudget(for_lines(tokens, documents))
    rows = [
        _row(rank, group, lines.filter(pl.col("group") == group["group"]), looked, wish, total, budget)
        for rank, group in enumerate(groups.head(wish.rows).iter_rows(named=True), start=1)
    ]
    ranking = Ranking(
        by=wish.by,
        measure=wish.measure,
        least=wish.least,
        total=total,
        things=groups.height,
        rows=rows,
        counted=counted,
    )
    return Ranked(ranking, with_documents(budget, documents, tokens, {}))


def _counted(looked: Looked, wish: RankingWish, lines: pl.DataFrame) -> tuple[Counted, pl.DataFrame]:
    """What was counted, and a row a thing: `group`, `errors`, `warnings`, `lines`."""
    if not looked.read.coverage.truncated:
        return "lines", counted_groups(lines)
    counts = looked.read.counts or ()
    if not counts or (wish.measure != "lines" and counts[0].errors is None):
        return "sample", counted_groups(lines)
    rows = [(group_of(one.labels, wish.by), one.errors or 0, one.warnings or 0, one.lines) for one in counts]
    table = pl.DataFrame(rows, schema=["group", "errors", "warnings", "lines"], orient="row")
    return "source", table.group_by("group").sum()


def _basis(looked: Looked, ranking: Ranking) -> str:
    """What the counts rest on, where that is not every line; nothing where it is."""
    coverage = looked.read.coverage
    if ranking.counted == "source":
        levels = "" if ranking.measure == "lines" else ", by the level that it found in each"
        return f" Counted by Loki over all {coverage.lines_matched:,} lines{levels}."
    if ranking.counted == "sample":
        of = f"{coverage.lines_read:,} of {coverage.lines_matched:,} lines"
        return f" Counted in a sample of {of}: the true order may be another."
    return ""


def ranking_triage(looked: Looked, ranking: Ranking, actions: Mapping[str, Action]) -> Triage:
    """The ranking in words, from its counts."""
    rows, what = ranking.rows, _WORDS[ranking.measure]
    if not len(looked.lines):
        return _triage(Status.INSUFFICIENT_EVIDENCE, "No log line lies in this window.", looked, rows, {})
    if not rows:
        return _triage(Status.HEALTHY, f"No {what} in this window.{_basis(looked, ranking)}", looked, rows, {})
    first = rows[0]
    counted = getattr(first, ranking.measure)
    order = "fewest" if ranking.least else "most"
    level = [row.name for row in rows if getattr(row, ranking.measure) == counted]
    if len(level) > 1:
        summary = f"{' and '.join(level[:3])} have the {order} {what}: {counted:,} each of {ranking.total:,}"
    else:
        summary = f"{first.name} has the {order} {what}: {counted:,} of {ranking.total:,}"
        summary += f" ({first.share:.0%})" if ranking.total else ""
    others = [f"{row.name} {getattr(row, ranking.measure):,}" for row in rows[len(level) : len(level) + 3]]
    summary += f". Then {', '.join(others)}." if others else "; no other has any." if not ranking.least else "."
    summary += _basis(looked, ranking)
    return _triage(Status.PROBLEM if looked.problems else Status.HEALTHY, summary, looked, rows, actions)


def _triage(
    status: Status, summary: str, looked: Looked, rows: Sequence[RankingRow], actions: Mapping[str, Action]
) -> Triage:
    first = rows[0] if rows else None
    lead = looked.problems[0].lead if looked.problems else None
    return Triage(
        status=status,
        summary=summary,
        root_cause=_mostly(first) if first else "There is nothing to rank.",
        category=lead.category if lead else Category.BENIGN_NOISE,
        component=lead.component if lead else "cluster",
        severity=first.severity if first and status is Status.PROBLEM else Severity.INFO,
        confidence=0.95,
        evidence=[id_ for row in rows[:3] for id_ in row.evidence][:6],
        actions=list(actions.values()),
    )


def _mostly(row: RankingRow) -> str:
    return f"{row.name}: mostly “{row.said}”." if row.said else f"{row.name}: none of its lines was read."


def _row(
    rank: int, group: dict[str, object], lines: pl.DataFrame, looked: Looked, wish: RankingWish, total: int,
    budget: EvidenceBudget,
) -> RankingRow:  # fmt: skip
    wanted = {"errors": ERROR, "warnings": WARNING}.get(wish.measure)
    shown = lines if wanted is None else lines.filter(pl.col("measure") == wanted)
    shown = shown if shown.height else lines
    counts = {name: int(str(group[name])) for name in ("errors", "warnings", "lines")}
    name = str(group["group"])
    text = f"{counts[wish.measure]:,} {_WORDS[wish.measure]} of {wish.by} {name}"
    facts: dict[str, Any] = {"rank": rank, "name": name, **counts, "spark": spark_of(shown)}
    facts["share"] = counts[wish.measure] / total if total else 0.0
    if not shown.height:  # counted by the source, and none of its lines was read
        only = budget.add(EvidenceKind.PATTERN, text, beyond=True, source=f"{counts[wish.measure]:,} lines", lines=())
        severity = Severity.ERROR if counts["errors"] else Severity.WARN if counts["warnings"] else Severity.INFO
        return RankingRow(**facts, severity=severity, said="", evidence=[only or ""])
    commonest = shown.group_by("pattern").len().sort(["len", "pattern"], descending=[True, False])["pattern"][0]
    of_it = shown.filter(pl.col("pattern") == commonest)
    line = looked.lines.at(int(of_it["position"][-1]))
    counted = budget.add(
        EvidenceKind.PATTERN, text, beyond=True, source=f"{counts[wish.measure]:,} lines", timestamp=line.timestamp,
        lines=tuple(int(each) for each in shown["position"].head(MOST_POSITIONS)),
    )  # fmt: skip
    shown_line = add_line(budget, line, beyond=True)
    severities = {finding.number: finding.severity for finding in looked.findings}
    worst = max((severities[n] for n in shown["pattern"].unique()), key=lambda s: s.rank, default=Severity.INFO)
    said, evidence = message_of(line.text, 140), [id_ for id_ in (counted, shown_line) if id_]
    return RankingRow(**facts, severity=worst, said=said, evidence=evidence)
