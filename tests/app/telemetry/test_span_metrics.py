"""Metrics made of spans."""

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from app.telemetry import metric_names as names
from app.telemetry.conventions import Attribute
from app.telemetry.setup import Telemetry
from app.telemetry.span_metrics import SpanMetrics
from app.telemetry.spans import chat_span, record_feedback, retrieval_span, step_span, turn_span


class Measured:
    """A telemetry whose metrics can be read: `points(metric)` by their labels."""

    def __init__(self):
        self._reader = InMemoryMetricReader()
        provider = MeterProvider([self._reader], shutdown_on_exit=False)
        self.telemetry = Telemetry(processors=[SpanMetrics(provider.get_meter("test"))])

    def points(self, metric):
        data = self._reader.get_metrics_data()
        metrics = [] if data is None else data.resource_metrics[0].scope_metrics[0].metrics
        found = next((each for each in metrics if each.name == metric.name), None)
        return {} if found is None else {tuple(sorted(p.attributes.items())): p for p in found.data.data_points}


@pytest.fixture
def measured():
    measured = Measured()
    yield measured
    measured.telemetry.shutdown()


def test_a_turn_is_timed_by_intent_engine_and_status(measured):
    """And its evidence and citations are counted, zeros of a kind included."""
    with turn_span(measured.telemetry) as turn:
        turn.set(
            {Attribute.INTENT: "triage", Attribute.ENGINE: "extractive", Attribute.STATUS: "problem",
             Attribute.CITATIONS: 4, Attribute.EVIDENCE_LOG: 7}
        )  # fmt: skip
    labels = (("engine", "extractive"), ("intent", "triage"), ("status", "problem"))
    assert measured.points(names.TURN_SECONDS)[labels].count == 1
    assert measured.points(names.CITATIONS)[()].value == 4
    evidence = measured.points(names.EVIDENCE)
    assert evidence[(("kind", "log"),)].sum == 7
    assert evidence[(("kind", "runbook"),)].sum == 0


def test_steps_are_timed_and_the_card_from_the_question_on(measured):
    """The card's time is that of everything before it too."""
    with turn_span(measured.telemetry) as turn:
        with step_span(turn, "logs") as step:
            step.set({Attribute.LINES_READ: 120, Attribute.BYTES_READ: 9_000})
        with step_span(turn, "redact") as step:
            step.set({Attribute.REDACTIONS: 2})
        with step_span(turn, "card"):
            pass
    steps = measured.points(names.STEP_SECONDS)
    assert {labels[0][1] for labels in steps} == {"logs", "redact", "card"}
    card = measured.points(names.CARD_SECONDS)[()]
    assert card.sum > steps[(("step", "logs"),)].sum + steps[(("step", "redact"),)].sum
    assert measured.points(names.LINES_READ)[()].value == 120
    assert measured.points(names.BYTES_READ)[()].value == 9_000
    assert measured.points(names.REDACTIONS)[()].value == 2


def test_a_request_to_the_model_says_time_tokens_and_cache(measured):
    """Tokens by type, the cached ones apart; durations by model and whether it failed."""
    with turn_span(measured.telemetry) as turn, step_span(turn, "generate") as step:
        with chat_span(step, "qwen") as call:
            call.set(
                {Attribute.FIRST_CHUNK_SECONDS: 0.5, Attribute.INPUT_TOKENS: 900, Attribute.OUTPUT_TOKENS: 120,
                 Attribute.CACHED_TOKENS: 700}
            )  # fmt: skip
        step.set({Attribute.REPAIRED: True, Attribute.FELL_BACK: True, Attribute.QUEUE_SECONDS: 1.5})
    model = (("model", "qwen"),)
    assert measured.points(names.FIRST_CHUNK_SECONDS)[model].sum == 0.5
    assert measured.points(names.INPUT_TOKENS)[model].value == 900
    assert measured.points(names.OUTPUT_TOKENS)[model].value == 120
    assert measured.points(names.CACHED_TOKENS)[model].value == 700
    assert measured.points(names.MODEL_SECONDS)[(("failed", "false"), *model)].count == 1
    assert measured.points(names.QUEUE_SECONDS)[()].sum == 1.5
    assert measured.points(names.REPAIRS)[()].value == 1
    assert measured.points(names.FALLBACKS)[()].value == 1


def test_a_question_that_failed_is_an_error_and_no_answer(measured):
    """By the type of the error; it has no part in the answers' durations."""
    with pytest.raises(ValueError, match="no"), turn_span(measured.telemetry):
        raise ValueError("no")
    assert measured.points(names.ERRORS)[(("error_type", "ValueError"),)].value == 1
    assert measured.points(names.TURN_SECONDS) == {}


def test_a_question_that_was_stopped_is_neither(measured):
    """A person who leaves is no failure."""
    with pytest.raises(KeyboardInterrupt), turn_span(measured.telemetry):
        raise KeyboardInterrupt
    assert measured.points(names.CANCELLED)[()].value == 1
    assert measured.points(names.ERRORS) == {}


def test_a_search_says_its_hits_and_best_score(measured):
    """By collection."""
    with (
        turn_span(measured.telemetry) as turn,
        step_span(turn, "retrieval") as step,
        retrieval_span(step, "runbooks") as search,
    ):
        search.set({Attribute.HITS: 3, Attribute.TOP_SCORE: 0.81})
    collection = (("collection", "runbooks"),)
    assert measured.points(names.RETRIEVAL_HITS)[collection].sum == 3
    assert measured.points(names.RETRIEVAL_SCORE)[collection].sum == 0.81
    assert measured.points(names.RETRIEVAL_SECONDS)[collection].count == 1


def test_a_rated_answer_is_counted_by_verdict_and_engine(measured):
    """Its own span says which trace was rated."""
    record_feedback(measured.telemetry, trace_id="0" * 31 + "1", verdict="corrected", engine="llama.cpp")
    labels = (("engine", "llama.cpp"), ("verdict", "corrected"))
    assert measured.points(names.FEEDBACK)[labels].value == 1


def test_every_figure_has_the_labels_that_its_metric_names(measured):
    """Dashboards are checked against these."""
    with turn_span(measured.telemetry) as turn:
        with step_span(turn, "retrieval") as step, retrieval_span(step, "runbooks") as search:
            search.set({Attribute.HITS: 1, Attribute.TOP_SCORE: 0.5})
        with step_span(turn, "generate") as step, chat_span(step, "qwen") as call:
            call.set(
                {Attribute.FIRST_CHUNK_SECONDS: 0.5, Attribute.INPUT_TOKENS: 9, Attribute.OUTPUT_TOKENS: 1,
                 Attribute.CACHED_TOKENS: 7}
            )  # fmt: skip
            step.set({Attribute.LINES_READ: 1, Attribute.BYTES_READ: 9, Attribute.QUEUE_SECONDS: 0.1})
        with step_span(turn, "card"):
            pass
    record_feedback(measured.telemetry, trace_id="0" * 31 + "1", verdict="confirmed", engine="extractive")
    with pytest.raises(ValueError, match="no"), turn_span(measured.telemetry):
        raise ValueError("no")
    for metric in names.OF_QUESTIONS:
        labels = {tuple(sorted(key for key, _ in point)) for point in measured.points(metric)}
        assert labels == {tuple(sorted(metric.labels))}, metric.name


def test_durations_have_buckets_for_a_slow_model():
    """An answer of five minutes falls into a bucket and not beyond the last one."""
    assert max(names.SECONDS) >= 300
    assert list(names.SECONDS) == sorted(set(names.SECONDS))
