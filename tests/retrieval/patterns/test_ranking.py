"""Ranking: severity leads, and burst, novelty and rarity within the window decide among equals."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.patterns.fields import Level
from retrieval.patterns.pattern import Pattern
from retrieval.patterns.ranking import burst, novelty, ranked_score

EVEN = [100] * 4
PATTERN = Pattern(
    template="ERROR no route", level=Level.ERROR, trouble=0, count=40, first_seen=None, last_seen=None, labels={},
    sample_positions=(0,), samples=("ERROR no route",), spark=(10, 10, 10, 10),
)  # fmt: skip


def score(**differing: object) -> float:
    return ranked_score(replace(PATTERN, **differing), sum(EVEN), EVEN)  # type: ignore[arg-type]


def test_the_level_leads() -> None:
    """Of patterns that differ in their level alone the graver one is first."""
    scores = [score(level=level) for level in (Level.FATAL, Level.ERROR, Level.WARN, Level.INFO, Level.DEBUG)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 5


def test_words_of_trouble_count_at_any_level() -> None:
    """A line logged as information that speaks of trouble comes before one that does not."""
    assert score(level=Level.INFO, trouble=2) > score(level=Level.INFO, trouble=0)


def test_a_burst_is_told_from_an_even_rate() -> None:
    """As many events in one part of the window rank above those spread over all of it, and novel ones above both."""
    assert score(spark=(40, 0, 0, 0)) > score()
    assert score(spark=(0, 0, 0, 40)) > score(spark=(40, 0, 0, 0))


def test_rarity() -> None:
    """What makes up little of the window gains by it, beside what its count gives."""
    most, few = ranked_score(PATTERN, 41, EVEN), ranked_score(PATTERN, 4000, EVEN)
    assert few > most


def test_routine_gains_nothing_by_burst_and_rarity() -> None:
    """An informative line without trouble stays at its level however it is spread."""
    assert score(level=Level.INFO, spark=(0, 0, 0, 40)) == score(level=Level.INFO)


@pytest.mark.parametrize(
    ("spark", "base", "expected"),
    [
        ((10, 10, 10, 10), (100, 100, 100, 100), 0.0),
        ((40, 0, 0, 0), (100, 100, 100, 100), 1.0),
        ((40, 0, 0, 0), (400, 0, 0, 0), 0.0),
        ((30, 10, 0, 0), (300, 100, 0, 0), 0.0),
        ((2, 0, 0, 0), (100, 100, 100, 100), 0.0),
        ((40, 0, 0, 0), (40, 0, 0, 0), 0.0),
        ((0, 0), (0, 0), 0.0),
        ((), (), 0.0),
    ],
)
def test_a_burst_is_one_against_the_base_rate_of_the_window(
    spark: tuple[int, ...], base: tuple[int, ...], expected: float
) -> None:
    """A pattern that gathers where the whole window does is no burst, nor are two events."""
    assert burst(spark, base) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("spark", "base", "expected"), [((0, 0, 0, 1), (1, 1, 1, 1), 0.75), ((1, 0), (9, 1), 0.0), ((0, 0), (0, 0), 0.0)]
)
def test_novelty_is_the_part_of_the_window_before(
    spark: tuple[int, ...], base: tuple[int, ...], expected: float
) -> None:
    """Novel is what shows after most of the window; measured by events, so that a silent start counts for nothing."""
    assert novelty(spark, base) == expected


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=24))
def test_bounds(parts: list[tuple[int, int]]) -> None:
    """Burst and novelty lie between 0 and 1 for any pattern that is a part of its window."""
    spark, base = [own for own, _ in parts], [own + others for own, others in parts]
    assert 0 <= burst(spark, base) <= 1
    assert 0 <= novelty(spark, base) <= 1
