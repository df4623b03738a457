"""What changed, asked in a real Chromium of the real web app."""

import time
from dataclasses import replace

import pytest

from tests.browser.conftest import running_chat
from tests.loki_double import Faults, LokiDouble
from tests.retrieval.loki.pushing import push
from tests.two_windows import HOUR, two_hours

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(300)]

GRAFANA = "http://grafana.test:3000"


@pytest.fixture(scope="module")
def loki():
    """A Loki that holds two hours of a small cluster, the second of which ends now."""
    with LokiDouble().serving() as double:
        push(double.url, two_hours(time.time_ns() - 2 * HOUR, events=True))
        yield double


@pytest.fixture(scope="module")
def chat(browser, loki, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    settings = {"LOKI_URL": loki.url, "GRAFANA_URL": GRAFANA, "EMBEDDING_MODEL": "off"}
    with running_chat(home, "serve", **settings) as running:
        yield running


def _windows(page):
    return [side.inner_text() for side in page.locator(".kla-compared").last.locator(".kla-side-head").all()]


def test_what_changed_is_a_ranked_list_beside_a_plot_of_both_windows(chat, visit, results):
    """The gravest change first, as a sentence with its small chart, the rollout before it, and both windows drawn."""
    visited = visit(chat.url, height=1500)
    page = visited.page
    visited.ask("What changed in the last hour?")
    assert page.locator(".kla-verdict .kla-status").inner_text().strip() == "Problem found"
    changes = page.locator(".kla-change")
    assert changes.count() >= 3
    first = changes.first
    assert "312 times in 2 pods" in first.inner_text()
    assert "rollout of shop/api 2 min before" in first.inner_text()
    assert first.locator(".kla-sparks rect").count() > 5
    assert {kind.inner_text() for kind in page.locator(".kla-kind").all()} >= {"new", "more", "gone"}
    sides = page.locator(".kla-compared .kla-side")
    assert [sides.nth(n).locator(".kla-chart svg rect[data-severity]").count() > 20 for n in (0, 1)] == [True, True]
    assert page.locator(".kla-compared .kla-side[data-side=after] .kla-mark").count() >= 2
    page.screenshot(path=results / "changes-light.png", full_page=True)
    assert not visited.elsewhere


def test_a_follow_up_keeps_both_windows(chat, visit, results):
    """Another namespace, for the same two windows to the second; then only errors, of which it has none."""
    visited = visit(chat.url, height=1300)
    page = visited.page
    visited.ask("What changed in the last hour in llm?")
    windows = _windows(page)
    assert len(windows) == 2
    time.sleep(1.1)
    visited.ask("and in logging?")
    assert _windows(page) == windows
    told = page.locator("section[aria-label='What changed']").last
    assert "compaction finished" in told.inner_text()
    assert "slot timeout" not in told.inner_text()
    assert "namespace logging" in page.locator(".kla-account").last.inner_text()
    page.screenshot(path=results / "changes-follow-up.png")
    visited.ask("only errors?")
    assert _windows(page) == windows
    assert "none of them of the kind asked for" in page.locator(".kla-verdict").last.inner_text()


def test_a_change_opens_its_lines_in_both_windows(chat, visit, results):
    """The panel shows the lines of each window under its name."""
    visited = visit(chat.url)
    page = visited.page
    visited.ask("What changed in the last hour in llm?")
    change = page.locator(".kla-change", has_text="slot timeout")
    change.locator('.kla-cite[data-kind="pattern"]').first.click()
    panel = page.locator("#side-view-content")
    panel.locator(".kla-half").first.wait_for(timeout=10_000)
    assert [each.inner_text() for each in panel.locator(".kla-half").all()][:2] == [
        "In the window before", "In the window after",
    ]  # fmt: skip
    for marked in panel.locator('.kla-line[data-cited="true"]').all():
        assert "slot timeout" in marked.inner_text()
    page.wait_for_timeout(500)
    page.screenshot(path=results / "changes-panel.png")


def test_each_window_links_to_its_query(chat, visit):
    """The LogQL is shown, and Grafana opens exactly it over exactly that window."""
    visited = visit(chat.url)
    page = visited.page
    visited.ask("What changed in the last hour in llm?")
    account = page.locator(".kla-account")
    assert account.inner_text().count('{namespace="llm"}') == 2
    links = [anchor.get_attribute("href") for anchor in account.locator("dd a").all()]
    assert len(links) == 2
    assert all(link.startswith(f"{GRAFANA}/explore?") for link in links)
    assert links[0] != links[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_shows_it_without_scrolling_sideways(chat, visit, results, scheme):
    """400 px wide: the windows one below the other."""
    visited = visit(chat.url, width=400, height=1600, scheme=scheme)
    visited.ask("What changed in the last hour?")
    page = visited.page
    sideways = "() => [...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 "
    sideways += "&& /auto|scroll/.test(getComputedStyle(e).overflowX)).map(e => e.className)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.evaluate(sideways) == []
    page.screenshot(path=results / f"changes-narrow-{scheme}.png")


def test_a_question_that_goes_on_can_be_clicked(chat, visit):
    """The questions below the list are asked as they stand."""
    visited = visit(chat.url)
    page = visited.page
    visited.ask("What changed in the last hour?")
    page.locator(".kla-next button", has_text="Only errors?").click()
    page.locator(".kla-account").nth(1).wait_for(timeout=60_000)
    severities = {
        each.inner_text()
        for each in page.locator("section[aria-label='What changed']").last.locator(".kla-severity").all()
    }
    assert severities <= {"ERROR", "CRITICAL"}


FAULTS = {
    "html": ({"html": True}, "not Loki"),
    "half a body": ({"half_body": True}, "broke off in the middle"),
    "429": ({"answers": [(429, "too many outstanding requests")] * 400}, "busy and turns queries away"),
    "400": ({"answers": [(400, "no")] * 400}, "refused the query"),
    "401": ({"answers": [(401, "")] * 400}, "does not accept the credentials"),
    "slow": ({"delay_seconds": 30.0}, "did not answer within"),
}


def test_bad_windows_and_a_faulty_loki_are_sentences(chat, visit, loki):
    """Each says what is wrong, none hangs, and the chat goes on in the same conversation."""
    visited = visit(chat.url)
    page = visited.page
    visited.ask("compare 01:00 to 03:00 with 02:00 to 04:00")
    assert "overlap" in page.locator(".kla-notice").last.inner_text()
    visited.ask("compare 2026-11-20 13:00 to 13:00 with 2026-11-20 14:00 to 15:00")
    assert "is empty" in page.locator(".kla-notice").last.inner_text()
    for fault, said in FAULTS.values():
        loki.faults = replace(Faults(), **fault)
        visited.ask("What changed in the last hour?")
        assert said in page.locator(".kla-notice").last.inner_text()
    loki.faults = Faults(clock_seconds=3600.0)
    visited.ask("What changed in the last hour?")
    assert "behind Loki's" in page.locator(".kla-account").last.inner_text()
    assert page.locator(".kla-change").count() >= 3
    loki.faults = Faults()
    visited.ask("What is failing in namespace prod?")
    assert "“prod” are known" in page.locator(".kla-account").last.inner_text()


@pytest.mark.parametrize(
    ("question", "element", "name"),
    [
        ("Which pods have the most errors in the last hour?", ".kla-rank", "ranking"),
        ("Summarise the last hour", ".kla-component", "summary"),
        ("Show lines with x509 in the last hour", ".kla-found", "lookup"),
    ],
)
def test_a_ranking_a_summary_and_a_lookup_have_answers_of_their_own(chat, visit, results, question, element, name):
    """Each in an element of its own, whose rows are cited; and each at 400 px too."""
    visited = visit(chat.url, height=1300)
    visited.ask(question)
    page = visited.page
    assert page.locator(element).count() >= 2
    page.screenshot(path=results / f"{name}.png")
    page.locator(f"{element} .kla-cite").first.click()
    page.locator("#side-view-content .kla-line").first.wait_for(timeout=10_000)
    narrow = visit(chat.url, width=400, height=1300, scheme="dark")
    narrow.ask(question)
    assert narrow.page.evaluate("document.documentElement.scrollWidth") <= 400
    narrow.page.screenshot(path=results / f"{name}-narrow-dark.png")
