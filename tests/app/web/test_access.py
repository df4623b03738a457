"""Who may use the web app, by its settings."""

import httpx
import pytest
from fastapi import FastAPI

from app.settings import Settings
from app.web import api
from app.web.access import Access, User, hash_password, matches
from app.web.loading import chat_secret
from app.web.running import running
from retrieval.errors import BadInput


@pytest.fixture
def users(tmp_path):
    file = tmp_path / "users"
    file.write_text(f"# the team\nanna:{hash_password('correct horse')}\nben:{hash_password('battery staple')}\n")
    return file


def access(host="127.0.0.1", **settings):
    return Access.of(Settings.read(app={"host": host}, access=settings))


@pytest.mark.parametrize(
    ("host", "admin"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("10.0.0.7", False)],
)
def test_without_a_setting_there_is_one_local_user(host, admin):
    """Nobody signs in; that user is an admin on the loopback interface alone."""
    rules = access(host)
    assert (rules.closed, rules.user(None), rules.user("anna")) == (False, User("local", admin), User("local", admin))


def test_passwords(users):
    """The right password names its user, and admins are those that the setting names."""
    rules = access(password_file=users, admins="anna, carl")
    assert rules.closed
    assert rules.name_by_password("anna", "correct horse") == "anna"
    assert [rules.name_by_password(*each) for each in (("anna", "wrong"), ("carl", ""), ("", ""))] == [None] * 3
    assert (rules.user("anna"), rules.user("ben"), rules.user(None)) == (User("anna", True), User("ben", False), None)
    assert rules.user("carl") is None, "an admin who is in no password file cannot have signed in"


def test_a_password_hash_is_salted():
    """Two hashes of one password differ and both match it; neither holds it."""
    one, other = hash_password("correct horse"), hash_password("correct horse")
    assert one != other
    assert matches("correct horse", one)
    assert matches("correct horse", other)
    assert not matches("correct", one)
    assert "horse" not in one


def test_a_header_is_trusted_only_where_a_setting_names_it():
    """The gateway's header names the user; without the setting, no header does."""
    headers = httpx.Headers({"x-forwarded-user": "anna"})
    assert access(user_header="X-Forwarded-User").name_in_headers(headers) == "anna"
    assert access().name_in_headers(headers) is None
    assert access(user_header="X-Forwarded-User").name_in_headers(httpx.Headers({"x-forwarded-user": " "})) is None


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("", "names nobody"),
        ("anna:secret", "line 1: not as"),
        ("anna", "line 1: not as"),
        (":{hash}", "line 1: it names nobody"),
        ("anna:{hash}\nanna:{hash}", "line 2: anna is there twice"),
    ],
)
def test_a_password_file_that_cannot_be_used_is_named(tmp_path, lines, says):
    """One sentence names file, line and reason, and never the password."""
    file = tmp_path / "users"
    file.write_text(lines.format(hash=hash_password("x")))
    with pytest.raises(BadInput, match=says) as refused:
        access(password_file=file)
    assert "secret" not in str(refused.value)


def test_settings_that_contradict_each_other(tmp_path):
    """A file that is not there, and admins where nobody can sign in, are refused."""
    with pytest.raises(BadInput, match="LOGAGENT_PASSWORD_FILE"):
        access(password_file=tmp_path / "nowhere")
    with pytest.raises(BadInput, match="nobody can sign in"):
        access(admins="anna")


def test_only_named_folders_may_be_ingested(tmp_path):
    """A folder, and what lies in it; neither its parent nor what a link in it points to."""
    allowed = tmp_path / "books"
    (allowed / "team").mkdir(parents=True)
    (allowed / "out").symlink_to(tmp_path)
    rules = access(ingest_folders=f"{allowed}:/srv/books")
    may = [rules.may_ingest(each) for each in (allowed, allowed / "team", tmp_path, allowed / "out", allowed / "..")]
    assert may == [True, True, False, False, False]
    assert not access().may_ingest(allowed)


def test_the_secret_is_made_once_and_kept(tmp_path):
    """A restart signs nobody out, and nobody else reads it."""
    first = chat_secret(tmp_path)
    assert (len(first), chat_secret(tmp_path)) == (64, first)
    assert (tmp_path / "chat-secret").stat().st_mode & 0o777 == 0o600


@pytest.fixture
async def http(monkeypatch, users):
    monkeypatch.setattr(running, "access", access(password_file=users, user_header="X-User"))
    application = FastAPI()
    api.add_to(application, lambda cookies: cookies.get("name"))
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://logagent") as http:
        yield http


@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/ask/stream"])
async def test_a_closed_api_answers_nobody_unknown(http, path):
    """401 without anything; past it with the header, the password, or the cookie (503: no application is open here)."""
    asked = {"question": "what is failing?"}
    refused = await http.post(path, json=asked)
    assert (refused.status_code, "sign in" in refused.json()["error"]) == (401, True)
    assert refused.headers["www-authenticate"].startswith("Basic")
    assert (await http.post(path, json=asked, auth=("anna", "wrong"))).status_code == 401
    in_browser = await http.post(path, json=asked, headers={"sec-fetch-mode": "cors"})
    assert (in_browser.status_code, "www-authenticate" in in_browser.headers) == (401, False)
    if path.endswith("ask"):
        for known in (
            {"auth": ("anna", "correct horse")},
            {"headers": {"x-user": "carl"}},
            {"headers": {"cookie": "name=ben"}},
        ):
            assert (await http.post(path, json=asked, **known)).status_code == 503
