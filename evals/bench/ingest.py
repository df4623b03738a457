"""Speed of ingestion: the first time against the encoder alone on the same texts, and again with nothing changed."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ingestion.corpus import runbook_folder
from ingestion.runbooks import ingest_runbooks
from retrieval.knowledge.embedding import Embedder, EmbeddingModel, SentenceEmbedder, Vectors, find_model
from retrieval.knowledge.index import open_index

RUNS = 3
AGAIN = 5


class _Listening:
    """An embedder that remembers what it was asked to embed."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.texts: list[str] = []

    @property
    def model(self) -> EmbeddingModel:
        return self._embedder.model

    @property
    def ready(self) -> bool:
        return self._embedder.ready

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.embed_queries(texts)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        self.texts.extend(texts)
        return self._embedder.embed_texts(texts)


def ingest() -> dict[str, Any]:
    """The fastest of runs in which both alternate, on the bundled runbooks and an embedded Chroma.

    `share_of_encoder` is the encoder's seconds divided by the job's: 1 would be a job that does nothing else.
    `times_faster_again` compares the first run with those that find nothing changed. Another program can only slow a
    run down, so the fastest of each are compared; the ranges are those of the single pairs. `share_of_encoder_cpu` is
    the same share of seconds of the processor, which another program hardly changes.
    """
    embedder = SentenceEmbedder(find_model())
    embedder.load()
    embedder.embed_texts(["warm"])
    shares, faster, firsts, again_seconds, alones, cpu = [], [], [], [], [], []
    embedded_again = texts = 0
    for _ in range(RUNS):
        with TemporaryDirectory() as folder:
            first, first_cpu, again, heard, embedded = _job(embedder, Path(folder))
        alone, alone_cpu = _seconds_alone(embedder, heard)
        cpu.append(alone_cpu / first_cpu)
        alones.append(alone)
        shares.append(alone / first)
        faster.append(first / again)
        firsts.append(first)
        again_seconds.append(again)
        embedded_again += embedded
        texts = len(heard)
    return {
        "share_of_encoder": min(alones) / min(firsts),
        "share_of_encoder_range": [min(shares), max(shares)],
        "share_of_encoder_cpu": statistics.median(cpu),
        "share_of_encoder_cpu_range": [min(cpu), max(cpu)],
        "times_faster_again": min(firsts) / min(again_seconds),
        "times_faster_again_range": [min(faster), max(faster)],
        "embedded_again": embedded_again,
        "texts": texts,
        "texts_per_second": texts / min(firsts),
        "first_seconds": min(firsts),
        "again_seconds": min(again_seconds),
        "model": str(embedder.model),
        "runs": RUNS,
    }


def _job(embedder: Embedder, folder: Path) -> tuple[float, float, float, list[str], int]:
    """Seconds of the first run (wall, processor) and of one with nothing to do; the texts embedded, how many later."""
    with open_index(embedder.model, folder=folder) as index:
        listening = _Listening(embedder)
        began, began_cpu = time.perf_counter(), time.process_time()
        ingest_runbooks([runbook_folder()], index, embedder=listening)
        first, first_cpu = time.perf_counter() - began, time.process_time() - began_cpu
        heard = list(listening.texts)
        again = []
        for _ in range(AGAIN):
            began = time.perf_counter()
            ingest_runbooks([runbook_folder()], index, embedder=listening)
            again.append(time.perf_counter() - began)
    return first, first_cpu, statistics.median(again), heard, len(listening.texts) - len(heard)


def _seconds_alone(embedder: Embedder, texts: Sequence[str]) -> tuple[float, float]:
    """Seconds of the encoder on the same texts: wall, processor."""
    began, began_cpu = time.perf_counter(), time.process_time()
    embedder.embed_texts(texts)
    return time.perf_counter() - began, time.process_time() - began_cpu
