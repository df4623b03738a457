"""Step 6 for a comparison: each change as a counted item over both windows, and a line that shows it."""

from collections.abc import Sequence

from app.change_events import ChangeEvent
from app.changes import sentence
from app.comparison import Comparison
from app.evidence_selection import (
    LINE_CHARACTERS,
    PATTERN_CHARACTERS,
    EvidenceBudget,
    Selection,
    add_line,
    cut,
    for_lines,
    stream_name,
    with_documents,
)
from app.knowledge_query import KnownDocument
from retrieval.log_lines import LogLine
from retrieval.patterns.change import Change
from retrieval.taxonomy import EvidenceKind

# Changes that have evidence of their own; further ones are listed without.
MOST_CITED = 30
# Lines of one window that a change names.
MOST_LINES = 200
# Events that have evidence without standing next to a change, the newest.
MOST_EVENTS = 20


def select_change_evidence(
    comparison: Comparison, documents: Sequence[KnownDocument], budget_tokens: int = 1_500
) -> tuple[Selection, dict[ChangeEvent, str]]:
    """The evidence of the changes within the budget, ids by the number of the change; and the ids of the events.

    Changes beyond the budget keep their counted item, which the card shows and the model does not read.
    """
    budget = EvidenceBudget(for_lines(budget_tokens, documents))
    ids: dict[int, list[str]] = {}
    of_events: dict[ChangeEvent, str] = {}
    beyond = 0
    for number, change in enumerate(comparison.changes[:MOST_CITED]):
        sides = comparison.positions(number, MOST_LINES)
        positions = [*sides[0], *sides[1]] or list(change.pattern.sample_positions)
        line = comparison.lines.at((sides[1] or positions)[0])
        counted = _counted(budget, change, line, positions, beyond=False)
        if counted is None:
            beyond += 1
            ids[number] = [_counted(budget, change, line, positions, beyond=True) or ""]
        else:
            shown = add_line(budget, line)
            ids[number] = [counted, shown] if shown else [counted]
        for event, _ in comparison.near(number):
            if event not in of_events:
                of_events[event] = _event(budget, event, comparison, beyond=counted is None)
    for event in comparison.events[-MOST_EVENTS:]:
        if event not in of_events:
            of_events[event] = _event(budget, event, comparison, beyond=True)
    left_out = f"{beyond} lesser changes are beyond the {budget_tokens:,} tokens of evidence" if beyond else None
    return with_documents(budget, documents, budget_tokens, ids, left_out), of_events


def _event(budget: EvidenceBudget, event: ChangeEvent, comparison: Comparison, *, beyond: bool) -> str:
    """The id of an event, whose lines are those that tell of it; kept for the card alone where it does not fit."""
    line = comparison.lines.at(event.positions[0])
    known = next((i.id for i in budget.items if i.kind is EvidenceKind.EVENT and i.lines == (line.position,)), None)
    if known:
        return known
    for whether in (beyond, True):
        added = budget.add(
            EvidenceKind.EVENT,
            cut(line.text, LINE_CHARACTERS),
            beyond=whether,
            source=event.text,
            timestamp=event.first,
            labels=dict(line.labels),
            lines=event.positions[:MOST_LINES],
        )
        if added:
            return added
    return ""


def _counted(
    budget: EvidenceBudget, change: Change, line: LogLine, positions: Sequence[int], *, beyond: bool
) -> str | None:
    """The change in words with its template; its lines are those of the window before, then those of the one after."""
    return budget.add(
        EvidenceKind.PATTERN,
        f"{sentence(change)}: {cut(change.pattern.template, PATTERN_CHARACTERS)}",
        beyond=beyond,
        source=stream_name(change.labels or line.labels),
        timestamp=change.onset,
        labels=dict(change.labels),
        lines=tuple(positions),
        score=change.score,
    )
