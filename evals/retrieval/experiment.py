"""The experiment: a corpus into a throw-away index, and each query searched by words, by vectors and by both."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evals.retrieval.queries import Query
from ingestion.report import OnProgress, Report
from ingestion.runbooks import ingest_runbooks
from ingestion.watch import Watch
from retrieval.knowledge.embedding import SentenceEmbedder
from retrieval.knowledge.index import open_index
from retrieval.knowledge.reranking import Reranker
from retrieval.knowledge.search import KnowledgeSearch, Mode, SubQuery

MODES: tuple[Mode, ...] = ("lexical", "dense", "hybrid")
DEPTH = 100  # documents kept of each ranking


@dataclass(frozen=True, slots=True)
class Found:
    """What one query found: the ids of the documents by mode, best first.

    `relevance` is that of the fused search's best document, `latency_ms` how long the fused search took.
    """

    query: Query
    ranking: dict[Mode, tuple[str, ...]]
    relevance: float
    latency_ms: float

    def first_answer(self, mode: Mode) -> int | None:
        """The place of the first document that answers the query, from 1; None where none was found."""
        places = (place for place, doc_id in enumerate(self.ranking[mode], start=1) if doc_id in self.query.answers)
        return next(places, None)


@contextmanager
def throw_away_index(
    corpus: Path, embedder: SentenceEmbedder, reranker: Reranker | None, progress: OnProgress
) -> Iterator[tuple[KnowledgeSearch, Report]]:
    """A search over the documents of a folder, ingested as they always are; gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="logagent-eval-") as folder,
        open_index(embedder.model, folder=Path(folder)) as index,
    ):
        report = ingest_runbooks([corpus], index, embedder=embedder, watch=Watch(progress))
        yield KnowledgeSearch(index, embedder, reranker), report


def search_all(search: KnowledgeSearch, queries: Sequence[Query]) -> Iterator[Found]:
    """Each query searched in every mode."""
    search.search([SubQuery("warm")])  # what only the first search pays is no query's latency
    for query in queries:
        ranking: dict[Mode, tuple[str, ...]] = {}
        relevance = elapsed = 0.0
        for mode in MODES:
            began = time.perf_counter()
            hits = search.search([SubQuery(query.query)], DEPTH, mode=mode)
            elapsed = (time.perf_counter() - began) * 1000
            relevance = hits[0].relevance if hits else 0.0
            ranking[mode] = tuple(hit.doc_id for hit in hits)
        yield Found(query, ranking, relevance, round(elapsed, 1))  # the last mode is the fused one
