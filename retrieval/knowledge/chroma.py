"""Chroma behind LlamaIndex's vector store: the only module that imports chromadb.

Importing it costs seconds, so `index.py` imports it when an index is opened, and LlamaIndex, which costs more, is
imported by the first write: a search, or a job with nothing to do, needs none. Writes go through
ChromaVectorStore, so that any LlamaIndex index can be put on the same collection; reads that it has no call for (many
queries at once, vectors by id) go to the collection beneath it.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.config import Settings
from chromadb.errors import NotFoundError

from retrieval.errors import KnowledgeDown, LogAgentError
from retrieval.knowledge.documents import OF_LLAMA_INDEX, Attribute
from retrieval.knowledge.embedding import Vectors
from retrieval.knowledge.records import Record, StoredRecord

BATCH = 1_000  # Chroma takes 5,461 at most and recommends far less
PAGE = 5_000
FULL_BYTES = 16 << 20  # Chroma undoes what did not fit, so a full disk has a little room again
HEARTBEAT_SECONDS = 3.0
REQUEST_SECONDS = 30.0
# Twice Chroma's own effort: among 4,000 sections it misses 0.3 % of the nearest hundred instead of 3 %, for 0.1 ms.
_CONFIGURATION = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200}}


class ChromaClient:
    """A Chroma, embedded in a folder or behind a URL; every failure of it is a KnowledgeDown that names the place."""

    def __init__(self, client: Any, place: str) -> None:  # noqa: ANN401 – chromadb's classes are untyped here
        self._client = client
        self._place = place

    @classmethod
    def in_folder(cls, folder: Path) -> "ChromaClient":
        """The embedded Chroma of a folder; the caller holds the folder's lock."""
        with _translated(str(folder)):
            return cls(chromadb.PersistentClient(str(folder), settings=_settings()), str(folder))

    @classmethod
    def at_url(cls, url: str) -> "ChromaClient":
        """A Chroma server, asked for its heartbeat first: chromadb itself waits without a limit."""
        parts = urlsplit(url if "//" in url else f"http://{url}")
        secure = parts.scheme == "https"
        base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        with _translated(url):
            httpx.get(f"{base}/api/v2/heartbeat", timeout=HEARTBEAT_SECONDS).raise_for_status()
            client = chromadb.HttpClient(
                host=base, port=parts.port or (443 if secure else 8000), ssl=secure, settings=_settings()
            )
            client._server._session.timeout = httpx.Timeout(REQUEST_SECONDS)  # noqa: SLF001 – it offers no setting
        return cls(client, url)

    def find(self, name: str) -> "ChromaCollection | None":
        """The collection of that name, None where there is none."""
        with _translated(self._place):
            try:
                # Without an embedding function: Chroma would make its own, and download a model for it.
                return ChromaCollection(self._client.get_collection(name, embedding_function=None), self._place)
            except NotFoundError:
                return None

    def create(self, name: str, metadata: Mapping[str, Attribute]) -> "ChromaCollection":
        """A new, empty collection with cosine distance; the one that is there where another process was faster."""
        with _translated(self._place):
            collection = self._client.get_or_create_collection(
                name, embedding_function=None, configuration=_CONFIGURATION, metadata=dict(metadata)
            )
        return ChromaCollection(collection, self._place)

    def drop(self, name: str) -> None:
        """Delete a collection; does nothing where there is none."""
        with _translated(self._place):
            try:
                self._client.delete_collection(name)
            except NotFoundError:
                return

    def close(self) -> None:
        """Release the folder or the connections."""
        self._client.close()


