"""Measures of rankings."""

import math

import numpy as np
import pytest

from evals.retrieval.experiment import Found
from evals.retrieval.measures import mean, per_query
from evals.retrieval.queries import Query
from evals.retrieval.run_folder import metrics_by_group


def found(relevant: dict[str, int], *, lexical=(), dense=(), hybrid=(), **fields: str) -> Found:
    query = Query(**{"id": "a", "query": "q", "relevant": relevant, **fields})
    return Found(query, {"lexical": tuple(lexical), "dense": tuple(dense), "hybrid": tuple(hybrid)}, 0.5, 1.0)


def test_measures_are_those_of_the_textbook() -> None:
    """An answer at the second place of three documents, of two answers."""
    values = per_query([found({"b": 1, "x": 1}, hybrid=["a", "b", "c"])])["hybrid"]
    assert {name: float(each[0]) for name, each in values.items()} == pytest.approx(
        {
            "hit@1": 0.0,
            "hit@3": 1.0,
            "hit@5": 1.0,
            "recall@10": 0.5,
            "mrr": 0.5,
            "ndcg@10": (1 / math.log2(3)) / (1 + 1 / math.log2(3)),
        }
    )


def test_a_ranking_keeps_its_order_whatever_the_ids() -> None:
    """Documents are judged by their place, not by the alphabet, and an empty ranking is worth nothing."""
    values = per_query([found({"a": 1}, lexical=["z", "a"], dense=["a", "z"])])
    assert float(values["lexical"]["mrr"][0]) == 0.5
    assert float(values["dense"]["mrr"][0]) == 1.0
    assert float(values["hybrid"]["mrr"][0]) == 0.0


def test_an_interval_lies_around_its_mean_and_narrows() -> None:
    """The bootstrap is the same for equal seeds, and more queries give a narrower interval."""
    few, many = (np.tile([0.0, 1.0], n) for n in (10, 1000))
    assert mean(few, 1) == mean(few, 1)
    low, high = mean(few, 1)["ci"]
    assert low < 0.5 < high
    assert mean(many, 1)["ci"][1] - mean(many, 1)["ci"][0] < high - low
    assert mean(np.ones(5), 1) == {"value": 1.0, "ci": [1.0, 1.0], "n": 5}


def test_the_fusion_is_compared_query_by_query() -> None:
    """Differences are paired, and every type of query has figures of its own."""
    done = [
        found({"a": 1}, id="1", type="log", lexical=["a"], dense=["b", "a"], hybrid=["a"]),
        found({"a": 1}, id="2", type="alert", lexical=["b", "a"], dense=["a"], hybrid=["a"]),
    ]
    groups = metrics_by_group(done, seed=1)
    assert list(groups) == ["all", "log", "alert"]
    assert groups["all"]["hybrid-lexical"]["mrr"] == {"value": 0.25, "ci": [0.0, 0.5], "n": 2}
    assert groups["log"]["hybrid-dense"]["hit@1"] == {"value": 1.0, "ci": [1.0, 1.0], "n": 1}
