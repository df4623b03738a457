"""Step 4 for a question about change: two windows as patterns, and what differs between them."""

import asyncio

from app.answer_sections import Volume
from app.card import volume
from app.change_events import change_events
from app.changes import comparison_warnings, judge_by_findings
from app.comparison import Comparison, findings_of, placed_apart, side_by_side
from app.steps.running import Step
from app.telemetry.conventions import Attribute
from app.triage.findings import find_findings, find_problems
from app.turn import Asked, Looked, Sides, Turn
from retrieval.log_lines import LogTable
from retrieval.logs.events.finding import find_events
from retrieval.logs.source import LogRead
from retrieval.patterns.change import Changes
from retrieval.patterns.changes import find_changes
from retrieval.patterns.window_patterns import find_patterns
from retrieval.time_window import TimeWindow


async def compared(turn: Turn, asked: Asked, reads: Sides[LogRead], lines: Sides[LogTable], step: Step) -> Looked:
    """What the two windows of the question show; nothing is compared where one of them could not be read."""
    assert asked.before is not None and reads.before is not None and lines.before is not None  # noqa: S101,PT018
    comparison = await asyncio.to_thread(
        _compared,
        asked,
        (reads.before, reads.after),
        (lines.before, lines.after),
        failed=turn.unread > 0,
    )
    findings = findings_of(comparison.changes, asked.window)
    problems = find_problems(findings)
    known = {warning for read in comparison.reads for warning in read.warnings}
    if not comparison.failed:
        turn.warnings.extend(w for w in comparison_warnings(comparison.reads, comparison.found) if w not in known)
    step.measured({Attribute.PATTERNS: comparison.found.events, Attribute.PROBLEMS: len(problems)})
    step.summary = (
        f"{comparison.found.events} kinds of lines, {len(comparison.changes)} changed, {len(problems)} problems"
    )
    found = find_patterns(LogTable())
    return Looked(asked, reads.after, comparison.lines, found, findings, problems, comparison)


def _compared(
    asked: Asked, reads: tuple[LogRead, LogRead], tables: tuple[LogTable, LogTable], *, failed: bool
) -> Comparison:
    assert asked.before is not None  # noqa: S101  asked of it alone
    windows = asked.before, asked.window
    before, after = placed_apart(*tables, of_input=reads[1].query is None)
    found = Changes((), len(before), len(after), 0, 0)
    if not failed:
        found = find_changes(before, after, *windows, judge_by_findings)
    wanted = [change for change in found.changes if asked.intent.only.wants(change.severity, change.kind)]
    return Comparison(
        windows,
        reads,
        (before, after),
        side_by_side(before, after),
        found,
        tuple(wanted),
        (_volume(before, windows[0]), _volume(after, windows[1])),
        len(found.changes) - len(wanted),
        failed,
    ).with_events(change_events(find_events(before), find_events(after)))


def _volume(table: LogTable, window: TimeWindow) -> Volume | None:
    found = find_patterns(table, window.start, window.end)
    return volume(table, found, find_findings(found.patterns), window)
