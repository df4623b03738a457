"""The tests against values computed by hand."""

from math import log

import pytest

from evals.comparison.paired_tests import mcnemar, paired_difference, population_stability, quantile_ratio


def test_mcnemar_counts_the_flips_alone():
    """0 of 6 flips to the better: 2 · (1/2)^6; as many either way: no difference; none: none."""
    assert mcnemar(0, 6) == pytest.approx(2 / 64)
    assert mcnemar(6, 0) == pytest.approx(2 / 64)
    assert mcnemar(3, 3) == 1.0
    assert mcnemar(0, 0) == 1.0


def test_a_difference_is_paired():
    """The same change in every case has no scatter, however much the cases differ."""
    assert paired_difference([0, 5, 9], [1, 6, 10]) == (1.0, (1.0, 1.0))
    value, (low, high) = paired_difference([0, 0, 1, 1] * 10, [1, 0, 1, 0] * 10)
    assert value == 0.0
    assert low < 0 < high


def test_a_quantile_ratio_is_after_over_before():
    """Twice as slow everywhere is a ratio of two, with no scatter."""
    assert quantile_ratio([10, 20, 30], [20, 40, 60], 0.95) == (2.0, (2.0, 2.0))


def test_the_stability_index():
    """Equal shares: 0. From 1:1 to all of one kind, with a half added to each count, by the formula."""
    assert population_stability(["a", "b"] * 50, ["a", "b"] * 50) == 0.0
    p, q = (50.5 / 101, 50.5 / 101), (100.5 / 101, 0.5 / 101)
    by_hand = sum((b - a) * log(b / a) for a, b in zip(p, q, strict=True))
    assert population_stability(["a", "b"] * 50, ["a"] * 100) == pytest.approx(by_hand, abs=1e-4)
