"""The page of metrics, over real HTTP."""

import socket

import httpx
import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from app.telemetry import metric_names as names
from app.telemetry.metrics import serving_metrics
from app.telemetry.queue_metrics import QueueState, watch_queues
from app.telemetry.setup import Telemetry
from app.telemetry.span_metrics import SpanMetrics
from app.telemetry.spans import step_span, turn_span
from retrieval.errors import BadInput


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_turn_shows_on_the_page(port):
    """Under the names that dashboards and alerts use."""
    with serving_metrics(port) as meter:
        telemetry = Telemetry(processors=[SpanMetrics(meter)])
        with turn_span(telemetry) as turn, step_span(turn, "logs"):
            pass
        page = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        telemetry.shutdown()
    families = {family.name: family for family in text_string_to_metric_families(page)}
    steps = families[names.STEP_SECONDS.prometheus_name]
    assert steps.type == "histogram"
    assert any(sample.labels.get("step") == "logs" for sample in steps.samples)
    assert names.TURN_SECONDS.prometheus_name in families


def test_a_bucket_names_the_trace_of_one_of_its_requests(port):
    """In the form that Prometheus asks for, again at the next reading, and in the bucket that its duration is in."""
    page = f"http://127.0.0.1:{port}/metrics"
    asked = {"Accept": "application/openmetrics-text; version=1.0.0"}
    with serving_metrics(port) as meter:
        telemetry = Telemetry(processors=[SpanMetrics(meter)])
        with turn_span(telemetry) as turn, step_span(turn, "logs"):
            pass
        first, second = (httpx.get(page, headers=asked, timeout=5).text for _ in range(2))
        telemetry.shutdown()
    assert first.endswith("# EOF\n")
    for text in (first, second):
        buckets = [
            sample
            for family in openmetrics.text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"{names.STEP_SECONDS.prometheus_name}_bucket"
        ]
        (named,) = [sample for sample in buckets if sample.exemplar]
        assert named.exemplar.labels["trace_id"] == turn.trace_id
        assert named is next(sample for sample in buckets if sample.value)
        assert named.exemplar.value <= float(named.labels["le"])


def test_a_counter_is_there_before_it_counts(port):
    """Its first rise would be seen by no rate otherwise."""
    with serving_metrics(port) as meter:
        SpanMetrics(meter)
        page = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    for metric in (names.FALLBACKS, names.REPAIRS, names.CANCELLED, names.BYTES_READ):
        assert f"\n{metric.prometheus_name} 0.0\n" in page


def test_the_line_before_a_model_is_seen_as_it_is_now(port):
    """By the name of its profile, each time the page is read."""
    states = [QueueState("small", slots=2, running=2, waiting=3)]
    with serving_metrics(port) as meter:
        watch_queues(meter, lambda: states)
        before = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        states[0] = QueueState("small", slots=2, running=1, waiting=0)
        after = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    assert 'logagent_queue_waiting{profile="small"} 3.0' in before
    assert 'logagent_queue_waiting{profile="small"} 0.0' in after
    assert 'logagent_queue_running{profile="small"} 1.0' in after
    assert 'logagent_queue_slots{profile="small"} 2.0' in after


def test_the_page_ends_with_the_program(port):
    """Its port is free again."""
    with serving_metrics(port):
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=2)


def test_a_taken_port_is_said_in_one_sentence():
    """With the setting that chooses another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(BadInput, match="LOGAGENT_METRICS_PORT"), serving_metrics(number):
            pass


def test_without_a_port_nothing_is_measured():
    """And no thread is started."""
    with serving_metrics(None) as meter:
        assert meter is None
