"""The collections a search reads, kept current: each is read once per revision, the old one serves meanwhile."""

import threading
import time
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from retrieval.knowledge.catalog import Catalog
from retrieval.knowledge.embedding import Vectors
from retrieval.knowledge.index import KnowledgeCollection, KnowledgeIndex
from retrieval.knowledge.past_patterns import pattern_history
from retrieval.patterns.novelty import PatternHistory

LOOK_AGAIN_SECONDS = 2.0  # asking for the revision costs some milliseconds, and a new runbook may wait this long
CACHED_VECTORS = 150_000  # up to 200 MB at 384 dimensions; fetching the thousand of one search costs 30 ms and more
FETCHED_AT_ONCE = 1_000


class Reader:
    """One revision of a collection: its catalog, and the vectors of it that were needed before."""

    def __init__(self, collection: KnowledgeCollection, cache: "VectorCache | None" = None) -> None:
        """`cache`: that of the revision before, most of whose vectors are still those of this one."""
        self._collection = collection
        self.cache = cache or VectorCache()
        self.catalog = Catalog(collection.revision, collection.read(), collection.links)

    @cached_property
    def history(self) -> PatternHistory:
        """The pattern history that the collection is, where it is one; read at the first question for it."""
        return pattern_history(self.catalog, self._collection.description)

    def nearest(self, queries: Vectors, k: int) -> list[list[str]]:
        """The ids of the k nearest records of each query."""
        return self._collection.nearest(queries, k)

    def fetch(self) -> None:
        """Fetch what the cache has room for, so that the first searches are as quick as later ones."""
        ids = [section.id for section in self.catalog.sections]
        ids += [document.record_id for document in self.catalog.documents if document.record_id]
        for start in range(0, min(len(ids), CACHED_VECTORS), FETCHED_AT_ONCE):
            self.vectors(ids[start : start + FETCHED_AT_ONCE])

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """The vectors of these records, one a row; zeros for one that is gone since the catalog was read."""
        cache = self.cache
        if cache.full:  # a new one, so that who still reads the old one finds all of it there
            self.cache = cache = VectorCache()
        missing = cache.missing(ids)
        return cache.gather(ids, self._collection.vectors(missing) if missing else {})


class VectorCache:
    """Vectors by id, in one matrix that doubles; an id depends on the content, so nothing here goes stale.

    Kept in half precision: a similarity changes in its fourth digit, and twice as many fit.
    """

    def __init__(self) -> None:
        """Empty; thread-safe."""
        self._lock = threading.Lock()
        self._rows: dict[str, int] = {}
        self._matrix: npt.NDArray[np.float16] = np.zeros((0, 0), dtype=np.float16)

    @property
    def full(self) -> bool:
        """Whether it holds more than it should: take a new one."""
        return len(self._rows) > CACHED_VECTORS

    def missing(self, ids: Sequence[str]) -> list[str]:
        """Those of the ids that it does not hold."""
        with self._lock:
            return [each for each in ids if each not in self._rows]

    def gather(self, ids: Sequence[str], found: Mapping[str, Vectors]) -> Vectors:
        """Keep what was found, and give the vectors of all of these ids in their order."""
        with self._lock:
            new = [each for each in found if each not in self._rows]
            self._reserve(len(self._rows) + len(new) + 1, next((len(each) for each in found.values()), 1))
            for each in new:
                self._rows[each] = row = len(self._rows) + 1  # row 0 stays zero, for records that are gone
                self._matrix[row] = found[each]
            return self._matrix[[self._rows.get(each, 0) for each in ids]].astype(np.float32)

    def _reserve(self, rows: int, width: int) -> None:
        if rows > len(self._matrix):
            matrix = np.zeros((max(rows, 2 * len(self._matrix)), max(width, self._matrix.shape[1])), dtype=np.float16)
            matrix[: len(self._matrix), : self._matrix.shape[1]] = self._matrix
            self._matrix = matrix


class Shelf:
    """The readers of an index, by collection; thread-safe."""

    def __init__(self, index: KnowledgeIndex) -> None:
        self._index = index
        self._readers: dict[str, Reader] = {}
        self._looked: dict[str, float] = {}
        self._reading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def reader(self, name: str) -> Reader | None:
        """The collection as it was at most two seconds ago, or a moment longer while a newer one is being read.

        None where nothing was ever ingested. The first call reads the collection; a later one that sees a new
        revision has it read beside, and answers from the old one.
        """
        current = self._readers.get(name)
        if current is None:
            return self.refresh(name)
        if time.monotonic() - self._looked.get(name, 0.0) > LOOK_AGAIN_SECONDS:
            self._looked[name] = time.monotonic()
            collection = self._index.find(name)
            if collection is None or collection.revision != current.catalog.revision:
                threading.Thread(target=self.refresh, args=(name,), name=f"read-{name}", daemon=True).start()
        return current

    def refresh(self, name: str) -> Reader | None:
        """Read the collection if it has a new revision, and give it; one thread at a time reads."""
        with self._lock:
            reading = self._reading.setdefault(name, threading.Lock())
        with reading:
            collection = self._index.find(name)
            self._looked[name] = time.monotonic()
            current = self._readers.get(name)
            if collection is None:
                self._readers.pop(name, None)
                return None
            if current is None or current.catalog.revision != collection.revision:
                self._readers[name] = current = Reader(collection, current.cache if current else None)
            return current
