"""`logagent check`, seen from outside the package."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from tests.command_line import CommandLine, Ended

PARTS = ["data folder", "Loki", "Chroma and embedding model", "language model", "traces", "metrics"]


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_error(404)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def failed(ended: Ended) -> dict[str, dict[str, str]]:
    """The parts that were found wrong, after asserting that the exit code says so."""
    assert ended.code == 1, ended.err
    return {check["part"]: check for check in json.loads(ended.out)["checks"] if not check["ok"]}


def test_nothing_configured_is_fine(logagent: CommandLine) -> None:
    """With nothing configured every part says so and counts as fine."""
    document = logagent("check", "--json").json
    assert document["contract"] == 1
    assert [check["part"] for check in document["checks"]] == PARTS
    assert all(check["ok"] and check["mend"] is None for check in document["checks"])


def test_every_unreachable_part_is_named(logagent: CommandLine, closed_address: str) -> None:
    """Loki, model and collector behind a closed port are each named with the setting that mends it; exit code 1."""
    wrong = failed(
        logagent(
            "check",
            "--json",
            LOKI_URL=closed_address,
            LLM_URL=closed_address,
            OTEL_EXPORTER_OTLP_ENDPOINT=closed_address,
            OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=f"{closed_address}/v1/metrics",
        )
    )
    assert set(wrong) == {"Loki", "language model", "traces", "metrics"}
    assert "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" in wrong["metrics"]["mend"]
    assert "LOKI_URL" in wrong["Loki"]["mend"]
    assert "LLM_URL" in wrong["language model"]["mend"]
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in wrong["traces"]["mend"]
    assert all(closed_address.removeprefix("http://") in check["said"] for check in wrong.values())


def test_a_part_that_refuses_is_wrong(logagent: CommandLine) -> None:
    """An address where something else answers, with HTTP 404, is found wrong and not taken for the part."""
    with HTTPServer(("127.0.0.1", 0), _Refusing) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        names = ("LOKI_URL", "LLM_URL", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
        wrong = failed(logagent("check", "--json", **dict.fromkeys(names, address)))
        server.shutdown()
    assert set(wrong) == {"Loki", "language model", "traces", "metrics"}
    assert "404" in wrong["traces"]["said"]
    assert "404" in wrong["metrics"]["said"]


def test_people_read_what_is_wrong(logagent: CommandLine, closed_address: str) -> None:
    """Without --json each part has a line, and a failed one the way to mend it below."""
    ended = logagent("check", LOKI_URL=closed_address)
    assert ended.code == 1
    assert "FAILED Loki: " in ended.out
    assert "check LOKI_URL" in ended.out
    assert "ok     traces: not configured" in ended.out


def test_a_home_that_cannot_be_made(logagent: CommandLine, tmp_path: object) -> None:
    """A data folder below a file is found wrong, by its name."""
    blocked = f"{tmp_path}/file"
    with open(blocked, "w", encoding="utf-8"):  # noqa: PTH123
        pass
    wrong = failed(logagent("check", "--json", LOGAGENT_HOME=f"{blocked}/home"))
    assert "LOGAGENT_HOME" in wrong["data folder"]["mend"]
