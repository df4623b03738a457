"""A real Chromium, and the real web app as a process of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

INSTALL = "apt-get install chromium   (or: .venv/bin/playwright install chromium)"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What the framework's own page asks for; the content policy refuses it, whatever the logs hold.
OF_THE_FRAMEWORK = "https://cdn.jsdelivr.net/npm/katex"
RESULTS = Path(__file__).parents[2] / "test-results"


@dataclass
class RunningChat:
    """The app under test."""

    url: str
    first_page_seconds: float

    def wait_until_loaded(self, seconds=180.0):
        """Wait until the runbooks can be searched."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(httpx.TransportError):  # busy with loading
                answer = httpx.get(f"{self.url}/api/v1/state", timeout=5)
                if answer.status_code == 200 and answer.json()["knowledge"]["loading"] == "ready":
                    return
            time.sleep(0.5)
        raise TimeoutError("the runbooks were not loaded in time")


@dataclass
class Visit:
    """A page, and every request of it that went to another machine."""

    page: Page
    elsewhere: list[str] = field(default_factory=list)

    def ask(self, question):
        """Type a question and wait for its answer."""
        answers = self.page.locator(".kla-account, .kla-notice").count()
        self.page.click("#chat-input")
        self.page.keyboard.insert_text(question)
        self.page.keyboard.press("Enter")
        self.page.locator(".kla-account, .kla-notice").nth(answers).wait_for(timeout=60_000)


@contextmanager
def running_chat(home: Path, *arguments: str, **settings: str) -> Iterator[RunningChat]:
    """Run `logagent` with these arguments and settings on a free port until the block is left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).parent / "logagent"), *arguments, "--port", str(port)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LOKI_", "LLM_", "CHROMA_"))}
    began = time.monotonic()
    with (home / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, env={**inherited, "LOGAGENT_HOME": str(home), **settings}, cwd=home, stdout=log, stderr=log
        )
        try:
            yield RunningChat(url, _first_page(url, process, began, home / "log.txt"))
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _first_page(url: str, process: subprocess.Popen, began: float, log: Path) -> float:
    while time.monotonic() - began < 60:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return time.monotonic() - began
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(log.read_text())


@pytest.fixture(scope="module")
def home(filled_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the app in which the bundled runbooks are embedded already: doing it takes half a minute."""
    return Path(shutil.copytree(filled_home, tmp_path_factory.mktemp("browser") / "home"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none the tests are skipped, which CI refuses."""
    with sync_playwright() as playwright:
        found = next((path for name in NAMES if (path := shutil.which(name))), None)
        own = playwright.chromium.executable_path
        executable = found or (own if Path(own).exists() else None)
        if executable is None:
            missing = f"no Chromium is installed; get one with: {INSTALL}"
            if os.environ.get("CI") == "true":
                pytest.fail(missing)
            pytest.skip(missing)
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser):
    """Opens pages: `visit(url, width=400, scheme="dark")`; requests to other machines are noted and stopped."""
    contexts: list[BrowserContext] = []

    def opened(url, *, width=1280, height=900, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        visited = Visit(context.new_page())

        def elsewhere(route):
            if not route.request.url.startswith(OF_THE_FRAMEWORK):
                visited.elsewhere.append(route.request.url)
            route.abort()

        context.route(lambda address: urlsplit(address).hostname not in ("127.0.0.1", "localhost", None), elsewhere)
        visited.page.goto(url)
        visited.page.locator("#starters button:not([disabled])").first.wait_for(timeout=60_000)
        return visited

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def results():
    """Where screenshots go; git ignores it."""
    RESULTS.mkdir(exist_ok=True)
    return RESULTS
