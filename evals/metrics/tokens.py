"""Tokens of a model's answers, as its server counted them; lower is better at equal quality."""

from collections.abc import Sequence

from evals.metrics.metric import Metric, mean
from evals.triage.prediction import Scored


def tokens(scored: Sequence[Scored]) -> dict[str, Metric]:
    """Mean prompt, cached and completion tokens (0 and up) over the cases that a model was asked for."""
    used = [one.record.usage for one in scored if one.record.usage is not None]
    return {
        name: mean([float(usage.get(name, 0)) for usage in used])
        for name in ("prompt_tokens", "cached_tokens", "completion_tokens")
    }
