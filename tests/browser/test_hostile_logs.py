"""Log lines written by an attacker, in a real Chromium."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.browser.conftest import running_chat

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(300)]

MARKUP = (
    "![x](http://evil.test/x.png) [click](javascript:alert(1)) <img src=http://evil.test/y.png onerror=alert(1)> "
    "https://evil.test/auto"
)
HOSTILE = f"ERROR {MARKUP} \u202e \x1b[31mred no space left on device"


ATTACKS = [json.loads(line)["line"] for line in
           (Path(__file__).parents[1] / "hostile_lines.jsonl").read_text("utf-8").splitlines()]  # fmt: skip


@pytest.fixture(scope="module")
def attacked(browser, home, tmp_path_factory):
    """The chat over a window of every hostile line there is, each in a pod whose labels are hostile too."""
    logs = tmp_path_factory.mktemp("logs")
    rows = [{"ts": f"2026-11-20T10:{n // 60:02d}:{n % 60:02d}Z", "line": attack,
             "labels": {"namespace": "shop", "pod": attack[:60], "container": attack, "app": attack}}
            for n, attack in enumerate(ATTACKS)]  # fmt: skip
    (logs / "shop.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    with running_chat(home, "serve", "--logs", str(logs)) as running:
        yield running


@pytest.fixture(scope="module")
def chat(browser, filled_home, tmp_path_factory):
    home, logs = shutil.copytree(filled_home, tmp_path_factory.mktemp("chat") / "home"), tmp_path_factory.mktemp("logs")
    labels = {"namespace": "shop", "pod": "api-<b>1</b>", "container": "![x](http://evil.test/l.png)", "app": "api"}
    lines = [(n, HOSTILE if n % 4 == 0 else f"INFO request {n} served") for n in range(40)]
    (logs / "shop.jsonl").write_text(
        "\n".join(json.dumps({"ts": f"2026-11-20T10:00:{n:02d}Z", "labels": labels, "line": line}) for n, line in lines)
    )
    with running_chat(home, "serve", "--logs", str(logs)) as running:
        yield running


def test_hostile_log_text_is_shown_and_does_nothing(chat, visit, results):
    """In the card, the pattern samples and the side panel: no element of it, no request, no dialog."""
    visited = visit(chat.url)
    page, dialogs = visited.page, []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    visited.ask(f"what is failing? {MARKUP}")
    page.locator(".kla-template").first.click()
    page.locator('.kla-cite[data-kind="log"]').first.click()
    page.locator("#side-view-content .kla-line").first.wait_for(timeout=30_000)
    page.wait_for_timeout(1_000)  # whatever would load or run has had its time
    page.screenshot(path=results / "hostile.png")
    for place in (".kla-problem", ".kla-samples", '#side-view-content .kla-line[data-cited="true"]', ".step"):
        assert "![x](http://evil.test/x.png)" in page.locator(place).first.inner_text(), place
    assert "\\u202e" in page.locator('#side-view-content .kla-line[data-cited="true"]').first.inner_text()
    assert page.locator("img[src*=evil], a[href*=evil], a[href^=javascript], img[onerror]").count() == 0
    assert page.locator("#side-view-content img, #side-view-content a, .kla-card img, .kla-card a").count() == 0
    assert visited.elsewhere == []
    assert dialogs == []


def test_every_attack_is_letters(attacked, visit, results):
    """All of them on one page: no element of theirs, no request to elsewhere, no dialog, nothing invisible."""
    visited = visit(attacked.url)
    page, dialogs = visited.page, []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    title = page.title()
    visited.ask("what is failing?")
    unopened = page.locator('.kla-more:not([aria-expanded="true"])')
    while unopened.count():  # some buttons go away when they are clicked
        unopened.first.click()
    for template in page.locator(".kla-template").all()[:12]:
        template.click()
    for citation in page.locator('.kla-cite[data-kind="log"]').all()[:6]:
        citation.click()
        page.locator("#side-view-content .kla-line").first.wait_for(timeout=30_000)
    page.wait_for_timeout(1_000)  # whatever would load or run has had its time
    page.screenshot(path=results / "attacked.png", full_page=True)
    shown = page.locator("body").inner_text()
    acting = sum(
        page.locator(each).count()
        for each in ("[src*=evil]", "[href*=evil]", "a[href^=javascript]", "a[href^=data]", "[onerror]", "[onload]",
                     ".kla-card iframe", ".kla-card script", ".kla-card style", ".kla-card img", ".kla-card a",
                     "#side-view-content a", "#side-view-content img")
    )  # fmt: skip
    invisible = [character for character in "\u202e\u2066\u2067\u200b\ufeff\x1b\x9b\U000e0049" if character in shown]
    succeeded = acting + len(invisible) + len(visited.elsewhere) + len(dialogs) + (page.title() != title)
    sys.stdout.write(f"{len(ATTACKS)} attacks on one page: {succeeded} succeeded\n")
    assert "evil.test" in shown
    assert (acting, invisible, visited.elsewhere, dialogs, page.title()) == (0, [], [], [], title)
