"""Steps 1 to 4: from the words of a question to the problems in its window, or the changes between its two."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.changes import refuse_overlap
from app.compared_windows import compared_by_default, preceding
from app.follow_up import follow_up
from app.intent import Intent, default_window, parse_intent
from app.question import Question
from app.ranking_wish import COUNTED_BY
from app.steps.comparing import compared
from app.steps.since_event import since_event
from app.telemetry.conventions import Attribute, Content
from app.triage.findings import find_findings, find_problems
from app.turn import Asked, Looked, Sides, Turn
from retrieval.errors import LogSourceDown
from retrieval.log_lines import LogTable
from retrieval.logs.events.elsewhere import SHARE, with_events_elsewhere
from retrieval.logs.events.finding import with_event_labels
from retrieval.logs.source import Coverage, LogQuery, LogRead
from retrieval.patterns.window_patterns import find_patterns
from retrieval.redaction import redact_table, redact_text
from retrieval.selectors import in_words
from retrieval.taxonomy import IntentKind
from retrieval.time_window import TimeWindow
from retrieval.timestamps import to_nanoseconds

# A live source knows the label values of the last hours; those of a window from before are asked for beside them.
_KNOWN_SINCE = timedelta(hours=5)
# Kinds of questions that an event of the cluster can answer; a ranking and a lookup are of the lines asked for alone.
_WITH_EVENTS = (IntentKind.TRIAGE, IntentKind.SUMMARY, IntentKind.CHANGES)


async def intent_step(turn: Turn) -> Asked:
    """What is asked, over which window, of which workloads; options win over words."""
    async with turn.steps.run("intent") as step:
        step.content(Content.QUESTION, turn.question.text)
        known, extent = await _known(turn)
        now = turn.question.now or (extent.end_datetime if extent else datetime.now(UTC))
        intent = _intent(turn.question, now.astimezone(turn.parts.zone), known, extent)
        if extent is None and (past := _past_window(turn, intent, now)):
            known = await _known_then(turn, known, past)
            intent = _intent(turn.question, now.astimezone(turn.parts.zone), known, extent)
        turn.warnings.extend(intent.notes)
        before, window = _windows(turn, intent, now, extent)
        selectors = {**intent.selectors, **turn.question.selectors}
        turn.warnings.extend(_unknown(turn.question.selectors, known))
        if intent.since and intent.window is None and turn.question.window is None:
            before, window = await since_event(turn, intent, selectors, (before or window, window), extent)
        step.measured({Attribute.INTENT: intent.kind, Attribute.SELECTORS: sorted(selectors)})
        chosen = "".join(f", {name} {in_words(selected)}" for name, selected in selectors.items())
        other = f"{before} with " if before else ""
        step.summary = f"{intent.kind.value}, {other}{window}{chosen}"
    return Asked(intent, window, selectors, before)


def _intent(question: Question, now: datetime, known: Mapping[str, Sequence[str]], extent: TimeWindow | None) -> Intent:
    """The intent of the words, which may go on from the question before."""
    if question.earlier and (going_on := follow_up(question.text, now, known, extent, question.earlier)):
        return going_on
    return parse_intent(question.text, now, known, extent)


def _windows(
    turn: Turn, intent: Intent, now: datetime, extent: TimeWindow | None
) -> tuple[TimeWindow | None, TimeWindow]:
    """The window before, None where nothing is compared, and the window asked about; an option wins over words."""
    chosen, hours = turn.question.window, turn.parts.window_hours
    if intent.kind is not IntentKind.CHANGES:
        return None, chosen or intent.window or default_window(now, extent, hours)
    if chosen is not None:
        before, window = preceding(chosen), chosen
    elif intent.window is not None:
        before, window = intent.before or preceding(intent.window), intent.window
    else:
        before, window = compared_by_default(now, extent, hours)
    refuse_overlap(before, window)
    return before, window


async def logs_step(turn: Turn, asked: Asked) -> Sides[LogRead]:
    """The lines of the window, or of both; none, and a warning, where the source is down."""
    async with turn.steps.run("logs") as step:
        windows = [asked.window] if asked.before is None else [asked.window, asked.before]
        answers = await asyncio.gather(*(_read(turn, asked, window, len(windows)) for window in windows))
        turn.unread = sum(read is None for read in answers)
        turn.logs_down = turn.unread == len(windows)
        reads = [read or LogRead(LogTable(), Coverage(0, 0, truncated=False)) for read in answers]
        turn.warnings.extend(dict.fromkeys(warning for read in reads for warning in read.warnings))
        matched = sum(read.coverage.lines_matched for read in reads)
        lines = sum(read.coverage.lines_read for read in reads)
        size = sum(read.table.text_bytes() for read in reads)
        step.measured({Attribute.LINES_MATCHED: matched, Attribute.LINES_READ: lines, Attribute.BYTES_READ: size})
        step.content(Content.QUERY, reads[0].query or "")
        step.summary = f"{lines:,} of {matched:,} lines read{' in two windows' if asked.before else ''}"
        queries = {"query": reads[0].query, "events": reads[0].beside}
        step.details = {name: query for name, query in queries.items() if query}
    return Sides(*reads)


def _query(asked: Asked, window: TimeWindow, windows: int) -> LogQuery:
    intent = asked.intent
    counted = COUNTED_BY[intent.ranking.by] if intent.ranking else ()
    return LogQuery(window, asked.selectors, intent.terms, holding=intent.needles, share=1 / windows, count_by=counted)


async def redact_step(turn: Turn, reads: Sides[LogRead]) -> Sides[LogTable]:
    """The lines without secrets; nothing after this step sees what was read."""
    async with turn.steps.run("redact") as step:
        tables = [read.table for read in (reads.after, reads.before) if read is not None]
        redacted = [await asyncio.to_thread(redact_table, with_safe_labels(table)) for table in tables]
        safe = [await asyncio.to_thread(with_event_labels, each.table) for each in redacted]
        counts = sum((Counter(each.counts) for each in redacted), Counter[str]())
        hidden = counts.total()
        step.measured({Attribute.REDACTIONS: hidden})
        step.summary = f"{hidden} secrets hidden" if hidden else "no secrets seen"
        step.details = dict(counts)
    return Sides(*safe)


def with_safe_labels(table: LogTable) -> LogTable:
    """The table with secrets out of its label values, which come from file names and shippers as well."""
    values = sorted({value for labels in table.streams for value in labels.values()})
    lines, _ = redact_text("\n".join(value.replace("\n", " ") for value in values))
    safe = dict(zip(values, lines.split("\n"), strict=True)) if values else {}
    if all(before == after for before, after in safe.items()):
        return table
    return LogTable(table.rows, [{name: safe[value] for name, value in labels.items()} for labels in table.streams])


async def patterns_step(turn: Turn, asked: Asked, reads: Sides[LogRead], lines: Sides[LogTable]) -> Looked:
    """The lines as patterns, and the problems among these; of two windows, what changed between them."""
    async with turn.steps.run("patterns") as step:
        if asked.before is not None:
            return await compared(turn, asked, reads, lines, step)
        table = lines.after
        bounds = (asked.window.start, asked.window.end) if table.span() else ()
        found = await asyncio.to_thread(find_patterns, table, *bounds)
        findings = await asyncio.to_thread(find_findings, found.patterns, asked.intent.terms)
        wants = asked.intent.only.wants
        problems = [problem for problem in find_problems(findings) if wants(problem.severity)]
        step.measured({Attribute.PATTERNS: len(found.patterns), Attribute.PROBLEMS: len(problems)})
        step.summary = f"{len(found.patterns)} patterns, {len(problems)} problems"
    return Looked(asked, reads.after, table, found, findings, problems)


def _unknown(selectors: Mapping[str, str], known: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Options that no log line is known for, each with the values that are."""
    for name, value in selectors.items():
        if known.get(name) and value not in known[name]:
            yield f"no logs of the {name} “{value}” are known; seen are {', '.join(known[name][:8])}"


