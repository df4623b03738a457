"""What the gate refuses, and what it lets pass."""

import pytest

from evals.comparison.comparison import compare
from evals.comparison.gate import differing, refusals
from retrieval.taxonomy import Category
from tests.evals.comparison.conftest import UNSURE, WRONG

CASES = 40


def test_an_unchanged_run_passes(run):
    """Also where it was wrong before, and where latencies scatter a little."""
    before = run("before", CASES, {3: WRONG}, latency=lambda n: 100.0 + n)
    after = run("after", CASES, {3: WRONG}, latency=lambda n: 103.0 + (n * 7) % 40)
    assert refusals(compare(before, after)) == []


def test_a_significant_drop_is_refused_by_name(run):
    """Eight of forty categories wrong that were right: the sentence says measure, figures and cases."""
    reasons = refusals(compare(run("before", CASES), run("after", CASES, dict.fromkeys(range(8), UNSURE))))
    assert any(reason.startswith("category fell from 1.000 to 0.800") and "c0" in reason for reason in reasons)


def test_one_flip_is_chance(run):
    """A single case that is unsure and wrong is not significant."""
    assert refusals(compare(run("before", CASES), run("after", CASES, {0: UNSURE}))) == []


def test_a_better_run_passes(run):
    """Significance in the other direction is no drop."""
    assert refusals(compare(run("before", CASES, dict.fromkeys(range(8), WRONG)), run("after", CASES))) == []


def test_one_more_verdict_that_is_sure_and_wrong_is_refused(run):
    """Confidence in a wrong answer costs most, so one is enough."""
    reasons = refusals(compare(run("before", CASES), run("after", CASES, {0: WRONG})))
    assert reasons == ["1 verdicts are wrong and sure of it, 0 before"]


def test_a_flaky_verdict_is_refused(run):
    """Repeats of one case that disagree, even if the first is right."""
    reasons = refusals(compare(run("before", CASES), run("after", CASES, repeats=({}, {"category": Category.DNS}))))
    assert reasons == ["the verdict changes from one repeat to the next: c0"]
    assert refusals(compare(run("before2", CASES), run("after2", CASES, repeats=({}, {})))) == []


def test_a_slower_path_is_refused(run):
    """Half as fast again, in every case."""
    before = run("before", CASES, latency=lambda n: 100.0 + n)
    reasons = refusals(compare(before, run("after", CASES, latency=lambda n: 1.5 * (100.0 + n))))
    assert len(reasons) == 1
    assert "1.50 times the baseline's" in reasons[0]


def test_a_slower_machine_is_no_slower_program(run):
    """Where the fixed piece of work took as much longer, the ratio is one."""
    before = run("before", CASES, latency=lambda n: 100.0 + n, reference_ms=50.0)
    after = run("after", CASES, latency=lambda n: 3 * (100.0 + n), reference_ms=150.0)
    assert compare(before, after).p95_ratio == pytest.approx(1.0)
    assert refusals(compare(before, after)) == []


def test_an_answer_that_became_an_error_is_refused(run):
    """It is named, beside what else it costs."""
    reasons = refusals(compare(run("before", CASES), run("after", CASES, errors=(5,))))
    assert any("c5" in reason and "error" in reason for reason in reasons)


def test_latency_can_be_left_out(run):
    """Of another machine's clock only a rough ratio is known."""
    before = run("before", CASES, latency=lambda n: 100.0 + n)
    after = run("after", CASES, latency=lambda n: 2 * (100.0 + n))
    assert refusals(compare(before, after), latency=False) == []


def test_a_run_that_draws_nothing_is_the_same_to_the_last_digit(run):
    """Every metric but the times; one that is missing counts."""
    metric = {"value": 0.8, "ci": [0.7, 0.9], "n": 40}
    times = {"latency_p95_ms": {"value": 1.0, "ci": [1, 1], "n": 40}}
    before = run("before", CASES, other={"severity": metric, **times}, reference_ms=50.0)
    assert differing(before, run("same", CASES, other={"severity": metric}, reference_ms=70.0)) == []
    other = run("other", CASES, other={"severity": {**metric, "value": 0.8001}})
    assert differing(before, other) == ["severity is 0.8001, in the baseline 0.8"]
    assert differing(before, run("none", CASES)) == ["severity is missing, in the baseline 0.8"]
