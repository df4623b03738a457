"""The knowledge index: three collections in a Chroma, each of which knows what it was embedded with.

Opened on a folder (one process at a time, by a lock) or on a server. A collection that was built with another
embedding model or schema is refused, not searched: `rebuilding` makes it anew beside the old one and swaps. A swap
that was cut short is completed by whoever looks for the collection next.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, get_args

from retrieval.errors import BadInput, IndexMismatch, KnowledgeDown
from retrieval.knowledge.documents import Attribute
from retrieval.knowledge.embedding import EmbeddingModel, Vectors
from retrieval.knowledge.lock import FolderLock
from retrieval.knowledge.records import Record, StoredRecord

if TYPE_CHECKING:
    from retrieval.knowledge.chroma import ChromaClient, ChromaCollection

CollectionName = Literal["runbooks", "incidents", "history"]
COLLECTIONS: tuple[CollectionName, ...] = get_args(CollectionName)
SCHEMA_VERSION = 1  # of the records; raise it when old ones can no longer be read
_LINK = "link:"  # of a source, in the collection's description
_COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What the index knows of a document that is there as a whole."""

    content_hash: str
    sections: int
    declared_id: str  # of its front matter, "" where it has none


@dataclass(frozen=True, slots=True)
class Survey:
    """What is in a collection: its whole documents, and those of which a stopped run left only a part.

    Both by (source, doc_id).
    """

    documents: Mapping[tuple[str, str], StoredDocument]
    torn: frozenset[tuple[str, str]]


class KnowledgeCollection:
    """One collection; every write gives it a new revision, by which readers see that it changed."""

    def __init__(self, name: str, rows: "ChromaCollection") -> None:
        self.name = name
        self._rows = rows
        self._description = dict(rows.metadata)

    @property
    def revision(self) -> str:
        """A name for the contents, as they were when the collection was found or last written here."""
        return str(self._description.get("revision", ""))

    @property
    def description(self) -> Mapping[str, Attribute]:
        """What the collection says of itself: model, dimension, schema, revision, and notes."""
        return {key: value for key, value in self._description.items() if key != _COMPLETE}

    @property
    def links(self) -> dict[str, str]:
        """By source, the template of its documents' addresses (see `retrieval.knowledge.links`)."""
        return {k.removeprefix(_LINK): str(v) for k, v in self._description.items() if k.startswith(_LINK) and v}

    def link(self, source: str, template: str | None) -> None:
        """Remember where the documents of a source can be read; None where nowhere. Writes only what is new."""
        if self.links.get(source, "") != (template or ""):
            self.note(f"{_LINK}{source}", template or "")

    def note(self, key: str, value: Attribute) -> None:
        """Add to the collection's description."""
        self._description[key] = value
        self._touch()

    def describe(self, description: Mapping[str, Attribute]) -> None:
        """Take over the description of a collection that this one is a copy of."""
        self._description = dict(description)
        self._touch()

    def count(self) -> int:
        """How many records there are, sections and documents together."""
        return self._rows.count()

    def add(self, records: Sequence[Record], vectors: Vectors) -> None:
        """Write records with their vectors, in this order; those that are there already stay as they are."""
        self._rows.add(records, vectors)
        self._touch(dimension=int(vectors.shape[1]))

    def remove(self, ids: Sequence[str]) -> None:
        """Delete records by id."""
        if ids:
            self._rows.delete(ids)
            self._touch()

    def read(self) -> Iterator[StoredRecord]:
        """All records, without their vectors."""
        return self._rows.read()

    def rows_of(self, source: str, doc_id: str) -> list[StoredRecord]:
        """All records of one document, its own first: removed in this order, no stop leaves it whole."""
        rows = self._rows.read({"source": source, "path": doc_id})
        return sorted(rows, key=lambda row: row.kind != "document")

    def ids_of(self, source: str, doc_id: str) -> list[str]:
        """The ids of these."""
        return [row.id for row in self.rows_of(source, doc_id)]

    def nearest(self, queries: Vectors, k: int) -> list[list[str]]:
        """The ids of the k nearest records of each query, nearest first (approximate)."""
        return self._rows.nearest(queries, k)

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these records; those that are gone are missing."""
        return self._rows.vectors(ids)

    def survey(self) -> Survey:
        """What is there, read from the documents' own records; from all records only after a run was stopped."""
        documents = {row.key: _stored(row) for row in self._rows.read({"kind": "document"})}
        expected = sum(document.sections + 1 for document in documents.values())
        if self.count() == expected:
            return Survey(documents, torn=frozenset())
        found: dict[tuple[str, str], int] = {}
        for row in self._rows.read():
            found[row.key] = found.get(row.key, 0) + 1
        torn = {key for key, rows in found.items() if key not in documents or rows != documents[key].sections + 1}
        whole = {key: document for key, document in documents.items() if key not in torn}
        return Survey(whole, frozenset(torn))

    @property
    def readable(self) -> bool:
        """Whether this version of the program reads the records, whatever model embedded them."""
        return self._description.get("schema_version") == SCHEMA_VERSION

    def mismatch(self, model: EmbeddingModel, place: str) -> str | None:
        """Why its vectors and this model's do not go together, and the command that mends it; None where they do."""
        built_with = self._description.get("embedding_model"), int(self._description.get("embedding_dimension") or 0)
        mend = f"run `logagent ingest {self.name} --rebuild`"
        if not self.readable:
            return (
                f"The {self.name} in {place} were written by another version of this program: {mend} with the paths "
                "they came from."
            )
        if built_with[0] != model.name or (model.dimension and built_with[1] not in (0, model.dimension)):
            return (
                f"The {self.name} in {place} were embedded with {built_with[0]} ({built_with[1]} dimensions), and this "
                f"program uses {model}: {mend}, which embeds them anew, or set EMBEDDING_MODEL back."
            )
        return None

    def _touch(self, dimension: int | None = None) -> None:
        self._description["revision"] = uuid.uuid4().hex
        if dimension:
            self._description["embedding_dimension"] = dimension
        self._rows.describe(self._description)


