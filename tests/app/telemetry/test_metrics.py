"""The page of metrics, over real HTTP."""

import socket

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.telemetry import metric_names as names
from app.telemetry.metrics import serving_metrics
from app.telemetry.setup import Telemetry
from app.telemetry.spans import step_span, turn_span
from retrieval.errors import BadInput


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_turn_shows_on_the_page(port):
    """Under the names that dashboards and alerts use."""
    with serving_metrics(port) as metrics:
        telemetry = Telemetry(processors=[metrics])
        with turn_span(telemetry) as turn, step_span(turn, "logs"):
            pass
        page = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        telemetry.shutdown()
    families = {family.name: family for family in text_string_to_metric_families(page)}
    steps = families[names.STEP_SECONDS.prometheus_name]
    assert steps.type == "histogram"
    assert any(sample.labels.get("step") == "logs" for sample in steps.samples)
    assert names.TURN_SECONDS.prometheus_name in families


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
    with serving_metrics(None) as metrics:
        assert metrics is None
