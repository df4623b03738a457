"""The app and everything it talks to, each a process of its own, on loopback."""

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from evals.tiny_model import write_tiny_model

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
# A package of some library is called `tests` too, so this one is named by its folder.
LOKI = """
import sys, types, uvicorn
sys.modules["tests"] = types.ModuleType("tests")
sys.modules["tests"].__path__ = [sys.argv[2]]
from tests.loki_double import LokiDouble
quiet = {"log_level": "critical", "lifespan": "off", "date_header": False}
uvicorn.run(LokiDouble(), host="127.0.0.1", port=int(sys.argv[1]), **quiet)
"""


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Program:
    """One process; `start` may be called again after `kill`."""

    name: str
    command: list[str]
    ready: str
    log: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, seconds: float = 90.0) -> None:
        """Run it and wait until its `ready` address answers below 400."""
        self.launch()
        self.wait(seconds)

    def launch(self) -> None:
        """Run it."""
        with self.log.open("ab") as log:
            inherited = {
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("LOKI_", "LLM_", "CHROMA_", "OTEL_", "LOGAGENT_"))
            }
            environment = {**inherited, "PYTHONPATH": str(ROOT), **self.settings}
            self.process = subprocess.Popen(self.command, env=environment, stdout=log, stderr=log, cwd=self.log.parent)

    def wait(self, seconds: float = 90.0) -> None:
        """Wait until its `ready` address answers below 400."""
        assert self.process is not None
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, f"{self.name} ended: {self.log.read_text()[-2000:]}"
            if self.answers():
                return
            time.sleep(0.1)
        raise TimeoutError(f"{self.name} did not come up: {self.log.read_text()[-2000:]}")

    def answers(self) -> bool:
        """Whether it serves."""
        try:
            return httpx.get(self.ready, timeout=2).status_code < 400
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """End it at once, as the kernel would for want of memory."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self, seconds: float = 90.0) -> int:
        """Ask it to end, as Kubernetes does; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


class Receiver(ThreadingHTTPServer):
    """An OTLP/HTTP receiver that keeps the spans it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []
        self.endpoint = f"http://127.0.0.1:{self.server_port}"

    def spans(self):
        """Every span so far."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in list(self.bodies)]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@dataclass
class Stack:
    """Everything together."""

    app: Program
    loki: Program
    chroma: Program
    model: Program
    receiver: Receiver
    url: str
    metrics_url: str

    def wait_for_knowledge(self, seconds: float = 180.0) -> None:
        """Until the runbooks can be searched."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state = httpx.get(f"{self.url}/api/v1/state", timeout=10)
            if state.status_code == 200 and state.json()["knowledge"]["loading"] == "ready":
                return
            time.sleep(0.1)
        raise TimeoutError(self.app.log.read_text()[-2000:])

    def push(self, lines: list[str], seconds_ago: float = 600.0) -> None:
        """Put lines of one pod into Loki, a second apart."""
        start = time.time_ns() - int(seconds_ago * 1e9)
        values = [[str(start + number * 10**9), line] for number, line in enumerate(lines)]
        stream = {"namespace": "shop", "pod": "api-7d9f", "container": "api", "app": "api"}
        body = {"streams": [{"stream": stream, "values": values}]}
        httpx.post(f"{self.loki_url}/loki/api/v1/push", json=body, timeout=10).raise_for_status()

    @property
    def loki_url(self) -> str:
        """Its address."""
        return self.app.settings["LOKI_URL"]


@contextmanager
def whole_stack(folder: Path, index: Path, *, max_tokens: int = 64) -> Iterator[Stack]:
    """App, Loki, Chroma, llama.cpp with random weights, and a receiver of traces, until the block is left.

    `index` is a folder of Chroma's that holds the bundled runbooks; the server gets a copy of it.
    """
    shutil.copytree(index, folder / "index")
    loki_port, chroma_port, model_port, app_port, metrics_port = (free_port() for _ in range(5))
    model = write_tiny_model(folder / "tiny.gguf", 1)
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver())
        threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        stack.callback(receiver.shutdown)

        def program(name: str, command: list[str], ready: str, **settings: str) -> Program:
            made = Program(name, command, ready, folder / f"{name}.log", settings)
            stack.callback(made.kill)
            return made

        python = [sys.executable, "-P"]
        loki = program(
            "loki", [*python, "-c", LOKI, str(loki_port), str(ROOT / "tests")], f"http://127.0.0.1:{loki_port}/ready"
        )
        chroma = program(
            "chroma",
            [str(BIN / "chroma"), "run", "--path", str(folder / "index"), "--port", str(chroma_port)],
            f"http://127.0.0.1:{chroma_port}/api/v2/heartbeat",
        )
        options = ["--model", str(model), "--port", str(model_port), "--ctx-size", "16384", "--parallel", "2",
                   "--threads", "1"]  # fmt: skip
        llama = program(
            "llama-cpp",
            [*python, "-m", "evals.capture.llama_server", *options],
            f"http://127.0.0.1:{model_port}/health",
        )
        app = program(
            "app",
            [str(BIN / "logagent"), "serve", "--port", str(app_port)],
            f"http://127.0.0.1:{app_port}/api/v1/state",
            LOGAGENT_HOME=str(folder / "home"),
            LOGAGENT_METRICS_PORT=str(metrics_port),
            LOKI_URL=f"http://127.0.0.1:{loki_port}",
            CHROMA_URL=f"http://127.0.0.1:{chroma_port}",
            LLM_URL=f"http://127.0.0.1:{model_port}",
            LLM_MAX_TOKENS=str(max_tokens),
            GRAFANA_URL="https://grafana.test",
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
        )
        for each in (chroma, app, llama, loki):
            each.launch()
        for each in (chroma, loki, llama, app):
            each.wait()
        yield Stack(
            app,
            loki,
            chroma,
            llama,
            receiver,
            f"http://127.0.0.1:{app_port}",
            f"http://127.0.0.1:{metrics_port}/metrics",
        )


async def events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, dict]]:
    """The server-sent events of a stream: name and data."""
    name = ""
    async for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