class KnowledgeIndex:
    """The collections of one Chroma, and the lock on its folder where it is embedded; close it when done."""

    def __init__(self, client: "ChromaClient", place: str, model: EmbeddingModel, lock: FolderLock | None) -> None:
        self._client = client
        self._lock = lock
        self.place = place
        self.model = model

    def find(self, name: str) -> KnowledgeCollection | None:
        """The collection of that name as it is now, None where nothing was ever ingested; raises IndexMismatch."""
        collection = self.find_any(name)
        mismatch = collection.mismatch(self.model, self.place) if collection else None
        if collection is None or mismatch is None:
            return collection
        if collection.count():
            raise IndexMismatch(mismatch)
        return None  # made by a run that ended before it wrote anything: nothing speaks for its model

    def find_any(self, name: str) -> KnowledgeCollection | None:
        """The same, whatever model it was embedded with."""
        rows = self._client.find(_known(name)) or self._complete_swap(name)
        return KnowledgeCollection(name, rows) if rows else None

    def collection(self, name: str) -> KnowledgeCollection:
        """The collection of that name, made where there is none; raises IndexMismatch."""
        found = self.find(name)
        if found is None:
            self._client.drop(name)  # it may be there, empty and named for another model
        return found or self._create(name)

    @contextmanager
    def rebuilding(self, name: str) -> Iterator[KnowledgeCollection]:
        """A new, empty collection that takes the place of the old one at the end, if nothing was raised until then.

        Readers keep the old one while the new one is filled. Cut short at any moment, either the old one still has
        the name, or the new one is complete and takes it when it is looked for.
        """
        beside, old = f"{_known(name)}-next", f"{name}-old"
        self._client.drop(beside)
        made = self._create(name, stored_as=beside)
        yield made
        made.note(_COMPLETE, True)
        self._client.drop(old)
        if before := self._client.find(name):
            before.rename(old)
        self._complete_swap(name)
        self._client.drop(old)

    def close(self) -> None:
        """Release the folder or the connections; the index cannot be used after it."""
        try:
            self._client.close()
        finally:
            if self._lock:
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _create(self, name: str, *, stored_as: str | None = None) -> KnowledgeCollection:
        description: dict[str, Attribute] = {
            "embedding_model": self.model.name,
            "embedding_dimension": self.model.dimension or 0,  # 0 until the first vectors show it
            "schema_version": SCHEMA_VERSION,
            "revision": uuid.uuid4().hex,
        }
        return KnowledgeCollection(name, self._client.create(stored_as or name, description))

    def _complete_swap(self, name: str) -> "ChromaCollection | None":
        """Give a complete new collection the name that its predecessor left."""
        made = self._client.find(f"{name}-next")
        if made is None or not made.metadata.get(_COMPLETE):
            return None
        made.rename(name)
        return made


def open_index(model: EmbeddingModel, *, folder: Path | None = None, url: str | None = None) -> KnowledgeIndex:
    """The index of a Chroma server (`url`) or of a folder; imports chromadb and LlamaIndex, which takes seconds.

    Raises KnowledgeDown where it cannot be reached or written, IndexLocked where another process has the folder.
    """
    from retrieval.knowledge.chroma import ChromaClient  # noqa: PLC0415 – four seconds that a start cannot wait for

    if url:
        return KnowledgeIndex(ChromaClient.at_url(url), url, model, lock=None)
    if folder is None:
        raise KnowledgeDown("No knowledge index is configured: give it a folder or a CHROMA_URL.")
    lock = FolderLock(folder)
    lock.acquire()
    try:
        return KnowledgeIndex(ChromaClient.in_folder(folder), str(folder), model, lock)
    except KnowledgeDown:
        lock.release()
        raise


def _known(name: str) -> str:
    if name not in COLLECTIONS:
        raise BadInput(f"There is no collection {name!r}; there are {', '.join(COLLECTIONS)}.")
    return name


def _stored(row: StoredRecord) -> StoredDocument:
    return StoredDocument(
        content_hash=str(row.metadata.get("content_hash", "")),
        sections=int(row.metadata.get("sections", 0)),
        declared_id=str(row.metadata.get("id", "")),
    )
