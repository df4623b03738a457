"""Embed a collection anew with the model of today, from what it holds itself: beside the old one, then in its place."""

from collections.abc import Iterable

from ingestion.sync import embed_records
from ingestion.watch import Watch
from retrieval.errors import BadInput
from retrieval.knowledge.embedding import Embedder
from retrieval.knowledge.index import CollectionName, KnowledgeCollection, KnowledgeIndex
from retrieval.knowledge.records import StoredRecord


def re_embed(index: KnowledgeIndex, name: CollectionName, embedder: Embedder, watch: Watch) -> int:
    """Make the collection anew from its own records; how many texts were embedded, 0 where there is none.

    Nobody's documents are lost, whatever folders are at hand. Raises BadInput where another version of the program
    wrote the records: those have to come from their files again.
    """
    old = index.find_any(name)
    if old is None:
        return 0
    if not old.readable:
        raise BadInput(
            f"The {name} in {index.place} were written by another version of this program: "
            "give the paths they came from"
        )
    with index.rebuilding(name) as new:
        _carry_notes(old, new)
        records = [row.record for row in _in_document_order(old.read())]
        embed_records(new, embedder, records, watch)
    return len(records)


def _in_document_order(rows: Iterable[StoredRecord]) -> list[StoredRecord]:
    """Section by section, and each document's own record behind its sections."""
    return sorted(rows, key=lambda row: (row.key, row.kind == "document", int(row.metadata.get("ordinal", 0))))


def _carry_notes(old: KnowledgeCollection, new: KnowledgeCollection) -> None:
    for key, value in old.description.items():
        if key not in new.description:
            new.note(key, value)
