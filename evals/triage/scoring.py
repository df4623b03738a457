"""All metrics of a run, by name, as `metrics.json` has them."""

from collections.abc import Callable, Sequence

from evals.metrics.abstention import abstention, needless_abstention
from evals.metrics.calibration import expected_calibration_error
from evals.metrics.category import category, category_of_problems
from evals.metrics.cause import root_cause
from evals.metrics.citation import citation_validity
from evals.metrics.citation_support import citation_support
from evals.metrics.component import component_f1, component_f1_macro
from evals.metrics.confident_wrong import confident_wrong
from evals.metrics.fallback import fallback
from evals.metrics.false_alarm import false_alarm, missed_alarm
from evals.metrics.key_lines import key_line_hit, key_line_precision, key_line_recall
from evals.metrics.latency import latency
from evals.metrics.metric import Metric, proportion
from evals.metrics.repeats import repeats
from evals.metrics.rouge import rouge
from evals.metrics.severity import severity, severity_distance
from evals.metrics.status import status
from evals.metrics.tokens import tokens
from evals.triage.prediction import Scored

_ONE_EACH: dict[str, Callable[[Sequence[Scored]], Metric]] = {
    "status": status,
    "severity": severity,
    "severity_distance": severity_distance,
    "category": category,
    "category_of_problems": category_of_problems,
    "root_cause": root_cause,
    "component_f1": component_f1,
    "component_f1_macro": component_f1_macro,
    "key_line_hit": key_line_hit,
    "key_line_recall": key_line_recall,
    "key_line_precision": key_line_precision,
    "citation_validity": citation_validity,
    "citation_support": citation_support,
    "false_alarm": false_alarm,
    "missed_alarm": missed_alarm,
    "abstention": abstention,
    "needless_abstention": needless_abstention,
    "confident_wrong": confident_wrong,
    "calibration_ece": expected_calibration_error,
    "fallback": fallback,
}
# What a lower value of is better; of all others a higher one.
LOWER_IS_BETTER = frozenset(
    ["severity_distance", "false_alarm", "missed_alarm", "needless_abstention", "confident_wrong", "calibration_ece",
     "fallback", "latency_mean_ms", "latency_p50_ms", "latency_p95_ms", "prompt_tokens", "completion_tokens",
     "errors", "reference_ms"]
)  # fmt: skip


def score(scored: Sequence[Scored]) -> dict[str, Metric]:
    """Every metric of these outcomes; `errors` is the share of cases that the program could not answer."""
    return {
        **{name: measure(scored) for name, measure in _ONE_EACH.items()},
        "errors": proportion([one.record.error is not None for one in scored]),
        **rouge(scored),
        **latency(scored),
        **tokens(scored),
        **repeats(scored),
    }
