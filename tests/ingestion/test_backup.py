"""Backup and restore of an embedded index; of a server in `tests/integration/test_backup.py`."""

import gzip

import pytest

from ingestion.backup import back_up, restore
from ingestion.watch import Watch
from retrieval.errors import BadInput, IndexMismatch
from retrieval.knowledge.index import open_index
from tests.chroma_server import contents
from tests.retrieval.knowledge.fake_embedder import FakeEmbedder


@pytest.fixture
def backup(corpus, tmp_path, ingest, index):
    """A backup of an index with five records."""
    ingest(corpus)
    file = tmp_path / "backup.gz"
    assert back_up(index, file).records == {"runbooks": 5}
    return file


def test_what_is_restored_equals_what_was_backed_up(corpus, backup, tmp_path, ingest, index, embedder):
    """In a new place, without embedding anything, and over what was there meanwhile."""
    expected = contents(index)
    (corpus / "dns.md").unlink()
    ingest(corpus)
    restore(index, backup)
    assert contents(index) == expected
    with open_index(embedder.model, folder=tmp_path / "other") as other:
        assert restore(other, backup).records == {"runbooks": 5}
        assert contents(other) == expected
        assert other.find("runbooks").links


def test_restoring_again_and_going_on(corpus, backup, ingest, index):
    """A restored index is one like any other: nothing is embedded of what it has."""
    restore(index, backup)
    restore(index, backup)
    report = ingest(corpus)
    assert (report.unchanged, report.chunks_embedded) == (2, 0)


def test_a_file_that_is_not_whole_changes_nothing(backup, tmp_path, index):
    """Cut short, changed, or no backup at all: refused before anything is touched."""
    expected = contents(index)
    whole = gzip.decompress(backup.read_bytes())
    lines = whole.splitlines(keepends=True)
    broken = {
        "cut": backup.read_bytes()[:-20],
        "line": gzip.compress(b"".join(lines[:-2] + lines[-1:])),
        "end": gzip.compress(b"".join(lines[:-1])),
        "text": b"hello",
        "other": gzip.compress(b"{}\n"),
        "empty": b"",
    }
    for name, content in broken.items():
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(BadInput, match=name):
            restore(index, file)
    with pytest.raises(BadInput, match="there is no file"):
        restore(index, tmp_path / "nowhere")
    assert contents(index) == expected


def test_a_backup_that_cannot_be_written_leaves_nothing(ingest, corpus, index, tmp_path):
    """Neither a file nor a part of one."""
    ingest(corpus)
    with pytest.raises(BadInput, match="cannot be written"):
        back_up(index, tmp_path / "no" / "folder" / "backup.gz")
    with pytest.raises(ZeroDivisionError):
        back_up(index, tmp_path / "backup.gz", Watch(lambda _: 1 / 0))
    assert not list(tmp_path.glob("*backup*"))


def test_vectors_of_another_model_are_refused_afterwards(backup, tmp_path):
    """The backup knows its model, and so does what is restored."""
    other = FakeEmbedder(name="other")
    with open_index(other.model, folder=tmp_path / "other") as index:
        restore(index, backup)
        with pytest.raises(IndexMismatch, match="--rebuild"):
            index.find("runbooks")
