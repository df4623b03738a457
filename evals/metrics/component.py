"""Component: which part of the cluster it is about, names compared in their canonical form."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.triage.components import UNKNOWN, canonical
from evals.metrics.metric import Metric, bootstrapped
from evals.triage.prediction import Scored
from retrieval.taxonomy import Status


def component_f1(scored: Sequence[Scored]) -> Metric:
    """Micro F1 = 2·TP / (predicted + expected) over cases that are, or are called, a problem. 0 to 1, higher is better.

    Expected counts a problem's component, predicted one that was named, TP those that agree.
    """
    rows = [(float(want == got), float(bool(want)), float(bool(got))) for want, got in _named(scored)]
    return bootstrapped(rows, lambda table: _f1(*table.sum(axis=0)))


def component_f1_macro(scored: Sequence[Scored]) -> Metric:
    """The mean F1 of the components that are expected or predicted, each counting alike. 0 to 1, higher is better."""
    pairs = _named(scored)
    names = sorted({name for pair in pairs for name in pair if name})
    rows = [[float(names.index(name)) if name else -1.0 for name in pair] for pair in pairs]

    def macro(table: NDArray[np.float64]) -> float:
        each = []
        for number in range(len(names)):
            want, got = table[:, 0] == number, table[:, 1] == number
            if want.any() or got.any():
                each.append(_f1(float((want & got).sum()), float(want.sum()), float(got.sum())))
        return sum(each) / len(each) if each else 0.0

    return bootstrapped(rows, macro)


def _named(scored: Sequence[Scored]) -> list[tuple[str, str]]:
    """Expected and predicted names, empty for none, of the cases that have either."""
    pairs = []
    for one in scored:
        want = canonical(one.expected.component).lower() if one.expected.status is Status.PROBLEM else ""
        got = ""
        if one.prediction is not None and one.prediction.status is Status.PROBLEM:
            got = canonical(one.prediction.component).lower()
        pairs.append((want, "" if got == UNKNOWN else got))
    return [pair for pair in pairs if any(pair)]


def _f1(true: float, expected: float, predicted: float) -> float:
    return 2 * true / (expected + predicted) if expected + predicted else 0.0
