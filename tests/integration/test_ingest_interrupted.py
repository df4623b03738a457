"""Whatever ends a job half-way, the next run completes it, and the index equals that of an undisturbed run."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from ingestion.runbooks import ingest_runbooks
from retrieval.errors import KnowledgeDown
from retrieval.knowledge.index import open_index
from tests.chroma_server import Server, contents
from tests.command_line import SCRIPT, environment
from tests.retrieval.knowledge import fake_embedder
from tests.retrieval.knowledge.fake_embedder import FakeEmbedder

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "server")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def corpus(tmp_path):
    return written(tmp_path / "runbooks", 300)


def written(folder, count):
    """Runbooks of two sections: three texts each to embed."""
    folder.mkdir()
    for n in range(count):
        (folder / f"{n:04}.md").write_text(f"# Runbook {n}\n## Cause\ncause {n}\n## Fix\nfix {n}\n")
    return folder


@contextmanager
def opened(embedder=None, **where):
    embedder = embedder or FakeEmbedder()
    with open_index(embedder.model, **where) as index:
        yield index, embedder


def ingested(corpus, index, embedder):
    return ingest_runbooks([corpus], index, embedder=embedder, redact_text=str)


@pytest.fixture
def undisturbed(tmp_path, corpus):
    """What an index holds that nothing went wrong with."""
    with opened(folder=tmp_path / "undisturbed") as (index, embedder):
        ingested(corpus, index, embedder)
        return contents(index)


@pytest.mark.parametrize("milliseconds", [0, 15, 40, 90])
def test_chroma_is_killed_in_the_middle_of_an_upsert(server, corpus, undisturbed, milliseconds):
    """Killed -9 while it writes a batch: one sentence that names it; started again, the next run completes it."""

    class Killing(FakeEmbedder):
        def embed_texts(self, texts):
            vectors = super().embed_texts(texts)
            if len(self.embedded) > 512:  # the second batch is about to be written
                threading.Timer(milliseconds / 1000, server.kill).start()
            return vectors

    with opened(Killing(), url=server.url) as (index, killing):
        failed = None
        with suppress(KnowledgeDown):  # the last timer may come too late
            failed = server.url
            ingested(corpus, index, killing)
            failed = None
        assert failed or milliseconds
    time.sleep(0.2)  # the slowest killer has come by then
    server.start()
    with opened(url=server.url) as (index, embedder):
        ingested(corpus, index, embedder)
        assert contents(index) == undisturbed
        assert ingested(corpus, index, embedder).chunks_embedded == 0


SLOWED = """
import sys, time; from pathlib import Path
from ingestion.runbooks import ingest_runbooks
from retrieval.knowledge.index import open_index
from fake_embedder import FakeEmbedder

class Slow(FakeEmbedder):
    def embed_texts(self, texts):
        if self.embedded:
            print("half-way", flush=True)
            time.sleep(60)
        return super().embed_texts(texts)

embedder = Slow()
where = {"url": sys.argv[2]} if sys.argv[2].startswith("http") else {"folder": Path(sys.argv[2])}
ingest_runbooks([Path(sys.argv[1])], open_index(embedder.model, **where), embedder=embedder, redact_text=str)
"""


@pytest.mark.parametrize("embedded", [True, False], ids=["folder", "server"])
def test_a_job_is_killed_half_way(tmp_path, server, corpus, undisturbed, embedded):
    """A job killed -9 between two batches leaves what it wrote; the next run embeds only the rest."""
    where = tmp_path / "embedded" if embedded else server.url
    path = os.environ | {"PYTHONPATH": str(Path(fake_embedder.__file__).parent)}
    job = subprocess.Popen([sys.executable, "-c", SLOWED, corpus, where], stdout=subprocess.PIPE, text=True, env=path)
    assert job.stdout.readline() == "half-way\n"
    job.kill()
    job.communicate()
    with opened(**({"folder": where} if embedded else {"url": where})) as (index, embedder):
        assert ingested(corpus, index, embedder).chunks_embedded == 900 - 512
        assert contents(index) == undisturbed


def test_the_command_is_ended_half_way(tmp_path, server):
    """`logagent ingest runbooks` with the real model: SIGTERM ends it between two batches; run again, it completes."""
    corpus = written(tmp_path / "many", 500)  # seconds of encoding follow the first batch, on a fast machine too
    settings = environment(tmp_path / "home", EMBEDDING_MODEL="", CHROMA_URL=server.url)
    command = [SCRIPT, "ingest", "runbooks", corpus, "--json"]
    job = subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 200
    while job.poll() is None and time.monotonic() < until and not written_to(server):
        time.sleep(0.05)
    job.terminate()
    out, err = job.communicate(timeout=100)
    stopped = re.search(r"stopped after (512|1,024) of 1,500 texts", err)  # a busy machine looks late
    assert (job.returncode, out, stopped is not None, "Traceback" in err) == (1, "", True, False), err
    again = subprocess.run(command, env=settings, capture_output=True, text=True, check=True, timeout=200)
    assert json.loads(again.stdout)["chunks_embedded"] in (1500 - 512, 1500 - 1024)


def written_to(server):
    """Whether anything is in the collection yet."""
    with opened(FakeEmbedder(name="all-MiniLM-L6-v2", dimension=384), url=server.url) as (index, _):
        collection = index.find("runbooks")
        return collection is not None and collection.count() > 0


def test_a_swap_that_was_cut_short_is_completed(tmp_path, corpus):
    """Killed between the two renames of a rebuild, the new collection is found under its name."""
    with opened(folder=tmp_path / "embedded") as (index, embedder):
        ingested(corpus, index, embedder)
        expected = contents(index)
        client = index._client
        with suppress(KeyboardInterrupt), index.rebuilding("runbooks") as beside:
            beside.add([row.record for row in index.find("runbooks").read()], vectors_of(index))
            beside.note("complete", True)
            client.find("runbooks").rename("runbooks-old")
            raise KeyboardInterrupt
        assert client.find("runbooks") is None
    with opened(folder=tmp_path / "embedded") as (index, _):
        assert contents(index) == expected


def vectors_of(index):
    rows = list(index.find("runbooks").read())
    found = index.find("runbooks").vectors([row.id for row in rows])
    return np.stack([found[row.id] for row in rows])


def test_a_disk_that_is_full(tmp_path, corpus, undisturbed):
    """A job that fills the disk fails in one sentence; with room again, the next run completes it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2500k", "none", disk], capture_output=True, text=True, check=False
    ) if shutil.which("mount") else None  # fmt: skip
    if mounted is None or mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip() if mounted else 'no mount command'}")
    try:
        with (
            opened(folder=disk / "chroma") as (index, embedder),
            pytest.raises(KnowledgeDown, match="disk/chroma is full"),
        ):
            ingested(corpus, index, embedder)
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        with opened(folder=disk / "chroma") as (index, embedder):
            ingested(corpus, index, embedder)
            assert contents(index) == undisturbed
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
