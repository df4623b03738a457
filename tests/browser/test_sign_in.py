"""Signing in to the chat in a real Chromium: an admin ingests runbooks there, everybody else is refused."""

import httpx
import pytest

from app.web.access import hash_password
from evals.dataset.cases import read_cases
from tests.browser.conftest import running_chat

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(400)]

RUNBOOK = """# The flux capacitor of the sprocket service is stuck
## Symptom
`sprocket` logs "flux capacitor stuck at 88".
## Fix
Turn the sprocket service off and on again.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("books")
    (folder / "sprocket.md").write_text(RUNBOOK)
    (folder / "broken.md").write_bytes(b"caf\xe9")
    return folder


@pytest.fixture(scope="module")
def closed_chat(browser, home, folder):
    """The demo for anna, an admin, and ben."""
    users = home / "users"
    users.write_text("".join(f"{name}:{hash_password(f'{name}-secret')}\n" for name in ("anna", "ben")))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LOGAGENT_PASSWORD_FILE", str(users))
        environment.setenv("LOGAGENT_ADMINS", "anna")
        environment.setenv("LOGAGENT_INGEST_FOLDERS", str(folder))
        with running_chat(home, "demo", "--no-browser") as chat:
            chat.wait_until_loaded()
            yield chat


@pytest.fixture
def signed_in(browser, closed_chat):
    """Signs a person in and gives the page."""
    contexts = []

    def signed_in(name, password=None):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.goto(closed_chat.url)
        page.fill("#email", name)
        page.fill("input[type=password]", password or f"{name}-secret")
        page.keyboard.press("Enter")
        return page

    yield signed_in
    for context in contexts:
        context.close()


def say(page, text):
    page.locator("#chat-input").wait_for(timeout=60_000)
    page.click("#chat-input")
    page.keyboard.insert_text(text)
    page.locator("#chat-submit:not([disabled])").click(timeout=60_000)  # it takes nothing before it is connected


def test_an_admin_ingests_a_folder_and_its_runbook_is_found(closed_chat, signed_in, results):
    """The form offers the allowed folder; progress, then the result with the file that failed; then it is found."""
    page = signed_in("anna")
    page.locator("#starters button", has_text="Ingest runbooks").click(timeout=60_000)
    page.locator(".kla-ingest button", has_text="Show the difference").click(timeout=60_000)
    ended = page.locator('.kla-ingest[data-phase="done"]')
    ended.first.wait_for(timeout=60_000)
    assert "1 would be added" in ended.first.inner_text()
    page.locator('.kla-ingest[data-phase="choose"] button[data-main="true"]').click()
    ended.nth(1).wait_for(timeout=120_000)
    said = ended.nth(1).inner_text()
    assert "1 added" in said
    assert "1 failed" in said
    assert "broken.md: it is not UTF-8" in said
    page.screenshot(path=results / "ingested.png")
    say(page, "How do I fix a stuck flux capacitor of the sprocket service?")
    page.locator('.kla-verdict[data-phase="done"]').wait_for(timeout=60_000)
    page.locator('.kla-cite[data-kind="runbook"]').first.click()
    page.locator("#side-view-content", has_text="flux capacitor of the sprocket").wait_for(timeout=10_000)


def test_a_rated_answer_becomes_an_incident_that_is_cited(closed_chat, signed_in, home, logagent, tmp_path):
    """What ben says waits; what anna says is kept at once, and the next answer to the same problem cites it.

    Each is a draft case as well, which the command line takes into a file, once.
    """
    for name, said in (("ben", "Noted"), ("anna", "Kept as a past incident")):
        page = signed_in(name)
        page.locator("#starters button").first.click(timeout=60_000)
        page.locator(".kla-rating button", has_text="Yes").click(timeout=60_000)
        page.locator(".kla-notice", has_text=said).wait_for(timeout=120_000)
    say(page, "What is failing right now, and why?")
    page.locator('.kla-cite[data-kind="incident"]').first.wait_for(timeout=60_000)
    drafts = logagent("dataset", "drafts", "list", "--json", LOGAGENT_HOME=str(home)).json["drafts"]
    assert [each["expected"]["status"] for each in drafts] == ["problem", "problem"]
    accept = ("dataset", "drafts", "accept", drafts[0]["id"], "--into", tmp_path / "mine.jsonl")
    assert logagent(*accept, LOGAGENT_HOME=str(home)).code == 0
    assert logagent(*accept, LOGAGENT_HOME=str(home)).code == 2
    (case,) = read_cases(tmp_path / "mine.jsonl")
    assert case.expected.key_lines
    assert max(case.expected.key_lines) < len(case.logs)


def test_a_correction_becomes_a_draft_without_its_secret(closed_chat, signed_in, home, logagent):
    """What was typed into the form is the draft's root cause, redacted."""
    page = signed_in("ben")
    say(page, "What is failing right now, and why?")
    page.locator(".kla-rating button", has_text="No").click(timeout=60_000)
    page.locator(".kla-rating input").fill("the token=s3cr3ts3cr3ts3cr3t of the registry ran out")
    page.locator(".kla-rating button", has_text="Send").click()
    page.locator(".kla-notice", has_text="draft case").wait_for(timeout=60_000)
    drafts = logagent("dataset", "drafts", "list", "--json", LOGAGENT_HOME=str(home)).json["drafts"]
    (mine,) = (each for each in drafts if each["corrected"])
    assert mine["expected"]["root_cause"].endswith("of the registry ran out")
    assert "s3cr3t" not in mine["expected"]["root_cause"]


