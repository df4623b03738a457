"""`logagent ingest`, seen from outside the package, with the real embedding model where one is needed."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.command_line import CAPTURES, CommandLine, one_sentence
from tests.contract.answer_contract import conforming

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

RUNBOOK = """---
id: {name}
title: {name} is down
category: database
components: [{name}]
severity: ERROR
---
# {name} is down

## Symptom
Clients of {name} see errors.

## Check
```sh
kubectl get pods -l app={name}
```
Lists its pods.

## Fix
Restart it.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two runbooks of a team."""
    books = tmp_path / "books"
    books.mkdir()
    for name in ("orders", "stock"):
        (books / f"{name}.md").write_text(RUNBOOK.format(name=name))
    return books


def test_ingesting_again_changes_nothing(logagent: CommandLine, folder: Path, tmp_path: Path) -> None:
    """The first run embeds all, the second nothing, a changed file alone is embedded, a deleted one goes."""
    settings = {"EMBEDDING_MODEL": "", "LOGAGENT_HOME": str(tmp_path / "home")}

    def ingested(*options: str) -> dict[str, object]:
        document = logagent("ingest", "runbooks", folder, "--json", *options, **settings).json
        assert document["contract"] == 1
        return {
            "added": len(document["added"]),
            "changed": len(document["changed"]),
            "unchanged": document["unchanged"],
            "deleted": len(document["deleted"]),
            "embedded": document["chunks_embedded"] > 0,
        }

    nothing = {"added": 0, "changed": 0, "unchanged": 2, "deleted": 0, "embedded": False}
    planned = ingested("--dry-run")
    assert (planned["added"], planned["embedded"]) == (2, False)
    assert ingested() == {"added": 2, "changed": 0, "unchanged": 0, "deleted": 0, "embedded": True}
    assert ingested() == nothing
    text = (folder / "orders.md").read_text()
    (folder / "orders.md").write_text(text.replace("Restart it.", "Raise its memory limit."))
    assert ingested("--dry-run")["changed"] == 1
    assert ingested() == {"added": 0, "changed": 1, "unchanged": 1, "deleted": 0, "embedded": True}
    (folder / "stock.md").unlink()
    assert ingested() == {"added": 0, "changed": 0, "unchanged": 1, "deleted": 1, "embedded": False}


@pytest.mark.parametrize("what", ["missing", "empty", "no-markdown"])
def test_nothing_to_ingest_is_bad_input(logagent: CommandLine, tmp_path: Path, what: str) -> None:
    """A path that holds no runbooks is refused with one sentence that names it, and the index stays as it was."""
    path = tmp_path / what
    if what != "missing":
        path.mkdir()
    if what == "no-markdown":
        (path / "notes.txt").write_text("notes")
    settings = {"EMBEDDING_MODEL": "", "LOGAGENT_HOME": str(tmp_path / "home")}
    assert what in one_sentence(logagent("ingest", "runbooks", path, "--json", **settings))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["runbooks"], "name the files and folders"),
        (["incidents"], "name the file of incidents"),
        (["incidents", "nowhere.jsonl"], "nowhere.jsonl cannot be read: No such file"),
        (["history", "--since", "soon"], "soon"),
        (["history", "--since", "400d"], "90 days at most"),
        (["history"], "set LOKI_URL"),
        (["restore", "nowhere.gz"], "there is no file nowhere.gz"),
        (["backup", "no/such/folder/file.gz"], "cannot be written"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_ingested_is_one_sentence(
    logagent: CommandLine, tmp_path: Path, arguments: list[str], says: str
) -> None:
    """Bad arguments and files that are not there: exit code 2, and the sentence names what is wrong."""
    settings = {"EMBEDDING_MODEL": "", "LOGAGENT_HOME": str(tmp_path / "home")}
    assert says in one_sentence(logagent("ingest", *arguments, **settings))


def test_an_embedding_model_that_is_not_there_is_named(logagent: CommandLine, folder: Path, tmp_path: Path) -> None:
    """A folder without a model fails in one sentence, and the index is left to the model that is there."""
    settings = {"EMBEDDING_MODEL": str(tmp_path / "no-model"), "LOGAGENT_HOME": str(tmp_path / "home")}
    assert "no-model is not there" in one_sentence(logagent("ingest", "runbooks", folder, **settings), code=1)
    empty = tmp_path / "empty-model"
    empty.mkdir()
    settings["EMBEDDING_MODEL"] = str(empty)
    assert "holds no sentence-transformers model" in one_sentence(
        logagent("ingest", "runbooks", folder, **settings), code=1
    )


def test_a_model_of_the_hub_that_cannot_be_had_is_named(
    logagent: CommandLine, folder: Path, tmp_path: Path, closed_address: str
) -> None:
    """Without a network, and for a name that the hub does not know: one sentence at once, and nothing is written."""
    settings = {"EMBEDDING_MODEL": "no-such/model", "LOGAGENT_HOME": str(tmp_path / "home")}
    ended = logagent.installed("ingest", "runbooks", folder, HF_ENDPOINT=closed_address, **settings)
    assert f"{closed_address} does not answer" in one_sentence(ended, code=1)
    with answering(404) as address:
        ended = logagent.installed("ingest", "runbooks", folder, HF_ENDPOINT=address, **settings)
    assert f"{address} has no model of this name" in one_sentence(ended, code=1)
    settings["EMBEDDING_MODEL"] = ""
    assert len(logagent("ingest", "runbooks", folder, "--json", **settings).json["added"]) == 2


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The address of a server that answers everything with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_history_and_incidents_of_files(logagent: CommandLine, filled_home: Path, tmp_path: Path) -> None:
    """Days of logs become history and a case becomes an incident; a question of the next day cites both."""
    home = tmp_path / "home"
    shutil.copytree(filled_home, home)
    settings = {"EMBEDDING_MODEL": "", "LOGAGENT_HOME": str(home)}
    logs = tmp_path / "app.log"
    known = [f"2026-11-{day}T10:00:00Z ERROR write failed: no space left on device sda{day}" for day in range(13, 21)]
    logs.write_text("\n".join([*known, "2026-11-20T10:05:00Z FATAL x509: certificate has expired"]) + "\n")
    report = logagent(
        "ingest", "history", "--since", "7d", "--logs", logs, "--now", "2026-11-20T09:00:00Z", "--json", **settings
    ).json
    assert (len(report["added"]), report["failed"]) == (1, [])
    incidents = CAPTURES / "etcd-disk-full.jsonl"
    assert len(logagent("ingest", "incidents", incidents, "--json", **settings).json["added"]) == 1
    window = ("--from", "2026-11-20T09:30:00Z", "--to", "2026-11-20T10:30:00Z")
    question = "why is there no space left on device?"
    answer = logagent("ask", question, "--logs", logs, *window, "--json", **settings).json
    texts = [item["text"] for item in conforming(answer).model_dump()["evidence"]]
    assert any(text.startswith("not new: on 7 of the 7 days") and "no space left" in text for text in texts), texts
    assert any(text.startswith("new: on none of the 7 days") and "certificate" in text for text in texts), texts
    assert [item["id"] for item in answer["evidence"] if item["kind"] == "incident"][:1] == ["I1"]