async def _known(turn: Turn) -> tuple[Mapping[str, Sequence[str]], TimeWindow | None]:
    """Known label values and the extent of an archive; nothing, and a warning, where the source is down."""
    try:
        return await turn.parts.logs.label_values(), await turn.parts.logs.extent()
    except LogSourceDown as error:
        turn.logs_down = True
        turn.warnings.append(str(error))
        return {}, None


def _past_window(turn: Turn, intent: Intent, now: datetime) -> TimeWindow | None:
    """All that the question looks at, where that starts so long ago that its workloads may be gone by now."""
    before, window = _windows(turn, intent, now, None)
    if window.start > to_nanoseconds(datetime.now(UTC) - _KNOWN_SINCE):
        return None
    return replace(before, end=window.end) if before else window


async def _known_then(
    turn: Turn, known: Mapping[str, Sequence[str]], window: TimeWindow
) -> Mapping[str, Sequence[str]]:
    """The label values of now and of then."""
    try:
        then = await turn.parts.logs.label_values(window)
    except LogSourceDown:
        return known
    return {name: sorted({*known.get(name, ()), *then.get(name, ())}) for name in {*known, *then}}


async def _read(turn: Turn, asked: Asked, window: TimeWindow, windows: int) -> LogRead | None:
    """What the source answers, with the events that stand elsewhere; None, and a warning, where it does not answer."""
    if turn.logs_down:
        return None
    try:
        query = _query(asked, window, windows)
        if asked.intent.kind not in _WITH_EVENTS or not asked.selectors:
            return await turn.parts.logs.read(query)
        read = await turn.parts.logs.read(replace(query, share=query.share * (1 - SHARE)))
        return await with_events_elsewhere(turn.parts.logs, query, read)
    except LogSourceDown as error:
        if str(error) not in turn.warnings:
            turn.warnings.append(str(error))
        return None
