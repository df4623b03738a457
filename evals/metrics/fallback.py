"""Fallbacks: how often the verdict without a model had to stand in for the model's."""

from collections.abc import Sequence

from evals.metrics.metric import Metric, proportion
from evals.triage.prediction import Scored


def fallback(scored: Sequence[Scored]) -> Metric:
    """Cases whose model gave no usable answer / cases that a model was asked for. 0 to 1, lower is better.

    All other metrics of a run with a model include the extractive verdicts on these cases.
    """
    return proportion([one.record.fell_back for one in scored if one.record.fell_back is not None])
