"""Candidates from both sides, scored exactly by both, fused: the ranking of one search.

Chroma names the records near a query and BM25 those that share its words; every document named by either gets its
exact score from both, so that none is punished for being missing from a list.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.knowledge.catalog import Filters
from retrieval.knowledge.embedding import EmbeddingModel, Vectors
from retrieval.knowledge.fusion import Ballot, Scores, best_of_each, convex, document_scores, merge, ranks, relative
from retrieval.knowledge.lexical import LexicalScores
from retrieval.knowledge.relevance import DENSE, HYBRID, LEXICAL
from retrieval.knowledge.shelf import Reader

NEAREST = 100  # records a query; more cost time and brought no document into the first ten
LEXICAL_BEST = 30  # documents a query
_BEYOND = 2.0  # more than the scores of two sections ever differ
FEW = 200  # with filters: this many documents and fewer are all candidates

Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates of one search: parallel lists of documents, best sections (positions in the catalog), scores."""

    documents: Sequence[int]
    sections: Sequence[int]
    scores: Scores
    relevances: Scores
    lexical_ranks: Sequence[int | None]
    dense_ranks: Sequence[int | None]

    def best(self, k: int) -> list[int]:
        """The places of the k best candidates that anything was found for, best first, ties in the corpus' order."""
        order = np.argsort(-self.scores, kind="stable")
        return [int(place) for place in order[:k] if self.scores[place] > 0]


@dataclass(frozen=True, slots=True)
class _Pool:
    """The candidates: their positions in the catalog, and those of all their sections, run after run."""

    documents: Positions
    sections: Positions
    starts: Positions  # where each document's run begins within `sections`


@dataclass(frozen=True, slots=True)
class _Similarity:
    """Cosine similarity of one query with each section of the pool, and with each document's title and whole."""

    sections: Scores
    titles: Scores
    wholes: Scores


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one query says of every candidate and of every section of one."""

    fused: Scores
    sections: Scores
    dense: Scores
    lexical: Scores
    relevance: Scores


def rank(
    reader: Reader,
    asked: Sequence[tuple[str, float]],
    vectors: Vectors | None,
    *,
    lexical: bool,
    filters: Filters | None,
    model: EmbeddingModel,
) -> Ranking:
    """Rank the documents of a collection for some weighted queries; `vectors` are theirs, None for words alone."""
    catalog = reader.catalog
    words = [catalog.lexical.scores(text) for text, _ in asked] if lexical else []
    pool = _pool(reader, _candidates(reader, words, vectors, catalog.allowed(filters)))
    if not pool.documents.size:
        return Ranking([], [], np.zeros(0, np.float32), np.zeros(0, np.float32), [], [])
    similarities = _similarities(reader, pool, vectors) if vectors is not None else ()
    verdicts = [
        _verdict(
            pool,
            words[place] if lexical else None,
            similarities[place] if similarities else None,
            model.family.unrelated,
        )
        for place in range(len(asked))
    ]
    weights = [weight * float(verdict.relevance.max()) for (_, weight), verdict in zip(asked, verdicts, strict=True)]

    def merged(scores: Sequence[Scores]) -> Scores:
        return merge([Ballot(each, weight) for each, weight in zip(scores, weights, strict=True)])

    return Ranking(
        documents=[int(position) for position in pool.documents],
        sections=_best_sections(pool, merged([verdict.sections for verdict in verdicts]), catalog.citable),
        scores=merged([verdict.fused for verdict in verdicts]),
        relevances=np.max([verdict.relevance for verdict in verdicts], axis=0),
        lexical_ranks=ranks(merged([verdict.lexical for verdict in verdicts])),
        dense_ranks=ranks(merged([verdict.dense for verdict in verdicts])),
    )


def _candidates(
    reader: Reader, words: Sequence[LexicalScores], vectors: Vectors | None, allowed: npt.NDArray[np.bool_]
) -> Positions:
    catalog = reader.catalog
    if not allowed.all() and np.count_nonzero(allowed) <= FEW:
        return np.flatnonzero(allowed)
    named = np.zeros(len(catalog.documents), dtype=np.bool_)
    for scores in words:
        best = relative(best_of_each(scores.sections, catalog.starts)) + relative(scores.documents)
        order = np.argsort(-np.where(allowed, best, 0.0), kind="stable")[:LEXICAL_BEST]
        named[order[best[order] > 0]] = True
    if vectors is not None:
        for ids in reader.nearest(vectors, NEAREST):
            named[[catalog.document_of[each] for each in ids if each in catalog.document_of]] = True
    return np.flatnonzero(named & allowed)


def _pool(reader: Reader, documents: Positions) -> _Pool:
    runs = [reader.catalog.documents[position] for position in documents]
    lengths = np.array([0, *(run.count for run in runs)], dtype=np.intp)
    sections = [np.arange(run.first, run.first + run.count) for run in runs]
    return _Pool(
        documents=documents,
        sections=np.concatenate(sections) if sections else np.zeros(0, dtype=np.intp),
        starts=np.cumsum(lengths)[:-1],
    )


def _similarities(reader: Reader, pool: _Pool, queries: Vectors) -> list[_Similarity]:
    """How near every query is to the pool. A whole document's vector is the mean of those of its sections."""
    catalog = reader.catalog
    ids = [catalog.sections[position].id for position in pool.sections]
    own = [catalog.documents[position].record_id or ids[start] for position, start in zip(*_runs(pool), strict=True)]
    vectors = reader.vectors([*ids, *own])
    sections, titles = vectors[: len(ids)], vectors[len(ids) :]
    sums = np.add.reduceat(sections, pool.starts)
    wholes = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return [_Similarity(_dot(sections, query), _dot(titles, query), _dot(wholes, query)) for query in queries]


