"""Repeats of the same case: how often any of them is right, and how often all are."""

from collections.abc import Sequence
from math import comb

from evals.metrics.metric import Metric, mean
from evals.triage.prediction import Scored


def repeats(scored: Sequence[Scored]) -> dict[str, Metric]:
    """pass@1, pass@n and pass^n over cases with n answers each; empty where each case was answered once.

    With c of n answers right, pass@k is 1 − C(n−c, k) / C(n, k), the chance that one of k drawn is right (Chen et al.,
    2021), and pass^k is C(c, k) / C(n, k), the chance that all k are (Yao et al., 2024). 0 to 1, higher is better.
    """
    if not any(one.record.repeats for one in scored):
        return {}
    counted = [(1 + len(one.record.repeats), _right(one)) for one in scored]
    return {
        "pass@1": mean([1 - comb(n - c, 1) / comb(n, 1) for n, c in counted]),
        "pass@n": mean([1 - comb(n - c, n) / comb(n, n) for n, c in counted]),
        "pass^n": mean([comb(c, n) / comb(n, n) for n, c in counted]),
    }


def _right(one: Scored) -> int:
    """How many of a case's answers have the expected status and category."""
    answers = [one.record.prediction, *one.record.repeats]
    return sum(
        answer is not None and answer.status is one.expected.status and answer.category is one.expected.category
        for answer in answers
    )
