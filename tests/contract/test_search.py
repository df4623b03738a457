"""`logagent search --json` with the real embedding model, and what a second process on the same folder gets."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.knowledge.lock import FolderLock
from tests.command_line import CAPTURES, CommandLine, one_sentence
from tests.contract.answer_contract import conforming

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


def at(home: Path) -> dict[str, str]:
    """The bundled embedding model, on the index of this home."""
    return {"EMBEDDING_MODEL": "", "LOGAGENT_HOME": str(home)}


@pytest.fixture
def held(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings of a home whose index this process has open."""
    lock = FolderLock(tmp_path / "chroma")
    lock.acquire()
    yield at(tmp_path)
    lock.release()


def test_a_runbook_is_found_by_what_it_is_about(logagent: CommandLine, filled_home: Path) -> None:
    """The index fills itself at the first search; the runbook of expired certificates is ranked first."""
    document = logagent("search", "x509: certificate has expired", "-k", "3", "--json", **at(filled_home)).json
    assert (document["contract"], document["collection"]) == (1, "runbooks")
    hits = document["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert "tls" in hits[0]["doc_id"] or "certificate" in hits[0]["doc_id"]
    assert len({hit["doc_id"] for hit in hits}) == 3
    for hit in hits:
        assert set(hit) >= {"rank", "doc_id", "title", "section", "text", "score", "relevance"}
        assert isinstance(hit["score"], float)
        assert hit["text"]


def test_an_answer_cites_runbooks(logagent: CommandLine, filled_home: Path) -> None:
    """With the knowledge on, an answer cites runbook sections, and its actions come with their commands from there."""
    path = CAPTURES / "etcd-disk-full.jsonl"
    answer = conforming(logagent("ask", "why does etcd not start?", "--logs", path, "--json", **at(filled_home)).json)
    runbooks = {item.id for item in answer.evidence if item.kind == "runbook"}
    assert runbooks
    assert answer.triage.actions
    assert all(action.evidence and set(action.evidence) <= runbooks for action in answer.triage.actions)
    assert any(action.command for action in answer.triage.actions)
    assert answer.warnings == []


def test_a_second_process_answers_without_runbooks(logagent: CommandLine, held: dict[str, str]) -> None:
    """While another process has the index open, `ask` answers without runbooks, says so, and exits with 0."""
    path = CAPTURES / "etcd-disk-full.jsonl"
    answer = conforming(logagent("ask", "why does etcd not start?", "--logs", path, "--json", **held).json)
    assert answer.triage.status == "problem"
    assert not any(item.kind == "runbook" for item in answer.evidence)
    assert any("in use" in warning and "CHROMA_URL" in warning for warning in answer.warnings)


@pytest.mark.parametrize("command", [["search", "dns"], ["ingest", "runbooks", str(CAPTURES)]])
def test_a_second_process_cannot_search_or_ingest(
    logagent: CommandLine, held: dict[str, str], command: list[str]
) -> None:
    """While another process has the index open, `search` and `ingest` end with one sentence that says what to do."""
    assert "CHROMA_URL" in one_sentence(logagent(*command, "--json", **held), code=1)


def test_check_names_the_index_that_is_in_use(logagent: CommandLine, held: dict[str, str]) -> None:
    """`check` says which folder another process has open, and exits with 1."""
    ended = logagent("check", **held)
    assert ended.code == 1
    assert "FAILED Chroma and embedding model" in ended.out
