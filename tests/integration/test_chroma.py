"""The real Chroma server (`chroma run`, of the installed package) gives what the embedded one gives, and may die."""

import asyncio
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.knowledge_base import KnowledgeBase
from ingestion.runbooks import ingest_runbooks
from ingestion.watch import Watch
from retrieval.errors import IndexLocked, KnowledgeDown
from retrieval.knowledge.index import open_index
from retrieval.knowledge.search import KnowledgeSearch, SubQuery
from tests.chroma_server import Server
from tests.retrieval.knowledge import fake_embedder
from tests.retrieval.knowledge.fake_embedder import FakeEmbedder

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

QUESTIONS = ["cause 17", "fix 251 runbook", "what is runbook 80 about", "cause fix"]
DYING = """
import os, sys; from pathlib import Path
from app.knowledge_base import KnowledgeBase
from ingestion.runbooks import ingest_runbooks
from ingestion.watch import Watch
from retrieval.knowledge.index import open_index
from fake_embedder import FakeEmbedder

class Dying(FakeEmbedder):
    def embed_texts(self, texts):
        if self.embedded: os._exit(9)
        return super().embed_texts(texts)

where = {"url": sys.argv[2]} if sys.argv[2].startswith("http") else {"folder": Path(sys.argv[2])}
embedder = Dying()
ingest_runbooks([Path(sys.argv[1])], open_index(embedder.model, **where), embedder=embedder, redact_text=str)
"""


def dying_job(corpus, where):
    """An ingestion in a process of its own that ends without a word before its second batch."""
    fake = Path(fake_embedder.__file__).parent
    command = [sys.executable, "-c", DYING, corpus, where]
    environment = os.environ | {"PYTHONPATH": str(fake)}
    return subprocess.run(command, check=False, timeout=120, capture_output=True, text=True, env=environment)


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "server")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def corpus(tmp_path):
    """300 runbooks of two sections: 900 texts to embed, in two batches."""
    folder = tmp_path / "runbooks"
    folder.mkdir()
    for n in range(300):
        (folder / f"{n:03}.md").write_text(f"# Runbook {n}\n## Cause\ncause {n}\n## Fix\nfix {n}\n")
    return folder


@contextmanager
def opened(**where):
    embedder = FakeEmbedder()
    with open_index(embedder.model, **where) as index:
        yield index, embedder


def ingested(corpus, index, embedder):
    return ingest_runbooks([corpus], index, embedder=embedder, redact_text=str)


def test_server_and_folder_give_the_same(server, tmp_path, corpus):
    """The same documents, sections, scores and ranks from both."""
    answers = []
    for where in ({"url": server.url}, {"folder": tmp_path / "embedded"}):
        with opened(**where) as (index, embedder):
            report = ingested(corpus, index, embedder)
            again = ingested(corpus, index, embedder)
            assert (len(report.added), report.chunks_embedded, again.unchanged, again.chunks_embedded) == (
                300,
                900,
                300,
                0,
            )
            search = KnowledgeSearch(index, embedder)
            hits = [search.search([SubQuery(text)], k=3) for text in QUESTIONS]
            answers.append([[(hit.doc_id, hit.section, round(hit.score, 4)) for hit in found] for found in hits])
    assert answers[0] == answers[1]
    assert [found[0][0] for found in answers[0][:3]] == ["017.md", "251.md", "080.md"]


def test_a_job_is_seen_by_the_app_beside_it(server, corpus):
    """Two processes share a server: what one ingests the other finds."""
    with opened(url=server.url) as (app, embedder), opened(url=server.url) as (job, _):
        search = KnowledgeSearch(app, embedder)
        assert search.search([SubQuery("cause 17")]) == []
        ingested(corpus, job, embedder)
        search.refresh()
        assert search.search([SubQuery("cause 17")])[0].doc_id == "017.md"


def test_a_job_that_is_killed_is_completed_by_the_next(server, corpus):
    """A process that dies between two batches leaves nothing that the next run does not mend, and loses no batch."""
    assert dying_job(corpus, server.url).returncode == 9
    with opened(url=server.url) as (index, embedder):
        report = ingested(corpus, index, embedder)
        assert report.chunks_embedded == 900 - 512
        assert (len(index.find("runbooks").survey().documents), index.find("runbooks").count()) == (300, 900)


def test_a_server_that_is_killed_while_writing(server, corpus):
    """Chroma dies in the middle of a run: one sentence; started again, the next run completes it."""

    class Killing(FakeEmbedder):
        def embed_texts(self, texts):
            if self.embedded:
                server.kill()
            return super().embed_texts(texts)

    with opened(url=server.url) as (index, _), pytest.raises(KnowledgeDown, match=server.url):
        ingested(corpus, index, Killing())
    server.start()
    with opened(url=server.url) as (index, embedder):
        ingested(corpus, index, embedder)
        survey = index.find("runbooks").survey()
        assert (len(survey.documents), survey.torn) == (300, frozenset())
        assert KnowledgeSearch(index, embedder).search([SubQuery("cause 17")])[0].doc_id == "017.md"


def test_search_says_that_the_server_is_gone(server, corpus):
    """A search whose server died raises the sentence that the answer shows."""
    with opened(url=server.url) as (index, embedder):
        ingested(corpus, index, embedder)
        search = KnowledgeSearch(index, embedder)
        search.refresh()
        server.kill()
        with pytest.raises(KnowledgeDown, match=f"The Chroma server at {server.url} does not answer"):
            search.search([SubQuery("cause 17")])


def test_rebuilding_on_a_server_goes_on_serving(server, corpus):
    """While the collection is made anew the old one answers; a reader that had the old one finds the new one."""
    with opened(url=server.url) as (index, embedder), opened(url=server.url) as (job, _):
        ingested(corpus, index, embedder)
        search = KnowledgeSearch(index, embedder)
        (corpus / "017.md").unlink()
        ingest_runbooks([corpus], job, embedder=embedder, redact_text=str, rebuild=True)
        search.refresh()
        assert search.search([SubQuery("runbook 18 cause 18")])[0].doc_id == "018.md"
        assert index.find("runbooks").count() == 897


def test_a_second_process_on_a_folder_is_refused(tmp_path, corpus):
    """The embedded index belongs to one process; a killed job leaves it free and mendable."""
    folder = tmp_path / "embedded"
    with opened(folder=folder):
        refused = dying_job(corpus, folder)
        assert (refused.returncode, IndexLocked.__name__ in refused.stderr.splitlines()[-1]) == (1, True)
        assert f"process {os.getpid()} has it open" in refused.stderr
    assert dying_job(corpus, folder).returncode == 9
    with opened(folder=folder) as (index, embedder):
        assert ingested(corpus, index, embedder).chunks_embedded == 900 - 512


def test_an_empty_index_of_a_server_is_said(server, corpus):
    """Answers without runbooks name the command that brings them, until they are there."""
    knowledge = KnowledgeBase(folder=None, url=server.url, model_name=None)
    knowledge.open()
    try:
        found = asyncio.run(knowledge.find([SubQuery(QUESTIONS[0])], 3, "runbooks"))
        assert found == []
        assert "logagent ingest runbooks --bundled" in knowledge.notes()[0]
        knowledge.ingest(sorted(corpus.iterdir())[:20], Watch())
        assert asyncio.run(knowledge.find([SubQuery(QUESTIONS[0])], 3, "runbooks"))
        assert not knowledge.notes()
    finally:
        knowledge.close()
