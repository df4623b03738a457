"""Coach mode in a real Chromium: switched on in the chat's settings, it teaches beneath the verdict."""

import pytest

from tests.browser.conftest import running_chat

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def demo(browser, home):
    with running_chat(home, "demo", "--no-browser") as chat:
        chat.wait_until_loaded()
        yield chat


def test_the_switch_turns_lessons_on(demo, visit, results):
    """Without it an answer has none; with it each command is explained, with its exam domain and a question back."""
    visited = visit(demo.url)
    page = visited.page
    visited.ask("What is failing?")
    assert page.locator(".kla-coaching").count() == 0
    page.locator("#chat-settings-open-modal").click()
    page.locator("#coach").click()
    page.locator("#confirm").click()
    visited.ask("Why does etcd not start?")
    coach = page.locator(".kla-coaching").last
    coach.wait_for(timeout=60_000)
    assert coach.locator(".kla-lesson").count() >= 1
    assert coach.locator(".kla-lesson dl dt").count() >= 1
    assert "CKA exam:" in coach.inner_text()
    assert "Practise:" in coach.inner_text()
    assert coach.locator(".kla-back").inner_text().endswith("?")
    coach.scroll_into_view_if_needed()
    page.screenshot(path=results / "coach.png")
    assert visited.elsewhere == []
