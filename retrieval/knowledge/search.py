"""Search in the knowledge: several weighted queries in, documents with their best section out.

Works on words alone while the embedding model still loads. Synchronous and thread-safe: call `asearch`, or
`asyncio.to_thread`, on an event loop.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.errors import BadInput
from retrieval.knowledge.catalog import Catalog, CatalogSection, Filters
from retrieval.knowledge.documents import Attribute
from retrieval.knowledge.embedding import Embedder
from retrieval.knowledge.index import KnowledgeIndex
from retrieval.knowledge.ranking import Ranking, rank
from retrieval.knowledge.reranking import CANDIDATES, Reranker, reranked
from retrieval.knowledge.shelf import Shelf
from retrieval.patterns.novelty import PatternHistory

Mode = Literal["hybrid", "lexical", "dense"]
Readiness = Literal["lexical", "hybrid"]
LONGEST_QUERY = 2_000  # characters; the model reads 256 word pieces of them


@dataclass(frozen=True, slots=True)
class SubQuery:
    """One of the texts to search for: the question, a pattern of the window, an error field; and how much it counts."""

    text: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise ValueError(f"a weight is 0 or more, not {self.weight}")


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found, with the section of it to cite.

    `score` ranks (0 to 1, only comparable within one search; where a reranker had the last word, the order is its);
    `relevance` is calibrated (0 to 1, comparable between searches): below `retrieval.knowledge.relevance.THRESHOLD`
    nothing relevant was found. The ranks are the document's places by each side alone, from 1, None where that side
    did not find it.
    """

    doc_id: str
    source: str
    title: str
    section: str
    header_path: tuple[str, ...]
    text: str
    score: float
    relevance: float
    lexical_rank: int | None
    dense_rank: int | None
    labels: Mapping[str, frozenset[str]]
    metadata: Mapping[str, Attribute]


class KnowledgeSearch:
    """Search over the collections of one index."""

    def __init__(self, index: KnowledgeIndex, embedder: Embedder, reranker: Reranker | None = None) -> None:
        """`reranker` reads the best documents of a hybrid search again, once it is ready."""
        self._embedder = embedder
        self._reranker = reranker
        self._shelf = Shelf(index)

    @property
    def ready(self) -> Readiness:
        """What a search would use now: words alone, or words and vectors."""
        return "hybrid" if self._embedder.ready else "lexical"

    def search(
        self,
        queries: Sequence[SubQuery],
        k: int = 10,
        collection: str = "runbooks",
        filters: Filters | None = None,
        mode: Mode = "hybrid",
    ) -> list[Hit]:
        """The k best documents, best first; fewer where fewer were found at all.

        Filters keep documents that have, for each label, one of its values. Hybrid falls back to lexical until the
        embedding model is there; dense waits for it. Raises KnowledgeDown where the index does not answer.
        """
        if k < 1:
            raise BadInput(f"A search gives at least one result, not {k}.")
        asked = [(query.text[:LONGEST_QUERY], query.weight) for query in queries if query.text.strip() and query.weight]
        reader = self._shelf.reader(collection)
        if not asked or reader is None or not reader.catalog.documents:
            return []
        dense = mode == "dense" or (mode == "hybrid" and self._embedder.ready)
        vectors = self._embedder.embed_queries([text for text, _ in asked]) if dense else None
        ranking = rank(reader, asked, vectors, lexical=mode != "dense", filters=filters, model=self._embedder.model)
        again = mode == "hybrid" and self._reranker is not None and self._reranker.ready
        best = ranking.best(max(k, CANDIDATES) if again else k)
        hits = [_hit(reader.catalog, ranking, place) for place in best]
        if again and self._reranker is not None:
            texts = [f"{hit.title}\n{' / '.join(hit.header_path)}\n{hit.text}" for hit in hits[:CANDIDATES]]
            hits = [hits[place] for place in reranked(self._reranker, asked, texts, range(len(hits)))]
        return hits[:k]

    async def asearch(
        self,
        queries: Sequence[SubQuery],
        k: int = 10,
        collection: str = "runbooks",
        filters: Filters | None = None,
        mode: Mode = "hybrid",
    ) -> list[Hit]:
        """`search` on a thread of its own, for callers on an event loop."""
        return await asyncio.to_thread(self.search, queries, k, collection, filters, mode)

    def sections(self, hit: Hit, collection: str = "runbooks") -> list[CatalogSection]:
        """All sections of a document that was found, in its order: the way from a symptom to its fix."""
        reader = self._shelf.reader(collection)
        document = reader.catalog.find(hit.source, hit.doc_id) if reader else None
        if reader is None or document is None:
            return []
        return reader.catalog.sections[document.first : document.first + document.count]

    def holds(self, collection: str = "runbooks") -> bool:
        """Whether a collection has any document."""
        reader = self._shelf.reader(collection)
        return reader is not None and bool(reader.catalog.documents)

    def history(self) -> PatternHistory | None:
        """The pattern history as it stands; None where nothing of it was ever ingested."""
        reader = self._shelf.reader("history")
        return reader.history if reader else None

    def refresh(self, collection: str = "runbooks") -> None:
        """Read a collection now if it changed, so that the next search sees it; also warms it before the first."""
        self._shelf.refresh(collection)

    def fetch_vectors(self, collection: str = "runbooks") -> None:
        """Fetch a collection's vectors ahead of the searches that need them (seconds for 100,000 sections)."""
        reader = self._shelf.reader(collection)
        if reader is not None:
            reader.fetch()


def _hit(catalog: Catalog, ranking: Ranking, place: int) -> Hit:
    document = catalog.documents[ranking.documents[place]]
    section = catalog.sections[ranking.sections[place]]
    return Hit(
        doc_id=document.doc_id,
        source=document.source,
        title=document.title,
        section=section.header_path[-1] if section.header_path else document.title,
        header_path=section.header_path,
        text=section.text,
        score=float(ranking.scores[place]),
        relevance=float(ranking.relevances[place]),
        lexical_rank=ranking.lexical_ranks[place],
        dense_rank=ranking.dense_ranks[place],
        labels=document.labels,
        metadata=document.attributes,
    )
