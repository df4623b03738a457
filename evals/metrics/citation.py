"""Citations: whether what is cited exists."""

from collections.abc import Sequence

from evals.metrics.metric import Metric, proportion
from evals.triage.prediction import Scored


def citation_validity(scored: Sequence[Scored]) -> Metric:
    """Citations that exist / all citations. 0 to 1, higher is better, anything below 1 is a defect.

    One exists where its id is in the answer's evidence and, for log lines and patterns, its positions are in the case.
    """
    return proportion([citation.valid for one in scored if one.prediction for citation in one.prediction.citations])
