"""False alarm and missed alarm."""

from collections.abc import Sequence

from evals.metrics.metric import Metric, proportion
from evals.triage.prediction import Scored
from retrieval.taxonomy import Status


def false_alarm(scored: Sequence[Scored]) -> Metric:
    """Cases called a problem / cases that are none. 0 to 1, lower is better."""
    none = [one for one in scored if one.expected.status is not Status.PROBLEM]
    return proportion([one.says(lambda p, _: p.status is Status.PROBLEM) for one in none])


def missed_alarm(scored: Sequence[Scored]) -> Metric:
    """Problems not called one / problems. 0 to 1, lower is better."""
    problems = [one for one in scored if one.expected.status is Status.PROBLEM]
    return proportion([not one.says(lambda p, _: p.status is Status.PROBLEM) for one in problems])
