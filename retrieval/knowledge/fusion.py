"""From scores of different kinds to one ranking of documents.

A convex combination of scores, each put on a scale with a fixed zero, after Bruch, Gai and Ingber, "An Analysis of
Fusion Functions for Hybrid Retrieval" (ACM TOIS 42(1), 2023): it keeps how much better the first is than the second,
which reciprocal rank fusion throws away, and needs no tuning to a corpus. A document is as good as its best section,
as the whole of it and, to a lesser part, as its title. Several queries are added with their weights, each counted by
how relevant the best thing is that it found: a query that knows nothing must not vote as loudly as one that does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]

DENSE_WEIGHT = 0.5  # neither side is trusted more; measured flat from 0.4 to 0.6
# The parts of a document's score, the same for words and vectors. Best sections alone favour the longest document,
# whole documents alone lose what a single section says. Measured flat from 0.4 to 0.5, and 0.1 to 0.2 for the title.
SECTION_WEIGHT, TITLE_WEIGHT, WHOLE_WEIGHT = 0.45, 0.15, 0.4


@dataclass(frozen=True, slots=True)
class Ballot:
    """One query's scores over the candidates, and how much they count."""

    scores: Scores
    weight: float


def relative(scores: Scores, zero: float = 0.0) -> Scores:
    """Scores on a scale from 0 (at `zero` and below: unrelated) to 1 (the best of them); all 0 where none is above."""
    above = np.maximum(scores - zero, 0.0)
    best = float(above.max(initial=0.0))
    return np.asarray(above / best if best > 0 else above, dtype=np.float32)


def best_of_each(scores: Scores, starts: npt.NDArray[np.intp]) -> Scores:
    """The highest score of each run of neighbours; a run begins at each of `starts` and none is empty."""
    return np.asarray(np.maximum.reduceat(scores, starts), dtype=np.float32)


def document_scores(best_sections: Scores, titles: Scores, wholes: Scores) -> Scores:
    """Documents by their best section, their title and the whole of them; all on one scale."""
    return np.asarray(SECTION_WEIGHT * best_sections + TITLE_WEIGHT * titles + WHOLE_WEIGHT * wholes, dtype=np.float32)


def convex(dense: Scores | None, lexical: Scores | None, weight: float = DENSE_WEIGHT) -> Scores:
    """Both kinds as one, `weight` of it dense; either alone where the other is missing. Both from 0 to 1."""
    if dense is None or lexical is None:
        alone = lexical if dense is None else dense
        if alone is None:
            raise ValueError("there is nothing to fuse")
        return alone
    return np.asarray(weight * dense + (1 - weight) * lexical, dtype=np.float32)


def merge(ballots: Sequence[Ballot]) -> Scores:
    """The weighted mean of several queries' scores; a single query's scores where there is one."""
    weights = np.array([ballot.weight for ballot in ballots], dtype=np.float32)
    if not weights.any():
        weights[:] = 1.0
    stacked = np.stack([ballot.scores for ballot in ballots])
    return np.asarray(weights @ stacked / weights.sum(), dtype=np.float32)


def ranks(scores: Scores) -> list[int | None]:
    """The place of each score, 1 for the best; None for a score of 0 and below, which found nothing."""
    places: list[int | None] = [None] * len(scores)
    for place, position in enumerate(np.argsort(-scores, kind="stable"), start=1):
        if scores[position] > 0:
            places[position] = place
    return places
