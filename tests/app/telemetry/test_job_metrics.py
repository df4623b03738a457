"""Metrics of a job, over real OTLP/HTTP."""

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from app.telemetry import metric_names as names
from app.telemetry.job_metrics import SEND_SECONDS, job_metrics


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        self.server.requests.append((self.path, ExportMetricsServiceRequest.FromString(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.requests = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def _points(receiver):
    """(metric, labels) → value of everything that was sent."""
    return {
        (metric.name, tuple(sorted((label.key, label.value.string_value) for label in point.attributes))):
            point.as_double or point.as_int
        for _, request in receiver.requests
        for metric in request.resource_metrics[0].scope_metrics[0].metrics
        for point in (metric.sum if metric.HasField("sum") else metric.gauge).data_points
    }  # fmt: skip


def test_figures_are_sent_once_when_the_job_is_through(receiver):
    """Counters added up by their labels, gauges with their newest value."""
    with job_metrics(f"http://127.0.0.1:{receiver.server_port}/v1/metrics") as record:
        record(names.REPAIRS, 3)
        record(names.REPAIRS, 2)
        record(names.EVALUATION, 0.7, metric="category", dataset="golden-v1", engine="extractive")
        record(names.EVALUATION, 0.8, metric="category", dataset="golden-v1", engine="extractive")
        assert not receiver.requests
    assert [path for path, _ in receiver.requests] == ["/v1/metrics"]
    assert _points(receiver) == {
        ("logagent.repairs", ()): 5,
        ("logagent.evaluation.metric",
         (("dataset", "golden-v1"), ("engine", "extractive"), ("metric", "category"))): 0.8,
    }  # fmt: skip


def test_a_job_that_fails_sends_what_it_had(receiver):
    """And fails as it would have."""

    def job():
        with job_metrics(f"http://127.0.0.1:{receiver.server_port}/v1/metrics") as record:
            record(names.EMBEDDED_CHUNKS, 7, collection="runbooks")
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        job()
    assert list(_points(receiver).values()) == [7]


def test_a_receiver_that_is_down_costs_no_job():
    """It is done within the time for sending, without an exception."""
    began = time.perf_counter()
    with job_metrics("http://127.0.0.1:9/v1/metrics") as record:
        record(names.EMBEDDED_CHUNKS, 1, collection="runbooks")
    assert time.perf_counter() - began < 3 * SEND_SECONDS


def test_without_a_receiver_nothing_is_sent():
    """And recording does no harm."""
    with job_metrics(None) as record:
        record(names.INGESTION_SECONDS, 1.0, collection="runbooks")
