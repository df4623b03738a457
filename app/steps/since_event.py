"""When "the deploy" was: the newest rollout among the events of the source, where there is one."""

from datetime import timedelta

from app.change_events import last_rollout
from app.intent import Intent
from app.turn import Turn
from retrieval.errors import LogSourceDown
from retrieval.log_lines import LogTable
from retrieval.logs.events.elsewhere import with_events_elsewhere
from retrieval.logs.events.finding import find_events, with_event_labels
from retrieval.logs.source import LogQuery
from retrieval.redaction import redact_table
from retrieval.selectors import Selectors
from retrieval.taxonomy import WindowSource
from retrieval.time_window import TimeWindow
from retrieval.timestamps import to_datetime

# How far back a live source is asked for a rollout.
_LOOK_BACK = timedelta(hours=24)
# What stands in every line that tells of one: of a Deployment, of Helm, of Flux.
_TOLD_BY = ("ScalingReplicaSet", "upgrade", "fluxcd.io")
_SHARE = 0.1


async def since_event(
    turn: Turn,
    intent: Intent,
    selectors: Selectors,
    default: tuple[TimeWindow, TimeWindow],
    extent: TimeWindow | None,
) -> tuple[TimeWindow, TimeWindow]:
    """The windows before and after the newest rollout; `default`, and a warning, where none is known."""
    end = default[1].end
    searched = extent or TimeWindow.last(_LOOK_BACK, to_datetime(end))
    events = [each for text in _TOLD_BY for each in find_events(await _lines(turn, searched, selectors, text))]
    rollout = last_rollout([each for each in events if (each.timestamp or end) < end], turn.question.text)
    if rollout is None or rollout.first <= searched.start:
        turn.warnings.append(
            f"when the {intent.since} was is not known, so the default windows are compared; "
            "write for example “since 14:00”"
        )
        return default
    after = TimeWindow(rollout.first, end, WindowSource.QUESTION)
    start = after.start - (after.end - after.start)
    before = TimeWindow(max(start, extent.start) if extent else start, after.start, WindowSource.QUESTION)
    turn.warnings.append(
        f"the {intent.since} is taken to be the {rollout.text} at {to_datetime(rollout.first):%H:%M:%S} UTC"
    )
    return before, after


async def _lines(turn: Turn, window: TimeWindow, selectors: Selectors, text: str) -> LogTable:
    """The lines with this text, and events that stand elsewhere; none where the source does not answer.

    That it does not answer is said by the question's own read.
    """
    if turn.logs_down:
        return LogTable()
    try:
        query = LogQuery(window, selectors, holding=(text,), share=_SHARE)
        read = await with_events_elsewhere(turn.parts.logs, query, await turn.parts.logs.read(query))
    except LogSourceDown:
        return LogTable()
    return with_event_labels(redact_table(read.table).table)
