"""An answer in a real Chromium, its trace at a real receiver, and Grafana behind the link."""

import json
import shutil
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.browser.conftest import running_chat
from tests.command_line import CAPTURES
from tests.integration.whole_stack import Receiver

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(300)]


class Grafana(BaseHTTPRequestHandler):
    """Says hello whatever is asked, so that a test can see where a click led."""

    def do_GET(self) -> None:
        """Any page."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"grafana")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def servers():
    with Receiver() as receiver, ThreadingHTTPServer(("127.0.0.1", 0), Grafana) as grafana:
        for server in (receiver, grafana):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield receiver, f"http://127.0.0.1:{grafana.server_port}"
        for server in (receiver, grafana):
            server.shutdown()


@pytest.fixture(scope="module")
def metrics_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def chat(browser, servers, metrics_port, filled_home, tmp_path_factory):
    receiver, grafana = servers
    home = shutil.copytree(filled_home, tmp_path_factory.mktemp("traced") / "home")
    logs = ["--logs", str(CAPTURES / "etcd-disk-full.jsonl")]
    with running_chat(
        home, "serve", *logs, GRAFANA_URL=grafana, LOGAGENT_METRICS_PORT=str(metrics_port),
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
    ) as running:  # fmt: skip
        yield running


def spans_named(receiver, name, seconds=15):
    """The spans of this name, once there are any."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := [span for span in receiver.spans() if span.name == name]:
            return found
        time.sleep(0.2)
    raise TimeoutError(name)


def test_the_trace_of_an_answer_opens_in_grafana(chat, servers, visit, results):
    """The id stands under the answer, its link asks Grafana for it, and the receiver holds a trace of that id."""
    receiver, grafana = servers
    visited = visit(chat.url)
    visited.ask("Why does etcd not start?")
    line = visited.page.locator(".kla-trace")
    shown = line.locator("code").inner_text()
    line.scroll_into_view_if_needed()
    visited.page.screenshot(path=results / "trace-link.png")
    with visited.page.expect_popup() as opened:
        line.get_by_role("link", name="Open in Grafana").click()
    address = urlsplit(opened.value.url)
    assert f"{address.scheme}://{address.netloc}" == grafana
    pane = json.loads(parse_qs(address.query)["panes"][0])["trace"]
    assert (pane["datasource"], pane["queries"][0]["query"]) == ("tempo", shown)
    assert shown in {span.trace_id.hex() for span in spans_named(receiver, "invoke_workflow logagent.turn")}


def test_a_rating_is_counted_and_names_the_trace(chat, servers, visit, metrics_port):
    """On the page of metrics by its verdict, and as a span that points at the answer's trace."""
    receiver, _ = servers
    chat.wait_until_loaded()
    visited = visit(chat.url)
    visited.ask("Why does etcd not start?")
    shown = visited.page.locator(".kla-trace code").inner_text()
    visited.page.locator(".kla-rating button", has_text="Yes").click(timeout=60_000)
    visited.page.locator(".kla-notice", has_text="Kept as a past incident").wait_for(timeout=60_000)
    page = httpx.get(f"http://127.0.0.1:{metrics_port}/metrics", timeout=10).text
    assert 'logagent_feedback_total{engine="extractive",verdict="confirmed"} 1.0' in page
    (rated,) = spans_named(receiver, "logagent.feedback")
    assert shown in {each.value.string_value for each in rated.attributes}
