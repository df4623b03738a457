"""An OTLP/HTTP receiver of metrics that keeps what it was sent."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

Labels = tuple[tuple[str, str], ...]


class MetricsReceiver(ThreadingHTTPServer):
    """Listens on the loopback interface; `requests` are (path, what was sent)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, ExportMetricsServiceRequest]] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/metrics"

    @property
    def points(self) -> dict[tuple[str, Labels], float]:
        """(metric, labels) → value of everything that was sent."""
        return {
            (metric.name, tuple(sorted((label.key, label.value.string_value) for label in point.attributes))):
                point.as_double or point.as_int
            for _, request in self.requests
            for metric in request.resource_metrics[0].scope_metrics[0].metrics
            for point in metric.gauge.data_points
        }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    server: MetricsReceiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        self.server.requests.append((self.path, ExportMetricsServiceRequest.FromString(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiving_metrics() -> Iterator[MetricsReceiver]:
    """A receiver that runs while the block does."""
    with MetricsReceiver() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
