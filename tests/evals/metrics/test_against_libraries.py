"""The metrics of the committed run, counted a second time by scikit-learn, SciPy and the standard library."""

import json
import statistics
from collections import defaultdict

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from app.triage.components import canonical
from evals.comparison.finished_run import FinishedRun
from evals.golden import baseline_folder, golden
from evals.metrics.severity import severity_confusion
from retrieval.taxonomy import Severity

RUN = FinishedRun.read(baseline_folder(), golden())
WANT = [one.expected for one in RUN.scored]
GOT = [one.prediction for one in RUN.scored]
EXACT = pytest.approx


def value(name):
    return RUN.metrics[name]["value"]


@pytest.mark.parametrize("name", ["status", "severity", "category"])
def test_accuracies(name):
    """scikit-learn's share, and SciPy's Wilson interval."""
    want, got = ([getattr(each, name).value for each in side] for side in (WANT, GOT))
    assert value(name) == EXACT(accuracy_score(want, got), abs=5e-5)
    hits = sum(one == other for one, other in zip(want, got, strict=True))
    low, high = binomtest(hits, len(want)).proportion_ci(method="wilson")
    assert RUN.metrics[name]["ci"] == EXACT([low, high], abs=1e-4)


def test_root_cause():
    """Component and category as one label, the status where there is no problem."""
    want, got = (
        [
            f"{canonical(each.component).lower()}/{each.category}" if each.status == "problem" else str(each.status)
            for each in side
        ]
        for side in (WANT, GOT)
    )
    assert value("root_cause") == EXACT(accuracy_score(want, got), abs=5e-5)


def test_severity_confusion():
    """scikit-learn's matrix, expected by row."""
    names = [severity.value for severity in Severity]
    want, got = ([each.severity.value for each in side] for side in (WANT, GOT))
    counts = severity_confusion(RUN.scored)
    mine = [[counts[one, other] for other in names] for one in names]
    assert mine == confusion_matrix(want, got, labels=names).tolist()


def test_component_f1():
    """scikit-learn's micro and macro F1 over the names, without the label for none."""
    pairs = []
    for want, got in zip(WANT, GOT, strict=True):
        expected = canonical(want.component).lower() if want.status == "problem" else "-"
        named = canonical(got.component).lower() if got.status == "problem" else "-"
        pairs.append((expected, "-" if named == "unknown" else named))
    pairs = [pair for pair in pairs if pair != ("-", "-")]
    names = sorted({name for pair in pairs for name in pair} - {"-"})
    want, got = zip(*pairs, strict=True)
    for name, average in (("component_f1", "micro"), ("component_f1_macro", "macro")):
        wanted = f1_score(want, got, labels=names, average=average, zero_division=0)
        assert value(name) == EXACT(wanted, abs=5e-5)
        assert RUN.metrics[name]["n"] == len(pairs)


def test_alarms_abstention_and_confidence():
    """Recall and its complement by class."""
    names = ["problem", "healthy", "insufficient_evidence"]
    want, got = ([each.status.value for each in side] for side in (WANT, GOT))
    recall = precision_recall_fscore_support(want, got, labels=names, zero_division=0)[1]
    assert value("missed_alarm") == EXACT(1 - recall[0], abs=5e-5)
    assert value("abstention") == EXACT(recall[2], abs=5e-5)
    calm = [said for wanted, said in zip(want, got, strict=True) if wanted != "problem"]
    assert value("false_alarm") == EXACT(calm.count("problem") / len(calm), abs=5e-5)
    wrong = [
        each.confidence
        for wanted, each in zip(WANT, GOT, strict=True)
        if (wanted.status, wanted.category) != (each.status, each.category)
    ]
    assert value("confident_wrong") == EXACT(sum(each >= 0.8 for each in wrong) / len(WANT), abs=5e-5)


def test_calibration():
    """Ten bins, each weighed by its share."""
    bins = defaultdict(list)
    for want, got in zip(WANT, GOT, strict=True):
        right = (want.status, want.category) == (got.status, got.category)
        bins[min(9, int(got.confidence * 10))].append((got.confidence, right))
    gaps = [
        len(each) * abs(statistics.fmean(sure for sure, _ in each) - statistics.fmean(right for _, right in each))
        for each in bins.values()
    ]
    assert value("calibration_ece") == EXACT(sum(gaps) / len(WANT), abs=5e-5)


def test_key_lines():
    """Recall of positions by set, with SciPy's bootstrap for the interval."""
    shares = [
        len(set(want.key_lines) & set(got.key_lines)) / len(set(want.key_lines))
        for want, got in zip(WANT, GOT, strict=True)
        if want.key_lines
    ]
    assert value("key_line_recall") == EXACT(statistics.fmean(shares), abs=5e-5)
    assert value("key_line_hit") == EXACT(sum(share > 0 for share in shares) / len(shares), abs=5e-5)
    again = bootstrap((shares,), np.mean, n_resamples=5_000, method="percentile", rng=np.random.default_rng(1))
    interval = again.confidence_interval
    assert RUN.metrics["key_line_recall"]["ci"] == EXACT([interval.low, interval.high], abs=0.01)


def test_latency():
    """The standard library's mean, median and inclusive quantile."""
    values = [one.record.latency_ms for one in RUN.scored]
    assert value("latency_mean_ms") == EXACT(statistics.fmean(values), abs=1e-3)
    assert value("latency_p50_ms") == EXACT(statistics.median(values), abs=1e-3)
    percentiles = statistics.quantiles(values, n=100, method="inclusive")
    assert value("latency_p95_ms") == EXACT(percentiles[94], abs=1e-3)


def test_every_metric_is_reported_with_interval_and_n():
    """All that the evaluation promises, each with a value that lies in its interval where there was anything."""
    promised = {
        "root_cause", "category", "severity", "component_f1", "component_f1_macro", "status", "key_line_recall",
        "key_line_precision", "citation_validity", "citation_support", "rouge1", "rouge2", "rougeL", "abstention",
        "false_alarm", "confident_wrong", "calibration_ece", "latency_mean_ms", "latency_p50_ms", "latency_p95_ms",
        "prompt_tokens", "completion_tokens", "pass@1", "pass@n", "pass^n",
    }  # fmt: skip
    assert promised <= RUN.metrics.keys()
    for name, metric in RUN.metrics.items():
        low, high = metric["ci"]
        assert json.loads(json.dumps(metric)) == metric
        assert (metric["value"] is None) == (metric["n"] == 0), name
        assert metric["value"] is None or low <= metric["value"] <= high, name
