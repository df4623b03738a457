"""What changed between two windows of a log source: read, redacted, compared, and said in sentences."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.answer_sections import ChangeRow
from app.triage.components import component_of
from app.triage.findings import find_findings
from retrieval.errors import BadInput
from retrieval.logs.events.elsewhere import with_events_elsewhere
from retrieval.logs.source import LogQuery, LogRead, LogSource
from retrieval.patterns.change import Change, ChangeKind, Changes, Judgement
from retrieval.patterns.changes import find_changes
from retrieval.patterns.pattern import Pattern
from retrieval.redaction import redact_table
from retrieval.selectors import Selectors
from retrieval.time_window import TimeWindow
from retrieval.timestamps import to_datetime, to_iso

# Where to read more; the words of an address say nothing of what happened.
_POINTER = re.compile(r"(?i)\b(?:see|visit|refer to|read|details(?: at)?):? https?://\S+")


@dataclass(frozen=True)
class WindowChanges:
    """Two windows, what was read of each, and what changed between them."""

    windows: tuple[TimeWindow, TimeWindow]
    reads: tuple[LogRead, LogRead]
    found: Changes
    warnings: tuple[str, ...]


async def changes_between(
    source: LogSource, before: TimeWindow, after: TimeWindow, selectors: Selectors | None = None
) -> WindowChanges:
    """What changed from `before` to `after` in the lines that have these labels; BadInput where the windows overlap."""
    refuse_overlap(before, after)
    queries = [LogQuery(window, selectors or {}) for window in (before, after)]
    reads = [await with_events_elsewhere(source, query, await source.read(query)) for query in queries]
    found = await asyncio.to_thread(_found, reads, before, after)
    return WindowChanges((before, after), (reads[0], reads[1]), found, tuple(comparison_warnings(reads, found)))


def refuse_overlap(before: TimeWindow, after: TimeWindow) -> None:
    """BadInput, with a sentence, where the windows share a moment or stand in the wrong order."""
    if before.start < after.end and after.start < before.end:
        raise BadInput(f"the windows overlap: before is {before}, after is {after}; give two that share no moment")
    if before.start > after.start:
        raise BadInput(f"the window before ({before}) lies behind the window after ({after}); exchange them")


def judge_by_findings(patterns: Sequence[Pattern]) -> list[Judgement]:
    """Events judged as triage does: by level, words of trouble and signals."""
    told = [
        replace(pattern, template=_without_pointers(pattern.template), samples=(_without_pointers(pattern.samples[0]),))
        for pattern in patterns
    ]
    findings = sorted(find_findings(told), key=lambda finding: finding.number)
    return [Judgement(finding.severity, 1.0 + max(0.0, finding.score)) for finding in findings]


def _without_pointers(text: str) -> str:
    return _POINTER.sub("", text)


def sentence(change: Change) -> str:
    """The change in a few words: "new at 14:07, 312 times in 2 pods"."""
    pods = f" in {change.pods} pod{'s' if change.pods != 1 else ''}" if change.pods else ""
    moment = f"{to_datetime(change.onset):%H:%M:%S}"
    if change.kind is ChangeKind.NEW:
        return f"new at {moment}, {_times(change.after_count)}{pods}"
    if change.kind is ChangeKind.GONE:
        return f"gone since {moment}, {_times(change.before_count)} before{pods}"
    ratio = change.rate_ratio or 0.0
    factor = f"{ratio:.1f} times as often" if ratio >= 0.1 else f"{1 / ratio:,.0f} times as rare"
    return f"{change.kind} at {moment}: {factor}, {change.before_count:,} before and {change.after_count:,} after{pods}"


def change_row(change: Change) -> ChangeRow:
    """The change as the contract has it (`logagent changes --json`)."""
    pattern = change.pattern
    return ChangeRow(
        kind=change.kind,
        template=pattern.template,
        labels=dict(change.labels),
        severity=change.severity,
        before_count=change.before_count,
        after_count=change.after_count,
        rate_ratio=change.rate_ratio,
        rate_ratio_interval=change.rate_ratio_interval,
        p_value=change.p_value,
        q_value=change.q_value,
        first_seen=to_iso(pattern.first_seen) if pattern.first_seen is not None else None,
        last_seen=to_iso(pattern.last_seen) if pattern.last_seen is not None else None,
        sample=pattern.samples[0],
        score=change.score,
        group=change.group,
        pods=change.pods,
        sentence=sentence(change),
        onset=to_iso(change.onset),
        sparks=(list(change.sparks[0]), list(change.sparks[1])),
        component=component_of(change.labels),
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _found(reads: Sequence[LogRead], before: TimeWindow, after: TimeWindow) -> Changes:
    tables = [redact_table(read.table).table for read in reads]
    return find_changes(tables[0], tables[1], before, after, judge_by_findings)


def comparison_warnings(reads: Sequence[LogRead], found: Changes) -> list[str]:
    """What was not read or cannot be compared, one sentence each."""
    warnings = list(dict.fromkeys(warning for read in reads for warning in read.warnings))
    for name, lines in (("before", found.before_lines), ("after", found.after_lines)):
        if not lines and found.before_lines + found.after_lines:
            warnings.append(
                f"the window {name} holds no lines, so everything is {'new' if name == 'before' else 'gone'}"
            )
    if any(read.coverage.truncated for read in reads):
        warnings.append("not every line of both windows was read, so counts and ratios are those of the lines read")
    if found.untimed:
        warnings.append(f"{found.untimed:,} lines have no time that lies in a window and were not compared")
    return warnings
