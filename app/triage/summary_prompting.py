"""Step 8 for a summary: the window by component, as a prompt may say it."""

from app.answer_sections import ComponentRow, Overview
from app.triage.verification import inert

MOST_QUIET = 8
_NAME = 60


def components_in_words(overview: Overview) -> list[str]:
    """The components in trouble, a line each in the order in which it began, then a line on those that are quiet."""
    troubled = [row for row in overview.components if row.problems]
    lines = [_in_trouble(row) for row in troubled]
    if overview.quiet:
        named = ", ".join(inert(name, _NAME) for name in overview.quiet[:MOST_QUIET])
        more = len(overview.quiet) - MOST_QUIET
        lines.append(f"quiet: {named}{f' and {more} more' if more > 0 else ''}")
    return lines


def _in_trouble(row: ComponentRow) -> str:
    first, last = (moment[11:19] if moment else "an unknown time" for moment in (row.first_seen, row.last_seen))
    problems = ", ".join(str(rank) for rank in row.problems)
    counts = f"{row.errors:,} errors and {row.warnings:,} warnings in {row.lines:,} lines"
    return f"{inert(row.component, _NAME)} · {row.severity} · {first} to {last} · {counts} · problem {problems}"