def test_an_answer_without_a_problem_is_drafted_and_is_no_incident(closed_chat, signed_in, home, logagent):
    """That nothing fails may be as wrong as any other verdict; it is nothing to cite later."""
    page = signed_in("anna")
    say(page, "What has failed in the last second?")
    page.locator(".kla-rating button", has_text="No").click(timeout=60_000)
    page.locator(".kla-rating input").fill("the sprocket service was down")
    page.locator(".kla-rating button", has_text="Send").click()
    page.locator(".kla-notice", has_text="Noted").wait_for(timeout=60_000)
    drafts = logagent("dataset", "drafts", "list", "--json", LOGAGENT_HOME=str(home)).json["drafts"]
    (mine,) = (each["expected"] for each in drafts if "sprocket" in each["expected"]["root_cause"])
    assert mine["status"] != "problem"
    assert "sprocket service was down" not in (home / "incidents.jsonl").read_text("utf-8")


def test_everybody_else_is_refused(signed_in, results):
    """Who is no admin is not offered it, and is told so where the command is typed."""
    page = signed_in("ben")
    page.locator("#starters button").first.wait_for(timeout=60_000)
    assert page.locator("#starters button", has_text="Ingest").count() == 0
    say(page, "/ingest")
    page.locator(".kla-notice", has_text="Only an admin may ingest").wait_for(timeout=60_000)
    assert page.locator(".kla-ingest").count() == 0


def test_a_wrong_password_is_refused(signed_in):
    """The page says so and stays."""
    page = signed_in("anna", "wrong-secret")
    page.get_by_text("credentials").or_(page.get_by_text("Unauthorized")).first.wait_for(timeout=20_000)
    assert page.locator("#chat-input").count() == 0


def test_the_api_is_closed_too(closed_chat, signed_in):
    """Without a name and its password nothing is answered; with them, or with the chat's cookie, it is."""
    ask = {"question": "what is failing?"}
    with httpx.Client(base_url=closed_chat.url, timeout=60) as http:
        assert http.post("/api/v1/ask", json=ask).status_code == 401
        assert http.post("/api/v1/ask/stream", json=ask).status_code == 401
        assert http.post("/api/v1/ask", json=ask, auth=("anna", "wrong")).status_code == 401
        assert http.post("/api/v1/ask", json=ask, auth=("ben", "ben-secret")).status_code == 200
    page = signed_in("ben")
    page.locator("#chat-input").wait_for(timeout=60_000)
    posted = "body => fetch('/api/v1/ask', {method: 'POST', headers: {'content-type': 'application/json'}, body})"
    assert (
        page.evaluate(f"{posted.replace('body})', 'body}).then(answer => answer.status)')}", '{"question": "?x"}')
        == 200
    )
