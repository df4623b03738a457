"""Status: a problem, all well, or too little to tell."""

from collections.abc import Sequence

from evals.metrics.metric import Metric, proportion
from evals.triage.prediction import Scored


def status(scored: Sequence[Scored]) -> Metric:
    """Cases whose status is the expected one / all cases. 0 to 1, higher is better."""
    return proportion([one.says(lambda p, e: p.status is e.status) for one in scored])