def _dot(vectors: Vectors, query: Vectors) -> Scores:
    """`vectors @ query` on one thread: for a thousand rows BLAS waits for its other threads longer than this takes."""
    return np.asarray(np.einsum("rd,d->r", vectors, query), dtype=np.float32)


def _runs(pool: _Pool) -> tuple[list[int], list[int]]:
    return pool.documents.tolist(), pool.starts.tolist()


def _verdict(pool: _Pool, words: LexicalScores | None, similar: _Similarity | None, unrelated: float) -> _Verdict:
    nothing = np.zeros(len(pool.documents), dtype=np.float32)
    lexical = dense = section_words = section_meaning = None
    coverage = meaning = nothing
    if words is not None:
        section_words = words.sections[pool.sections]
        best = best_of_each(section_words, pool.starts)
        coverage = best / words.ideal if words.ideal > 0 else nothing
        titles, wholes = (relative(each[pool.documents]) for each in (words.titles, words.documents))
        lexical = relative(document_scores(relative(best), titles, wholes))
        section_words = relative(section_words)
    if similar is not None:
        section_meaning = relative(similar.sections, unrelated)
        best = document_scores(best_of_each(similar.sections, pool.starts), similar.titles, similar.wholes)
        meaning = np.maximum(best - unrelated, 0.0) / (1 - unrelated)
        dense = relative(best, unrelated)
    calibration = LEXICAL if similar is None else HYBRID if words is not None else DENSE
    return _Verdict(
        fused=convex(dense, lexical),
        sections=convex(section_meaning, section_words),
        dense=nothing if dense is None else dense,
        lexical=nothing if lexical is None else lexical,
        relevance=np.array(
            [calibration.relevance(float(a), float(b)) for a, b in zip(meaning, coverage, strict=True)], np.float32
        ),
    )


def _best_sections(pool: _Pool, scores: Scores, citable: npt.NDArray[np.bool_]) -> list[int]:
    """The best section to cite of each document; any, where a document has none that is made to be cited."""
    scores = np.where(citable[pool.sections], scores, scores - _BEYOND)
    ends = [*pool.starts[1:], len(pool.sections)]
    return [
        int(pool.sections[start + int(np.argmax(scores[start:end]))])
        for start, end in zip(pool.starts, ends, strict=True)
    ]
