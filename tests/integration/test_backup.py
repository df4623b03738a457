"""Backup and restore of a real Chroma server by the command line: its folder is lost, and comes back."""

import shutil

import pytest

from ingestion.backup import back_up, restore
from ingestion.runbooks import ingest_runbooks
from ingestion.watch import Watch
from retrieval.errors import KnowledgeDown
from retrieval.knowledge.index import open_index
from tests.chroma_server import Server, contents
from tests.retrieval.knowledge.fake_embedder import FakeEmbedder

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
MODEL = {"name": "all-MiniLM-L6-v2", "dimension": 384}  # what the command takes the vectors for


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "server")
    server.start()
    yield server
    server.kill()


def test_a_server_whose_folder_is_lost(server, tmp_path, logagent):
    """`logagent ingest backup`, the folder is gone, `logagent ingest restore`: every record and vector is back."""
    corpus = tmp_path / "books"
    corpus.mkdir()
    for n in range(400):
        (corpus / f"{n:03}.md").write_text(f"# Runbook {n}\n## Cause\ncause {n}\n## Fix\nfix {n}\n")
    embedder = FakeEmbedder(**MODEL)
    with open_index(embedder.model, url=server.url) as index:
        ingest_runbooks([corpus], index, embedder=embedder)
        expected = contents(index)
    settings = {"CHROMA_URL": server.url, "EMBEDDING_MODEL": ""}
    file = tmp_path / "backup.gz"
    assert logagent("ingest", "backup", file, "--json", **settings).json["records"] == {"runbooks": 1200}
    server.kill()
    shutil.rmtree(server.folder)
    server.start()
    assert logagent("ingest", "restore", file, "--json", **settings).json["records"] == {"runbooks": 1200}
    with open_index(embedder.model, url=server.url) as index:
        assert contents(index) == expected
        assert ingest_runbooks([corpus], index, embedder=embedder).chunks_embedded == 0


def test_a_server_that_is_killed_while_it_is_restored(server, tmp_path):
    """What was there before is still there, and restoring again completes it."""
    corpus = tmp_path / "books"
    corpus.mkdir()
    for n in range(300):
        (corpus / f"{n:03}.md").write_text(f"# Runbook {n}\n## Fix\nfix {n}\n")
    embedder = FakeEmbedder()
    with open_index(embedder.model, url=server.url) as index:
        ingest_runbooks([corpus], index, embedder=embedder)
        expected = contents(index)
        back_up(index, tmp_path / "backup.gz")
        with pytest.raises(KnowledgeDown):
            restore(index, tmp_path / "backup.gz", Watch(lambda _: server.kill()))
    server.start()
    with open_index(embedder.model, url=server.url) as index:
        assert contents(index) == expected
        restore(index, tmp_path / "backup.gz")
        assert contents(index) == expected
