"""Write documents into a collection: embed only what it does not have, in batches, and delete what they replace.

The order makes a stop at any moment harmless: new sections first, a document's own record after them, old records
last. What is found in between is the old version or both, never neither.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ingestion.report import Progress
from ingestion.watch import Part, Stopped, Watch
from retrieval.knowledge.documents import Document
from retrieval.knowledge.embedding import Embedder
from retrieval.knowledge.index import KnowledgeCollection, Survey
from retrieval.knowledge.records import Record, StoredRecord, records_of

BATCH = 512  # texts embedded at a time: enough to sort by length, little enough to lose on a stop
FEW = 100  # documents that are asked for one by one: a question costs milliseconds
Key = tuple[str, str]  # a document: its source and its id there


@dataclass(slots=True)
class _Difference:
    """What a run writes and deletes: records to embed, records whose text has a vector already, ids to delete."""

    embed: list[Record] = field(default_factory=list)
    known: list[tuple[Record, str]] = field(default_factory=list)  # with the id that has the vector
    stale: list[str] = field(default_factory=list)

    def add(self, records: Sequence[Record], there: Sequence[StoredRecord]) -> None:
        """Compare a document's records with those that the collection has of it."""
        ids = {row.id for row in there}
        vector_of = {row.record.embedded_text: row.id for row in there}
        for record in records:
            if record.id in ids:
                continue
            if other := vector_of.get(record.embedded_text):
                self.known.append((record, other))
            else:
                self.embed.append(record)
        kept = {record.id for record in records}
        self.stale.extend(row.id for row in there if row.id not in kept)


def synchronise(
    collection: KnowledgeCollection,
    embedder: Embedder,
    *,
    write: Sequence[tuple[Document, str]],
    delete: Sequence[tuple[str, str]],
    survey: Survey,
    watch: Watch,
) -> int:
    """Write documents (each with its content hash), delete others by (source, doc_id); how many texts were embedded.

    A text that a document had before, under another id, keeps its vector: new labels or counts embed nothing. Raises
    Stopped between two batches where `watch` says so.
    """
    keys = [(document.source, document.doc_id) for document, _ in write]
    difference = _Difference()
    with watch.part(Part.DIFF, len(keys)):
        there = _rows(collection, [key for key in (*keys, *delete) if key in survey.documents or key in survey.torn])
        for (document, digest), key in zip(write, keys, strict=True):
            difference.add(records_of(document, digest), there.get(key, ()))
    _write_known(collection, [pair for pair in difference.known if pair[0].kind == "section"], watch)
    embed_records(collection, embedder, difference.embed, watch)
    _write_known(collection, [pair for pair in difference.known if pair[0].kind == "document"], watch)
    gone = [row for key in delete for row in there.get(key, ())]
    # Documents' own records first: without it a document is half there, which the next run sees and mends.
    if stale := [*difference.stale, *(row.id for row in sorted(gone, key=lambda row: row.kind))]:
        with watch.part(Part.DELETE, len(stale)):
            collection.remove(stale)
    return len(difference.embed)


def embed_records(collection: KnowledgeCollection, embedder: Embedder, records: Sequence[Record], watch: Watch) -> None:
    """Embed and write records in their order, batch by batch; raises Stopped between two of them."""
    for start in range(0, len(records), BATCH):
        if watch.stop():
            done = f"{start:,} of {len(records):,} texts"
            raise Stopped(f"stopped after {done}; they stay, and the next run does the rest")
        batch = records[start : start + BATCH]
        with watch.part(Part.EMBED, len(batch)):
            vectors = embedder.embed_texts([record.embedded_text for record in batch])
        with watch.part(Part.UPSERT, len(batch)):
            collection.add(batch, vectors)
        watch.progress(Progress(done=start + len(batch), total=len(records), doc_id=batch[-1].doc_id))


def _write_known(collection: KnowledgeCollection, known: Sequence[tuple[Record, str]], watch: Watch) -> None:
    for start in range(0, len(known), BATCH):
        batch = known[start : start + BATCH]
        with watch.part(Part.UPSERT, len(batch)):
            vectors = collection.vectors([other for _, other in batch])
            collection.add([record for record, _ in batch], np.stack([vectors[other] for _, other in batch]))


def _rows(collection: KnowledgeCollection, keys: Sequence[Key]) -> Mapping[Key, Sequence[StoredRecord]]:
    """What the collection has of these documents: asked for one by one, or all read once where they are many."""
    if len(keys) <= FEW:
        return {key: collection.rows_of(*key) for key in keys}
    wanted = set(keys)
    rows: dict[Key, list[StoredRecord]] = {}
    for row in collection.read():
        if row.key in wanted:
            rows.setdefault(row.key, []).append(row)
    return rows
