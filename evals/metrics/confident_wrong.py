"""Confident and wrong: what costs a person most."""

from collections.abc import Sequence

from evals.metrics.metric import Metric, proportion
from evals.triage.prediction import Scored

CONFIDENT = 0.8


def confident_wrong(scored: Sequence[Scored]) -> Metric:
    """Cases with confidence ≥ 0.8 and a wrong status or category / all cases. 0 to 1, lower is better."""
    return proportion([one.says(lambda p, _: p.confidence >= CONFIDENT) and not one.correct for one in scored])
