"""`logagent ask` with a collector: what a real OTLP request of a real run carries, and what a dead one costs."""

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from app.answer import STEPS
from app.bootstrap import open_app
from app.question import Question
from app.settings import Settings
from retrieval.errors import NoEvidenceSource
from tests.command_line import CAPTURES, CommandLine
from tests.contract.answer_contract import conforming

pytestmark = pytest.mark.integration

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
QUESTION = "why does etcd not start?"
ASK = ("ask", QUESTION, "--logs", CAPTURES / "etcd-disk-full.jsonl", "--json")


class Collector(ThreadingHTTPServer):
    """An OTLP/HTTP receiver that keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, bytes]] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for _, body in self.requests
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.requests.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield collector
        collector.shutdown()


@pytest.mark.parametrize("content", [False, True])
def test_a_run_arrives_whole(logagent: CommandLine, collector: Collector, content: bool) -> None:
    """The collector gets every span of the run under the answer's trace id; text is on them only with the switch."""
    ended = logagent.installed(
        *ASK, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, LOGAGENT_TRACE_CONTENT=str(content).lower()
    )
    answer = conforming(ended.json)
    assert {path for path, _ in collector.requests} == {"/v1/traces"}
    spans = {span.name: span for span in collector.spans}
    assert {span.trace_id.hex() for span in spans.values()} == {answer.trace_id}
    root = spans.pop("invoke_workflow logagent.turn")
    assert root.parent_span_id == b""
    assert set(spans) == {f"logagent.{step}" for step in STEPS if step not in ("prompt", "generate")}
    assert {span.parent_span_id for span in spans.values()} == {root.span_id}
    sent = b"".join(body for _, body in collector.requests)
    assert (QUESTION.encode() in sent) is content
    assert b"no space left" not in sent


def test_a_collector_that_is_down_loses_no_answer(logagent: CommandLine, closed_address: str) -> None:
    """With nobody listening the answer is the same, and the command takes less than 8 s longer."""
    usual = logagent.installed(*ASK)
    ended = logagent.installed(*ASK, OTEL_EXPORTER_OTLP_ENDPOINT=closed_address)
    assert conforming(ended.json).triage == conforming(usual.json).triage
    assert ended.seconds < usual.seconds + 8
    assert "traces do not reach the collector" in ended.err
    assert ended.err.count("\n") <= 2


def test_a_collector_that_never_answers_is_left(logagent: CommandLine) -> None:
    """One that takes the connection and says nothing costs seconds, not the minutes that retries would take."""
    usual = logagent.installed(*ASK)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        ended = logagent.installed(*ASK, OTEL_EXPORTER_OTLP_ENDPOINT=address)
    assert conforming(ended.json).triage == conforming(usual.json).triage
    assert ended.seconds < usual.seconds + 8


class Backend(ThreadingHTTPServer):
    """Stands where Loki or llama.cpp would and serves nothing; keeps path and `traceparent` of each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Noting)
        self.heard: list[tuple[str, str | None]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Noting(BaseHTTPRequestHandler):
    server: Backend

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.heard.append((self.path, self.headers.get("traceparent")))
        self.send_error(404)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.mark.parametrize("backend", ["loki", "model"])
async def test_backends_are_asked_within_the_callers_trace(tmp_path: Path, backend: str) -> None:
    """Every request of a question to Loki and to llama.cpp names the caller's trace, and a span of ours in it."""
    with Backend() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        settings = Settings.read(
            app={"home": tmp_path},
            knowledge={"embedding_model": "off"},
            loki={"url": server.url if backend == "loki" else None},
            model={"url": server.url if backend == "model" else None},
        )
        logs = None if backend == "loki" else [CAPTURES / "etcd-disk-full.jsonl"]
        async with open_app(settings, logs=logs) as app:
            with suppress(NoEvidenceSource):  # a Loki that serves nothing
                await app.pipeline.run(Question(QUESTION, traceparent=CALLER))
        server.shutdown()
    version, trace, span, _ = CALLER.split("-")
    assert server.heard
    for path, traceparent in server.heard:
        assert traceparent is not None, path
        assert traceparent.startswith(f"{version}-{trace}-"), path
        assert span not in traceparent, path
