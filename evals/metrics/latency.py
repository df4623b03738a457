"""Latency of an answer, from question to finished answer, in milliseconds; lower is better."""

from collections.abc import Sequence

import numpy as np

from evals.metrics.metric import Metric, bootstrapped, mean
from evals.triage.prediction import Scored


def latency(scored: Sequence[Scored]) -> dict[str, Metric]:
    """Mean, median and 95th percentile over cases (0 and up), as measured with as many at once as the run allowed."""
    rows = [one.record.latency_ms for one in scored]
    return {
        "latency_mean_ms": mean(rows),
        "latency_p50_ms": _quantile(rows, 0.5),
        "latency_p95_ms": _quantile(rows, 0.95),
    }


def _quantile(rows: Sequence[float], share: float) -> Metric:
    return bootstrapped([[row] for row in rows], lambda table: float(np.quantile(table, share)))
