"""Citation support: whether the cited lines say what the root cause says (attribution, after Rashkin et al., 2023).

Entailment would need a model to judge; this counts words, so that anybody can count them again.
"""

import re
from collections.abc import Sequence

from evals.metrics.metric import Metric, mean
from evals.triage.prediction import Prediction, Scored
from retrieval.taxonomy import Status

_WORD = re.compile(r"[^\W_]{3,}")
_STOP = frozenset(
    """and are but can cannot for from had has have its not that the their them then there this was were which will with
    because does did into more one than they when where while who""".split()  # noqa: SIM905  easier to read
)


def citation_support(scored: Sequence[Scored]) -> Metric:
    """Mean over answers that call a problem of root-cause words in the cited lines / root-cause words.

    Words have three letters or digits or more, whatever their case, without common words; the labels of a line count as
    its text. An answer that cites no line has no support. 0 to 1, higher is better.
    """
    return mean([share for one in scored if (share := _supported(one)) is not None])


def _supported(one: Scored) -> float | None:
    """The share of one answer; None where it names no cause."""
    answer = one.prediction
    if answer is None or answer.status is not Status.PROBLEM:
        return None
    said = _words(answer.root_cause)
    return len(said & _words(_cited(one, answer))) / len(said) if said else None


def _cited(one: Scored, answer: Prediction) -> str:
    logs = one.case.logs
    lines = [logs[position] for position in answer.key_lines if position < len(logs)]
    return "\n".join(f"{' '.join(line.labels.model_dump().values())} {line.line}" for line in lines)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold())) - _STOP
