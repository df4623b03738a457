"""Step 8 for a comparison: the two windows and what changed between them, as a prompt may say it."""

from app.comparison import Comparison
from app.evidence_selection import Selection
from app.triage.change_words import change_words, subject
from app.triage.components import component_of
from app.triage.prompting import ComparedMaterial
from retrieval.timestamps import to_datetime

MOST_CHANGES = 10
MOST_EVENTS = 8


def compared_material(comparison: Comparison, selection: Selection) -> ComparedMaterial:
    """The windows with their lines, and each change in words with its ids."""
    sides = zip(comparison.windows, comparison.counts, comparison.reads, strict=True)
    before, after = (
        f"{window}; {lines:,} lines" + (f" of {read.coverage.lines_matched:,}" if read.coverage.truncated else "")
        for window, lines, read in sides
    )
    changes = [
        (_change(comparison, number), selection.ids_of_pattern.get(number, ()))
        for number in range(min(MOST_CHANGES, len(comparison.changes)))
    ]
    events = [f"{to_datetime(event.first):%H:%M:%S} {event.text}" for event in comparison.events[-MOST_EVENTS:]]
    return ComparedMaterial(before, after, changes, events)


def _change(comparison: Comparison, number: int) -> str:
    change = comparison.changes[number]
    said = subject(change, component_of(change.labels))
    return f"{change.severity} · {said} · {change_words(comparison, number)}"
