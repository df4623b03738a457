"""Step 6 for a comparison: each change as a counted item over both windows, and a line that shows it."""

from collections.abc import Sequence

from app.changes import sentence
from app.comparison import Comparison, lines_of
from app.evidence_selection import (
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


def select_change_evidence(
    comparison: Comparison, documents: Sequence[KnownDocument], budget_tokens: int = 1_500
) -> Selection:
    """The evidence of the changes within the budget, ids by the number of the change.

    Changes beyond the budget keep their counted item, which the card shows and the model does not read.
    """
    budget = EvidenceBudget(for_lines(budget_tokens, documents))
    ids: dict[int, list[str]] = {}
    beyond = 0
    for number, change in enumerate(comparison.changes[:MOST_CITED]):
        sides = [
            lines_of(change, table, count, MOST_LINES)
            for table, count in zip(comparison.tables, (change.before_count, change.after_count), strict=True)
        ]
        told = sides[1] or sides[0] or list(change.pattern.sample_positions)
        line = comparison.lines.at(told[0])
        counted = _counted(budget, change, line, [*sides[0], *sides[1]] or told, beyond=False)
        if counted is None:
            beyond += 1
            ids[number] = [_counted(budget, change, line, [*sides[0], *sides[1]] or told, beyond=True) or ""]
            continue
        shown = add_line(budget, line)
        ids[number] = [counted, shown] if shown else [counted]
    left_out = f"{beyond} lesser changes are beyond the {budget_tokens:,} tokens of evidence" if beyond else None
    return with_documents(budget, documents, budget_tokens, ids, left_out)


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