class ChromaCollection:
    """The rows of one collection; knows nothing of what they mean."""

    def __init__(self, collection: Any, place: str) -> None:  # noqa: ANN401 – chromadb's classes are untyped here
        self._collection = collection
        self._place = place

    @property
    def metadata(self) -> Mapping[str, Attribute]:
        """What the collection says of itself, as it was when it was found."""
        return self._collection.metadata or {}

    def describe(self, metadata: Mapping[str, Attribute]) -> None:
        """Replace what the collection says of itself."""
        with _translated(self._place):
            self._collection.modify(metadata=dict(metadata))

    def rename(self, name: str) -> None:
        """Give the collection another name; who has it open keeps it."""
        with _translated(self._place):
            self._collection.modify(name=name)

    def count(self) -> int:
        """How many rows there are."""
        with _translated(self._place):
            return int(self._collection.count())

    def add(self, records: Sequence[Record], vectors: Vectors) -> None:
        """Write rows, in order and in batches; a row whose id is there already stays as it is."""
        store, node = _llama_store(self._collection)
        with _translated(self._place):
            for start in range(0, len(records), BATCH):
                batch = records[start : start + BATCH]
                store.add([node(*row) for row in zip(batch, vectors[start : start + BATCH], strict=True)])

    def delete(self, ids: Sequence[str]) -> None:
        """Delete rows by id; ids that are not there are passed over."""
        with _translated(self._place):
            for start in range(0, len(ids), BATCH):
                self._collection.delete(ids=list(ids[start : start + BATCH]))

    def read(self, where: Mapping[str, Attribute] | None = None) -> Iterator[StoredRecord]:
        """All rows, or those whose metadata have all of these values, without their vectors, page by page."""
        offset = 0
        while True:
            with _translated(self._place):
                page = self._collection.get(
                    where=_where(where), limit=PAGE, offset=offset, include=["documents", "metadatas"]
                )
            for row in zip(page["ids"], page["documents"], page["metadatas"], strict=True):
                yield StoredRecord(id=row[0], text=row[1] or "", metadata=_own(row[2] or {}))
            if len(page["ids"]) < PAGE:
                return
            offset += PAGE

    def nearest(self, queries: Vectors, k: int) -> list[list[str]]:
        """The ids of the k nearest rows of each query, nearest first (approximate)."""
        with _translated(self._place):
            answer = self._collection.query(query_embeddings=queries, n_results=k, include=["distances"])
        return [list(ids) for ids in answer["ids"]]

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these rows; rows that are gone are missing."""
        found: dict[str, Vectors] = {}
        for start in range(0, len(ids), BATCH):
            with _translated(self._place):
                page = self._collection.get(ids=list(ids[start : start + BATCH]), include=["embeddings"])
            found |= zip(page["ids"], np.asarray(page["embeddings"], dtype=np.float32), strict=True)
        return found


def _settings() -> Settings:
    """Fresh ones each time: a client writes where it is into the settings that it was given."""
    return Settings(anonymized_telemetry=False)


def _llama_store(collection: Any) -> tuple[Any, Callable[[Record, Vectors], Any]]:  # noqa: ANN401 – untyped here
    """LlamaIndex's store on a collection, and what makes its nodes of records."""
    from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode  # noqa: PLC0415 – seconds
    from llama_index.vector_stores.chroma import ChromaVectorStore  # noqa: PLC0415 – as above

    def node(record: Record, vector: Vectors) -> TextNode:
        return TextNode(
            id_=record.id,
            text=record.text,
            embedding=vector.tolist(),
            metadata=dict(record.metadata),
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"{record.source}\n{record.doc_id}")},
            excluded_embed_metadata_keys=list(record.metadata),
            excluded_llm_metadata_keys=list(record.metadata),
        )

    return ChromaVectorStore(chroma_collection=collection), node


def _own(metadata: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """A row's metadata without what LlamaIndex added."""
    return {key: value for key, value in metadata.items() if key not in OF_LLAMA_INDEX}


def _where(equal: Mapping[str, Attribute] | None) -> dict[str, Any] | None:
    clauses = [{key: value} for key, value in (equal or {}).items()]
    if len(clauses) < 2:
        return clauses[0] if clauses else None
    return {"$and": clauses}


@contextmanager
def _translated(place: str) -> Iterator[None]:
    """Whatever Chroma raises, as a KnowledgeDown that names the place."""
    try:
        yield
    except LogAgentError:
        raise
    except httpx.HTTPError as error:
        raise KnowledgeDown(f"The Chroma server at {place} does not answer: {_first_line(error)}") from error
    except Exception as error:  # Chroma raises bare Exception for whatever its server answers
        if _disk_full(place):
            raise KnowledgeDown(
                f"The disk of the knowledge index in {place} is full: make room there, and run it again."
            ) from error
        raise KnowledgeDown(f"The knowledge index in {place} failed: {_first_line(error)}") from error


def _disk_full(place: str) -> bool:
    """Whether that is why an embedded Chroma failed; it says so in many ways, and mostly not at all."""
    try:
        return shutil.disk_usage(place).free < FULL_BYTES
    except OSError:  # a server's address
        return False


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
