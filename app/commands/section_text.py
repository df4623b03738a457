"""A ranking, a summary and lines looked up, on a terminal."""

from rich.table import Table
from rich.text import Text

from app.answer import EvidenceItem, Problem
from app.answer_sections import Lookup, Overview, Ranking
from app.triage.verification import inert
from retrieval.taxonomy import Severity

LONGEST = 200
STYLE = {Severity.INFO: "green", Severity.WARN: "yellow", Severity.ERROR: "red", Severity.CRITICAL: "bold red"}


def ranking_table(ranking: Ranking) -> Table:
    """One row a thing, with its counts and the lines that show them."""
    table = _table("#", ranking.by, "errors", "warnings", "lines", "mostly", "evidence")
    for row in ranking.rows:
        counts = [f"{getattr(row, name):,}" for name in ("errors", "warnings", "lines")]
        said = Text(inert(row.said, LONGEST))
        table.add_row(str(row.rank), Text(inert(row.name, LONGEST)), *counts, said, ", ".join(row.evidence))
    return table


def overview_table(overview: Overview, problems: list[Problem]) -> Table:
    """One row a component: since when it is in trouble, with what, or that it is quiet."""
    titles = {problem.rank: problem.title for problem in problems}
    table = _table("severity", "component", "lines", "since", "what", "evidence")
    for row in overview.components:
        said = "; ".join(titles[rank].removeprefix(f"{row.component}: ") for rank in row.problems[:2])
        table.add_row(
            Text(row.severity.value if row.problems else "quiet", style=STYLE[row.severity]),
            Text(inert(row.component, LONGEST)),
            f"{row.lines:,}",
            (row.first_seen or "")[11:19] if row.problems else "",
            Text(inert(said, LONGEST)),
            ", ".join(row.evidence),
        )
    return table


def lookup_table(lookup: Lookup, evidence: list[EvidenceItem]) -> Table:
    """The newest lines, newest first."""
    by_id = {item.id: item for item in evidence}
    table = _table("id", "time", "where", "line")
    for id_ in lookup.lines:
        item = by_id[id_]
        line = Text(inert(item.text, 2 * LONGEST))
        table.add_row(id_, (item.timestamp or "no time")[:23], Text(inert(item.source, LONGEST)), line)
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading)
    return table
