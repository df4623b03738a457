"""Root cause: what failed and how, as one canonical id."""

from collections.abc import Sequence

from app.triage.components import canonical
from evals.dataset.cases import Expected
from evals.metrics.metric import Metric, proportion
from evals.triage.prediction import Prediction, Scored
from retrieval.taxonomy import Status


def cause_id(verdict: Prediction | Expected) -> str:
    """`component/category`, the component by its canonical name (`postgresql/disk_pressure`); the status of no problem.

    Cases have no id of their own for a cause, and two wordings of one are never equal: what failed and how is what they
    have in common, and what decides who has to do what.
    """
    if verdict.status is not Status.PROBLEM:
        return verdict.status.value
    return f"{canonical(verdict.component).lower()}/{verdict.category.value}"


def root_cause(scored: Sequence[Scored]) -> Metric:
    """Cases whose cause id is exactly the expected one / all cases. 0 to 1, higher is better."""
    return proportion([one.says(lambda p, e: cause_id(p) == cause_id(e)) for one in scored])
