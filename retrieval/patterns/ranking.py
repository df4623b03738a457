"""Ranking: which patterns of a window a person should read first.

A sum of terms that each say one thing. The logged level leads but does not decide: programs log disasters at INFO and
trifles at ERROR, so the words of the line, its rarity and its burst count too.
"""

from collections.abc import Sequence
from math import log1p

from retrieval.patterns.fields import Level
from retrieval.patterns.pattern import Pattern

LEVEL_SCORE = {
    Level.DEBUG: -0.5, Level.INFO: 0.0, Level.UNKNOWN: 0.6, Level.WARN: 1.8, Level.ERROR: 3.0, Level.FATAL: 4.2,
}  # fmt: skip
TROUBLE_SCORE = 0.6  # for each different word of trouble, the first three
COUNT_SCORE = 0.25  # for each e-fold of lines, only where the line is of trouble
BURST_SCORE = 0.4
NOVELTY_SCORE = 0.3
RARITY_SCORE = 0.3
# Fewer events have no rate to speak of.
LEAST_FOR_A_RATE = 3


def ranked_score(pattern: Pattern, events: int, base: Sequence[int] = ()) -> float:
    """How much a pattern deserves to be read, higher first.

    `events` is the size of the window, `base` its own chart: all its events in the parts that `pattern.spark` has.
    """
    level = LEVEL_SCORE[pattern.level]
    trouble = TROUBLE_SCORE * min(3, pattern.trouble)
    score = level + trouble
    if level > 1 or trouble > 0:
        score += COUNT_SCORE * log1p(pattern.count) + RARITY_SCORE * (1 - pattern.count / events)
        score += BURST_SCORE * burst(pattern.spark, base) + NOVELTY_SCORE * novelty(pattern.spark, base)
    return round(score, 4)


def burst(spark: Sequence[int], base: Sequence[int]) -> float:
    """How far a pattern gathers in one part of the window beyond the window itself: 0 where it goes with it, up to 1.

    max over the parts of (p - q) / (1 - q), p the pattern's share of its events in a part, q the window's. A part in
    which everything is busier is no burst of anything.
    """
    count, total = sum(spark), sum(base)
    if count < LEAST_FOR_A_RATE or count == total:
        return 0.0
    shares = [(own / count, everything / total) for own, everything in zip(spark, base, strict=True)]
    return max(0.0, *((p - q) / (1 - q) for p, q in shares if q < 1), 0.0)


def novelty(spark: Sequence[int], base: Sequence[int]) -> float:
    """How much of the window had passed, by its events, before the part in which a pattern first shows: 0 up to 1."""
    total = sum(base)
    first = next((part for part, own in enumerate(spark) if own), None)
    return sum(base[:first]) / total if total and first is not None else 0.0
