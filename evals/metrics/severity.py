"""Severity of the incident."""

from collections import Counter
from collections.abc import Sequence

from evals.metrics.metric import Metric, bootstrapped, nothing, proportion
from evals.triage.prediction import Scored


def severity(scored: Sequence[Scored]) -> Metric:
    """Cases whose severity is exactly the expected one / all cases. 0 to 1, higher is better."""
    return proportion([one.says(lambda p, e: p.severity is e.severity) for one in scored])


def severity_distance(scored: Sequence[Scored]) -> Metric:
    """Mean of |predicted rank − expected rank| (INFO 0 to CRITICAL 3) of the predictions. 0 to 3, lower is better."""
    rows = [
        [abs(one.prediction.severity.rank - one.expected.severity.rank)] for one in scored if one.prediction is not None
    ]
    return bootstrapped(rows, lambda table: float(table.mean())) if rows else nothing(0.0, 3.0)


def severity_confusion(scored: Sequence[Scored]) -> Counter[tuple[str, str]]:
    """How often each (expected, predicted) pair of severities came; a case without a prediction counts as "none"."""
    return Counter(
        (one.expected.severity.value, one.prediction.severity.value if one.prediction else "none") for one in scored
    )
