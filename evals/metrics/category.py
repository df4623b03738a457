"""Root cause: the category of failure."""

from collections import Counter
from collections.abc import Sequence

from evals.metrics.metric import Metric, proportion
from evals.triage.prediction import Scored
from retrieval.taxonomy import Status


def category(scored: Sequence[Scored]) -> Metric:
    """Cases whose category is exactly the expected one / all cases. 0 to 1, higher is better."""
    return proportion([one.says(lambda p, e: p.category is e.category) for one in scored])


def category_of_problems(scored: Sequence[Scored]) -> Metric:
    """The same over the cases that are problems, so that healthy ones cannot lift it. 0 to 1, higher is better."""
    return category([one for one in scored if one.expected.status is Status.PROBLEM])


def category_confusion(scored: Sequence[Scored]) -> Counter[tuple[str, str]]:
    """How often each (expected, predicted) pair of different categories came."""
    return Counter(
        (one.expected.category.value, one.prediction.category.value if one.prediction else "none")
        for one in scored
        if not one.says(lambda p, e: p.category is e.category)
    )
