"""Measures of rankings per query, by ir-measures, and their means with 95 % intervals.

All lie between 0 and 1 and higher is better. hit@k: an answer is among the first k. recall@10: the share of the
answers among the first ten. mrr: one by the place of the first answer. ndcg@10: the graded gain of the first ten,
discounted by the logarithm of the place, over the best possible (Järvelin and Kekäläinen, ACM TOIS 20(4), 2002).
"""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import ir_measures
import numpy as np
import numpy.typing as npt
from ir_measures import RR, R, Success, nDCG

from evals.retrieval.experiment import MODES, Found
from retrieval.knowledge.search import Mode

MEASURES = {
    "ndcg@10": nDCG @ 10,
    "hit@1": Success @ 1,
    "hit@3": Success @ 3,
    "hit@5": Success @ 5,
    "recall@10": R @ 10,
    "mrr": RR,
}
RESAMPLES = 5_000
PerQuery = Mapping[Mode, Mapping[str, npt.NDArray[np.float64]]]  # by mode and measure, one value a query


class Measured(TypedDict):
    """A mean over `n` queries with its 95 % interval."""

    value: float
    ci: list[float]
    n: int


def per_query(done: Sequence[Found]) -> PerQuery:
    """Every measure of every query, in the order given."""
    return {mode: _of_mode(done, mode) for mode in MODES}


def mean(values: npt.NDArray[np.float64], seed: int) -> Measured:
    """The mean, with the interval of a bootstrap over the queries (percentiles; the same draws for equal seeds)."""
    draws = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), (2.5, 97.5))
    return {
        "value": round(float(values.mean()), 4),
        "ci": [round(float(low), 4), round(float(high), 4)],
        "n": len(values),
    }


def summary(values: PerQuery, chosen: npt.NDArray[np.bool_], seed: int) -> dict[str, dict[str, Measured]]:
    """The means over the chosen queries: by mode and measure, and by how much the fusion is better than either half.

    The differences are paired: each query against itself.
    """
    table: dict[str, dict[str, Measured]] = {
        mode: {name: mean(each[chosen], seed) for name, each in values[mode].items()} for mode in MODES
    }
    fused = values["hybrid"]
    halves: tuple[Mode, ...] = ("lexical", "dense")
    for half in halves:
        differences = {name: mean((fused[name] - values[half][name])[chosen], seed) for name in MEASURES}
        table[f"hybrid-{half}"] = differences
    return table


def _of_mode(done: Sequence[Found], mode: Mode) -> dict[str, npt.NDArray[np.float64]]:
    judged = {each.query.id: dict(each.query.relevant) for each in done}
    # By place, since equal scores would be put in the order of their ids.
    runs = {each.query.id: {doc_id: -float(n) for n, doc_id in enumerate(each.ranking[mode])} for each in done}
    rows = {each.query.id: n for n, each in enumerate(done)}
    names = {measure: name for name, measure in MEASURES.items()}
    values = {name: np.zeros(len(done)) for name in MEASURES}
    for metric in ir_measures.iter_calc(list(MEASURES.values()), judged, runs):
        values[names[metric.measure]][rows[metric.query_id]] = metric.value
    return values
