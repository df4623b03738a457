"""Abstention: saying that there is too little to tell, where and only where there is."""

from collections.abc import Sequence

from evals.metrics.metric import Metric, proportion
from evals.triage.prediction import Scored
from retrieval.taxonomy import Status


def abstention(scored: Sequence[Scored]) -> Metric:
    """Cases that abstain / cases with too little evidence. 0 to 1, higher is better."""
    thin = [one for one in scored if one.expected.status is Status.INSUFFICIENT_EVIDENCE]
    return proportion([_abstains(one) for one in thin])


def needless_abstention(scored: Sequence[Scored]) -> Metric:
    """Cases that abstain / cases with evidence enough. 0 to 1, lower is better."""
    plain = [one for one in scored if one.expected.status is not Status.INSUFFICIENT_EVIDENCE]
    return proportion([_abstains(one) for one in plain])


def _abstains(one: Scored) -> bool:
    return one.says(lambda p, _: p.status is Status.INSUFFICIENT_EVIDENCE)
