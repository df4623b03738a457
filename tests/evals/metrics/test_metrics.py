"""Each metric against values counted by hand."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from evals.dataset.cases import Case, CaseLine, Expected, Labels, Origin
from evals.metrics.abstention import abstention, needless_abstention
from evals.metrics.calibration import calibration_bins, expected_calibration_error
from evals.metrics.category import category, category_confusion, category_of_problems
from evals.metrics.cause import cause_id, root_cause
from evals.metrics.citation import citation_validity
from evals.metrics.citation_support import citation_support
from evals.metrics.component import component_f1, component_f1_macro
from evals.metrics.confident_wrong import confident_wrong
from evals.metrics.fallback import fallback
from evals.metrics.false_alarm import false_alarm, missed_alarm
from evals.metrics.key_lines import key_line_hit, key_line_precision, key_line_recall
from evals.metrics.latency import latency
from evals.metrics.metric import Metric, bootstrapped, mean, nothing, proportion
from evals.metrics.repeats import repeats
from evals.metrics.rouge import rouge
from evals.metrics.severity import severity, severity_confusion, severity_distance
from evals.metrics.status import status
from evals.metrics.tokens import tokens
from evals.triage.prediction import Citation, Prediction, Record, Scored
from retrieval.taxonomy import Category, EvidenceKind, Severity, Status


def scored(
    *,
    want: dict[str, Any] | None = None,
    got: dict[str, Any] | None = None,
    cited: tuple[tuple[int, ...], ...] = ((0,),),
    latency_ms: float = 100.0,
    usage: dict[str, int] | None = None,
    failed: bool = False,
    texts: Mapping[int, str] = MappingProxyType({}),
) -> Scored:
    """A case that is right unless `want` or `got` says otherwise."""
    same = {"status": Status.PROBLEM, "severity": Severity.ERROR, "component": "redis", "category": Category.DATABASE}
    expected = {"root_cause": "it is down", "summary": None, "key_lines": (0,), "runbooks": ()} | same | (want or {})
    answered = {"root_cause": "it is down", "summary": "redis is down", "confidence": 0.9} | same | (got or {})
    logs = tuple(CaseLine(ts=None, labels=Labels(app="redis"), line=texts.get(n, "x")) for n in range(10))
    case = Case(
        id="c", origin=Origin.SYNTHETIC, source="s", question="q", tags=(), logs=logs,
        expected=Expected(**expected),
    )  # fmt: skip
    citations = tuple(
        Citation(id=f"L{n}", kind=EvidenceKind.LOG, lines=lines, valid=all(line < 10 for line in lines))
        for n, lines in enumerate(cited, start=1)
    )
    prediction = Prediction(key_lines=tuple(n for lines in cited for n in lines), citations=citations, **answered)
    record = Record(
        id="c", prediction=None if failed else prediction, latency_ms=latency_ms, usage=usage,
        error="broken" if failed else None,
    )  # fmt: skip
    return Scored(case, record)


HEALTHY = {"status": Status.HEALTHY, "severity": Severity.INFO, "category": Category.BENIGN_NOISE}
THIN = HEALTHY | {"status": Status.INSUFFICIENT_EVIDENCE}


def test_a_proportion_has_wilsons_interval() -> None:
    """8 of 10 lie in 0.4902 to 0.9433; none of none is no value with the widest interval."""
    assert proportion([True] * 8 + [False] * 2) == Metric(0.8, (0.4902, 0.9433), 10)
    assert proportion([]) == nothing() == Metric(None, (0.0, 1.0), 0)


def test_a_bootstrap_interval_holds_the_value_and_is_the_same_each_time() -> None:
    """The mean of 1 … 9 is 5, its interval lies around it, and resampling is seeded."""
    first = mean([float(n) for n in range(1, 10)])
    assert first.value == 5.0
    assert first.ci[0] < 5 < first.ci[1]
    assert first == mean([float(n) for n in range(1, 10)])
    assert bootstrapped([[3.0]] * 4, lambda table: float(table.max())) == Metric(3.0, (3.0, 3.0), 4)


def test_exact_verdicts_are_shares_of_all_cases() -> None:
    """Two of four are right in each; a case that broke is wrong everywhere."""
    cases = [
        scored(),
        scored(),
        scored(got=HEALTHY),
        scored(failed=True),
    ]
    for metric in (status, severity, category, category_of_problems):
        assert metric(cases).value == 0.5
        assert metric(cases).n == 4
    assert severity_distance(cases).value == pytest.approx(2 / 3, abs=1e-4)
    assert severity_confusion(cases) == {("ERROR", "ERROR"): 2, ("ERROR", "INFO"): 1, ("ERROR", "none"): 1}
    assert category_confusion(cases) == {("database", "benign_noise"): 1, ("database", "none"): 1}


def test_a_root_cause_is_what_failed_and_how() -> None:
    """Of five, one has another component, one another category, one no answer; pod names and healthy ones agree."""
    cases = [
        scored(want={"component": "redis-0"}),
        scored(got={"component": "coredns"}),
        scored(got={"category": Category.DNS}),
        scored(failed=True),
        scored(want=HEALTHY, got=HEALTHY | {"component": "anything"}),
    ]
    assert cause_id(cases[0].expected) == "redis/database"
    assert cause_id(cases[4].expected) == "healthy"
    assert (root_cause(cases).value, root_cause(cases).n) == (0.4, 5)


def test_component_f1_counts_names_in_their_canonical_form() -> None:
    """A pod name counts as its component: redis-0 is redis. Two of three right: micro 2/3, macro (1 + 0 + 0) / 3."""
    cases = [
        scored(want={"component": "redis-0"}),
        scored(),
        scored(want={"component": "coredns"}, got={"component": "cilium"}),
    ]
    assert component_f1(cases).value == pytest.approx(2 / 3, abs=1e-4)
    assert component_f1_macro(cases).value == pytest.approx(1 / 3, abs=1e-4)


def test_component_f1_punishes_a_name_where_there_is_no_problem() -> None:
    """One right, one named for nothing: 2·1 / (1 + 2)."""
    assert component_f1([scored(), scored(want=HEALTHY)]).value == pytest.approx(2 / 3, abs=1e-4)


def test_key_lines() -> None:
    """Of two key lines one is cited: hit 1, recall 1/2; of two citations one holds a key line: precision 1/2."""
    one = scored(want={"key_lines": (2, 5)}, cited=((5, 6, 7), (9,)))
    assert key_line_hit([one]).value == 1.0
    assert key_line_recall([one]).value == 0.5
    assert key_line_precision([one]).value == 0.5
    missed = scored(want={"key_lines": (1,)}, cited=((0,),))
    assert key_line_hit([one, missed]).value == 0.5
    assert key_line_hit([scored(want=THIN | {"key_lines": ()})]).n == 0


def test_a_citation_beyond_the_case_is_invalid() -> None:
    """One of two citations names a line that is not there."""
    assert citation_validity([scored(cited=((3,), (12,)))]).value == 0.5


def test_citation_support_is_the_share_of_words_that_stand_in_cited_lines() -> None:
    """Of "redis: disk full on node seven" redis (a label), disk and full are there, node and seven are not: 3/5.

    With an uncited line that says it all and no citation it is none; a healthy answer claims no cause.
    """
    said = {"root_cause": "redis: disk full on node seven"}
    texts = {4: "Write error: DISK is full", 5: "node seven"}
    assert citation_support([scored(got=said, cited=((4,),), texts=texts)]).value == pytest.approx(0.6)
    assert citation_support([scored(got=said, cited=((4, 5),), texts=texts)]).value == 1.0
    both = citation_support([scored(got=said, cited=((4,), (5,)), texts=texts), scored(got=said, cited=())])
    assert (both.value, both.n) == (0.5, 2)
    assert citation_support([scored(got=HEALTHY), scored(failed=True)]).n == 0


def test_alarms_and_abstention() -> None:
    """A healthy case called a problem is a false alarm, a problem called healthy a missed one."""
    cases = [scored(), scored(got=THIN), scored(want=HEALTHY), scored(want=THIN, got=THIN)]
    assert false_alarm(cases) == proportion([True, False])
    assert missed_alarm(cases) == proportion([False, True])
    assert abstention(cases).value == 1.0
    assert needless_abstention(cases).value == pytest.approx(1 / 3, abs=1e-4)


def test_confident_and_wrong() -> None:
    """Only the sure and wrong answer counts, one of three."""
    wrong = {"category": Category.DNS}
    cases = [scored(), scored(got=wrong), scored(got=wrong | {"confidence": 0.5})]
    assert confident_wrong(cases).value == pytest.approx(1 / 3, abs=1e-4)


def test_calibration_error() -> None:
    """Bin 0.9: half right, off by 0.4; bin 0.2: none right, off by 0.2; two of three and one of three."""
    wrong = {"category": Category.DNS}
    cases = [scored(), scored(got=wrong), scored(got=wrong | {"confidence": 0.2})]
    assert expected_calibration_error(cases).value == pytest.approx((2 * 0.4 + 0.2) / 3, abs=1e-4)
    assert [(each.n, each.right) for each in calibration_bins(cases)] == [(1, 0.0), (2, 0.5)]
    assert expected_calibration_error([scored(got={"confidence": 1.0})]).value == 0.0


def test_rouge() -> None:
    """Equal summaries score 1; "redis is down" against "redis is up" shares two of three words."""
    same, other = scored(want={"summary": "redis is down"}), scored(want={"summary": "redis is up"})
    assert rouge([same])["rougeL"].value == 1.0
    # Three words each, two shared in order; of the two pairs of neighbours one: "redis is".
    assert [rouge([other])[name].value for name in ("rouge1", "rouge2", "rougeL")] == [0.6667, 0.5, 0.6667]
    assert rouge([scored()])["rougeL"].n == 0


def test_fallbacks_count_only_where_a_model_was_asked() -> None:
    """One of two asked is a half, whatever is not asked; of none there is no value."""
    asked = [replace(one, record=one.record.model_copy(update={"fell_back": fell_back}))
             for one, fell_back in zip([scored(), scored(), scored()], [True, False, None], strict=True)]  # fmt: skip
    assert (fallback(asked).value, fallback(asked).n) == (0.5, 2)
    assert fallback(asked[2:]).value is None


def test_latency_and_tokens() -> None:
    """Quantiles over all cases; tokens over those that a model was asked for."""
    cases = [scored(latency_ms=ms) for ms in (10, 20, 30)]
    cases[0] = scored(latency_ms=10, usage={"prompt_tokens": 100, "cached_tokens": 40, "completion_tokens": 7})
    measured = latency(cases)
    assert (measured["latency_mean_ms"].value, measured["latency_p50_ms"].value) == (20.0, 20.0)
    assert measured["latency_p95_ms"].value == 29.0
    assert tokens(cases)["prompt_tokens"] == Metric(100.0, (100.0, 100.0), 1)


def test_repeats_count_any_and_all() -> None:
    """Of two cases with two answers, one right twice and one once: 0.75, 1.0 and 0.5; without repeats none."""
    right, wrong = scored(), scored(got={"category": Category.DNS})
    both = replace(right, record=right.record.model_copy(update={"repeats": (right.prediction,)}))
    one = replace(wrong, record=wrong.record.model_copy(update={"repeats": (right.prediction,)}))
    counted = repeats([both, one])
    assert {name: metric.value for name, metric in counted.items()} == {"pass@1": 0.75, "pass@n": 1.0, "pass^n": 0.5}
    assert repeats([right, wrong]) == {}


def test_a_metric_in_words_stands_in_columns() -> None:
    """Whatever its size; one that nothing was measured for shows no interval."""
    lines = [Metric(0.25, (0.1018, 0.495), 16).in_words(3), Metric(318.6806, (182.977, 1679.559), 10).in_words(3)]
    assert lines == ["     0.250  [0.102, 0.495]          n=16", "   318.681  [182.977, 1679.559]     n=10"]
    assert nothing().in_words(3).split() == ["–", "n=0"]
    assert len({line.index("n=") for line in (*lines, nothing().in_words(3))}) == 1
