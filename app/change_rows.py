"""Step 7 for a comparison: its two windows and its changes as the contract has them."""

from collections.abc import Mapping

from app.answer_sections import ChangeRow, ComparedWindow, Coverage, EventRow, NearEvent
from app.change_events import MOST_SHOWN, ChangeEvent, distance_words
from app.changes import change_row
from app.comparison import Comparison
from app.evidence_selection import Selection
from retrieval.logs.source import LogRead
from retrieval.timestamps import to_iso

MOST_CHANGES = 100
SAMPLE_CHARACTERS = 1_000


def change_rows(comparison: Comparison, selection: Selection, of_events: Mapping[ChangeEvent, str]) -> list[ChangeRow]:
    """The changes, most important first, each with its evidence and what happened next to it."""
    rows = []
    for number, change in enumerate(comparison.changes[:MOST_CHANGES]):
        row = change_row(change)
        added: dict[str, object] = {
            "evidence": [id_ for id_ in selection.ids_of_pattern.get(number, ()) if id_],
            "sample": row.sample[:SAMPLE_CHARACTERS],
            "near": [
                NearEvent(
                    text=f"{event.text} {distance_words(seconds)}",
                    seconds_before=round(seconds, 3),
                    evidence=of_events.get(event) or None,
                )
                for event, seconds in comparison.near(number)
            ],
        }
        rows.append(row.model_copy(update=added))
    return rows


def event_rows(comparison: Comparison, of_events: Mapping[ChangeEvent, str]) -> list[EventRow]:
    """What happened in the cluster in both windows, oldest first; of very many the newest."""
    return [
        EventRow(
            kind=each.event.kind,
            time=to_iso(each.first),
            text=each.text,
            subject=each.event.subject,
            reason=each.event.reason,
            count=each.count,
            severity=each.severity,
            evidence=of_events.get(each) or None,
        )
        for each in comparison.events[-MOST_SHOWN:]
    ]


def compared_windows(comparison: Comparison) -> tuple[ComparedWindow, ComparedWindow]:
    """The window before and the window after."""
    sides = zip(comparison.windows, comparison.reads, comparison.counts, comparison.volumes, strict=True)
    before, after = (
        ComparedWindow(
            start=to_iso(window.start),
            end=to_iso(window.end),
            lines=lines,
            query=read.query,
            link=read.link,
            coverage=coverage_of(read),
            volume=volume,
        )
        for window, read, lines, volume in sides
    )
    return before, after


def coverage_of(*reads: LogRead) -> Coverage:
    """What these reads looked at together."""
    return Coverage(
        lines_matched=sum(read.coverage.lines_matched for read in reads),
        lines_read=sum(read.coverage.lines_read for read in reads),
        truncated=any(read.coverage.truncated for read in reads),
    )
