"""A model writing in a real Chromium: its words are seen as they come, it can be stopped, and its end is survived."""

import time

import httpx
import pytest

from app.triage.local_server import LocalServer
from evals.tiny_model import Size, write_tiny_model
from tests.browser.conftest import running_chat
from tests.command_line import CAPTURES

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(300)]

# Slow enough to watch, and of weights that fill every text to its limit.
SLOW = Size(layers=6, width=192)
VERBOSE = 0
ASKED = "Why does etcd not start?"


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("model") / "slow.gguf", VERBOSE, SLOW)


@pytest.fixture
def server(model_path):
    running = LocalServer(model_path, slots=1, threads=1, context=16_384)
    yield running
    running.close()


@pytest.fixture
def chat(browser, server, tmp_path):
    with running_chat(
        tmp_path, "serve", "--logs", str(CAPTURES / "etcd-disk-full.jsonl"), EMBEDDING_MODEL="off", LLM_URL=server.url,
        LLM_MAX_TOKENS="1400", LLM_TEMPERATURE="0.8",
    ) as running:  # fmt: skip
        yield running


def send(page):
    """Ask, and wait for nothing."""
    page.click("#chat-input")
    page.keyboard.insert_text(ASKED)
    page.keyboard.press("Enter")


def ask(page):
    """Ask, and wait until the model's words appear."""
    send(page)
    page.locator('.kla-verdict[data-phase="writing"]').wait_for(timeout=60_000)


def busy(server) -> bool:
    return any(slot["is_processing"] for slot in httpx.get(f"{server.url}/slots", timeout=5).json())


def words(page) -> int:
    """How much of the verdict stands on the page; 0 while it is replaced."""
    return len(page.evaluate("document.querySelector('.kla-verdict')?.innerText ?? ''"))


def test_the_words_are_seen_as_they_come(chat, server, visit, results):
    """The verdict grows on the page while the server writes; the finished answer names the model or says why not."""
    page = visit(chat.url).page
    ask(page)
    lengths = [words(page)]
    while busy(server) and len(set(lengths)) < 4:
        page.wait_for_timeout(200)
        lengths.append(words(page))
    page.screenshot(path=results / "writing.png")
    assert len(set(lengths)) >= 3, lengths
    page.locator('.kla-verdict[data-phase="done"]').wait_for(timeout=120_000)
    by = page.locator(".kla-verdict .kla-by").inner_text()
    assert "slow.gguf" in by or "without a language model" in by


def test_stop_frees_the_slot(chat, server, visit, results):
    """The button ends the turn: the server is idle within two seconds, the counted answer stands, the next one runs.

    Who asked meanwhile was told of the place in the line, and is answered now.
    """
    page, other = visit(chat.url).page, visit(chat.url).page
    ask(page)
    assert busy(server)
    send(other)
    other.get_by_text("Waiting for the model, yours is the next question").wait_for(timeout=60_000)
    page.locator("#stop-button").click()
    other.locator('.kla-verdict[data-phase="writing"]').wait_for(timeout=20_000)
    other.locator("#stop-button").click()
    began = time.monotonic()
    while busy(server):
        assert time.monotonic() - began < 2.0
        time.sleep(0.05)
    page.get_by_text("stopped by you").first.wait_for(timeout=10_000)
    page.locator('.kla-verdict[data-phase="done"]').wait_for(timeout=10_000)
    assert "You stopped the model" in page.locator(".kla-account").inner_text()
    assert "You stopped the model" in page.locator(".kla-instead").inner_text()
    page.screenshot(path=results / "stopped.png")
    ask(page)
    assert busy(server)
    page.locator("#stop-button").click()  # the app would wait for the answer before it ends


def test_a_killed_server_leaves_the_counted_answer(chat, server, visit, results):
    """In the middle of its words: the verdict becomes the counted one, cited, and a plain sentence says why."""
    page = visit(chat.url).page
    ask(page)
    server.close()
    page.locator('.kla-verdict[data-phase="done"]').wait_for(timeout=60_000)
    assert "without a language model" in page.locator(".kla-verdict .kla-by").inner_text()
    assert page.locator(".kla-verdict .kla-status").inner_text().strip() == "Problem found"
    assert page.locator(".kla-verdict .kla-evidence .kla-cite").count() >= 1
    for place in (".kla-instead", ".kla-account"):
        said = page.locator(place).inner_text()
        assert "broke off in the middle of its answer. This answer was put together without a model." in said
    page.screenshot(path=results / "killed.png")
