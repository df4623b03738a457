"""A summary of a window: by component and time, what is in trouble with its evidence, and what is quiet."""

from collections.abc import Sequence

from app.answer import Problem, Triage
from app.answer_sections import ComponentRow, Overview
from app.line_measures import counted_groups, measured_lines, spark_of
from app.turn import Looked
from retrieval.taxonomy import Severity
from retrieval.timestamps import parse_iso_nanoseconds, to_datetime, to_iso

MOST_COMPONENTS = 30
MOST_TOLD = 4
MOST_QUIET = 6


def overview_of(looked: Looked, problems: Sequence[Problem]) -> Overview:
    """The window by component: those in trouble in the order in which it began, then the others by their lines."""
    lines = measured_lines(looked.lines, looked.found, looked.findings, "component", looked.asked.window)
    rows = []
    for group in counted_groups(lines).sort(["lines", "group"], descending=[True, False]).iter_rows(named=True):
        own = [problem for problem in problems if problem.component == group["group"]]
        worst = max((problem.severity for problem in own), key=lambda s: s.rank, default=Severity.INFO)
        rows.append(
            ComponentRow(
                component=group["group"],
                severity=worst,
                lines=group["lines"],
                errors=group["errors"],
                warnings=group["warnings"],
                spark=spark_of(lines.filter(lines["group"] == group["group"])),
                problems=[problem.rank for problem in own],
                first_seen=min((problem.first_seen for problem in own), key=_moment, default=_iso(group["first"])),
                last_seen=max((problem.last_seen for problem in own), key=_moment, default=_iso(group["last"])),
                evidence=[id_ for problem in own for id_ in problem.evidence[:2]][:4],
            )
        )
    troubled = sorted(
        (row for row in rows if row.problems), key=lambda row: parse_iso_nanoseconds(row.first_seen or "") or 0
    )
    quiet = [row for row in rows if not row.problems]
    return Overview(
        components=[*troubled, *quiet][:MOST_COMPONENTS],
        quiet=[row.component for row in quiet],
        lines=lines.height,
    )


def summarised(triage: Triage, overview: Overview, problems: Sequence[Problem], looked: Looked) -> Triage:
    """The triage with the whole window as its summary, in the order in which things happened."""
    if not overview.lines:
        return triage
    window = looked.asked.window
    first, last = to_datetime(window.start), to_datetime(window.end)
    count = len({row.component for row in overview.components}) or 1
    said = (
        f"{first:%H:%M} to {last:%H:%M} UTC: {overview.lines:,} lines of {count} component{'s' if count != 1 else ''}"
    )
    troubled = [row for row in overview.components if row.problems]
    sentences = [f"{said}, {len(troubled)} in trouble." if troubled else f"{said}, none in trouble."]
    by_rank = {problem.rank: problem for problem in problems}
    for row in troubled[:MOST_TOLD]:
        worst = by_rank[row.problems[0]]
        more = f" and {len(row.problems) - 1} more" if len(row.problems) > 1 else ""
        title = worst.title.removeprefix(f"{row.component}: ")
        sentences.append(f"From {_clock(row.first_seen)} {row.component} ({row.severity.value}): {title}{more}.")
    if len(troubled) > MOST_TOLD:
        sentences.append(f"{len(troubled) - MOST_TOLD} more components have problems.")
    if overview.quiet:
        named = ", ".join(overview.quiet[:MOST_QUIET])
        rest = len(overview.quiet) - MOST_QUIET
        sentences.append(f"Quiet: {named}{f' and {rest} more' if rest > 0 else ''}.")
    return triage.model_copy(update={"summary": " ".join(sentences)})


def _moment(iso: str) -> int:
    return parse_iso_nanoseconds(iso) or 0


def _clock(iso: str | None) -> str:
    return iso[11:19] if iso else "an unknown time"


def _iso(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else to_iso(nanoseconds)
