"""The chat in a real Chromium, on the real demo."""

import pytest

from tests.browser.conftest import running_chat

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(300)]

FIRST_PAGE_SECONDS = 5.0


@pytest.fixture(scope="module")
def demo(browser, tmp_path_factory):
    with running_chat(tmp_path_factory.mktemp("home"), "demo", "--no-browser") as chat:
        yield chat


@pytest.fixture(scope="module")
def loaded_demo(demo):
    demo.wait_until_loaded()
    return demo


def _ask_first_starter(page):
    page.locator("#starters button").first.click()
    page.locator(".kla-account").wait_for(timeout=60_000)
    page.locator('.kla-verdict[data-phase="done"]').wait_for(timeout=60_000)


def test_a_page_answers_at_once(demo):
    """The first page is there within 5 s of the start of the program; what is heavy loads behind it."""
    assert demo.first_page_seconds < FIRST_PAGE_SECONDS


def test_the_page_says_what_still_loads(demo, visit):
    """The line at the top names the state, and goes when there is nothing left to wait for."""
    page = visit(demo.url).page
    line = page.locator("#kla-loading")
    if line.count():
        assert "loading" in line.inner_text() or "loaded" in line.inner_text()
    demo.wait_until_loaded()
    line.wait_for(state="detached", timeout=10_000)


def test_a_starter_gives_a_cited_triage(loaded_demo, visit, results):
    """Verdict, problems, chart, patterns and account, each of the ten steps, and citations that open."""
    visited = visit(loaded_demo.url)
    page = visited.page
    _ask_first_starter(page)
    assert page.locator(".kla-verdict .kla-status").inner_text().strip() == "Problem found"
    assert page.locator(".kla-verdict .kla-evidence .kla-cite").count() >= 2
    assert page.locator(".kla-problem").count() >= 3
    assert page.locator(".kla-chart svg rect[data-severity]").count() > 10
    assert page.locator(".kla-pattern").count() >= 3
    assert page.get_by_text("shifted in time to end at").count() == 1
    page.screenshot(path=results / "answer-light.png")
    page.locator('[data-step-type="tool"] button').first.click()
    for words in ("Understand the question", "Read the logs", "Hide secrets", "Find patterns", "Search the runbooks",
                  "Choose the evidence", "Rank the problems", "Build the prompt", "Ask the model",
                  "Check the citations"):  # fmt: skip
        assert page.get_by_text(words).first.is_visible(), words
    page.screenshot(path=results / "steps.png")
    assert not visited.elsewhere


def test_a_citation_opens_its_line_among_its_neighbours(loaded_demo, visit, results):
    """The line that the button hints at is the one that is marked, and it is in sight."""
    page = visit(loaded_demo.url).page
    _ask_first_starter(page)
    citation = page.locator('.kla-verdict .kla-cite[data-kind="log"]').first
    hint = citation.get_attribute("title")
    citation.click()
    marked = page.locator('#side-view-content .kla-line[data-cited="true"]').first
    marked.wait_for(timeout=10_000)
    assert " ".join(marked.locator(".kla-log").inner_text().split()).startswith(hint.removesuffix("…"))
    assert page.locator("#side-view-content .kla-line").count() > 3
    assert marked.is_visible()
    page.wait_for_timeout(500)  # the panel slides in
    page.screenshot(path=results / "panel-line.png")


def test_a_citation_opens_its_runbook_section(loaded_demo, visit, results):
    """The cited section is open, the others of the same runbook are there to read on."""
    page = visit(loaded_demo.url, scheme="dark").page
    _ask_first_starter(page)
    page.locator('.kla-verdict .kla-cite[data-kind="runbook"]').first.click()
    cited = page.locator("#side-view-content details[open]")
    cited.wait_for(timeout=10_000)
    assert "cited" in cited.locator("summary").inner_text()
    assert page.locator("#side-view-content details").count() >= 5
    page.wait_for_timeout(500)
    page.screenshot(path=results / "panel-runbook-dark.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_does_not_scroll_sideways(loaded_demo, visit, results, scheme):
    """400 px wide, in the colours that the system asks for."""
    page = visit(loaded_demo.url, width=400, height=800, scheme=scheme).page
    _ask_first_starter(page)
    assert scheme in page.locator("html").get_attribute("class").split()
    sideways = "() => [...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 "
    sideways += "&& /auto|scroll/.test(getComputedStyle(e).overflowX)).map(e => e.className)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.evaluate(sideways) == []
    page.screenshot(path=results / f"narrow-{scheme}.png")


def test_a_question_that_is_too_long_is_answered_in_one_sentence(loaded_demo, visit):
    """It does not push its answer off the page, and the chat goes on."""
    visited = visit(loaded_demo.url)
    visited.ask("why " * 5_000)
    assert "characters" in visited.page.locator(".kla-notice").inner_text()
    typed = visited.page.locator('[data-step-type="user_message"] .bg-accent').first.bounding_box()
    assert typed["height"] <= 0.4 * 900
    visited.ask("What is failing?")
    assert visited.page.locator(".kla-verdict").count() == 1


def test_the_starter_about_change_tells_the_latest_incidents(loaded_demo, visit, results):
    """The bundled captures of the last minutes are what changed."""
    page = visit(loaded_demo.url, height=1500).page
    page.locator("#starters button", has_text="What changed").click()
    page.locator(".kla-account").wait_for(timeout=60_000)
    page.locator(".kla-change").nth(1).wait_for(timeout=10_000)  # each element is drawn by itself
    assert page.locator(".kla-verdict .kla-status").inner_text().strip() == "Problem found"
    page.screenshot(path=results / "changes-demo.png")
