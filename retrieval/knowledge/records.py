"""How a document is kept in a collection: one record a section, and one for the document itself, written last.

The document's record carries its title, its content hash and how many sections it has, so that "all of this document
is there" is one fact, and a run that was stopped half-way is seen and completed by the next. Ids depend on content
only: writing a record twice changes nothing, and its vector never needs to be read again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from retrieval.knowledge.documents import RESERVED_ATTRIBUTES, Attribute, Document, Section, embedding_text
from retrieval.knowledge.tokens import spaced

Kind = Literal["section", "document"]
_LABEL_MARK = ":"  # "category:dns": True — a filter by equality, on every Chroma version


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a collection: its text as cited, its text as embedded, and its metadata, flat."""

    id: str
    kind: Kind
    source: str
    doc_id: str
    text: str
    embedded_text: str
    metadata: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One row as a collection gives it back, without its vector."""

    id: str
    text: str
    metadata: Mapping[str, Attribute]

    @property
    def kind(self) -> Kind:
        """Whether it is a section or the document's own record."""
        return "document" if self.metadata.get("kind") == "document" else "section"

    @property
    def key(self) -> tuple[str, str]:
        """The document it belongs to: its source and its id there."""
        return str(self.metadata["source"]), str(self.metadata["path"])

    @property
    def header_path(self) -> tuple[str, ...]:
        """The headings above the section's text."""
        return tuple(json.loads(str(self.metadata.get("header_path", "[]"))))

    @property
    def record(self) -> Record:
        """The row as it was written, its text to embed included: for another model, or another Chroma."""
        source, doc_id = self.key
        title = str(self.metadata["title"])
        own = self.kind == "document"
        return Record(
            id=self.id,
            kind=self.kind,
            source=source,
            doc_id=doc_id,
            text=self.text,
            embedded_text=spaced(title) if own else embedding_text(title, Section(self.header_path, self.text)),
            metadata=self.metadata,
        )


def records_of(document: Document, content_hash: str) -> list[Record]:
    """The rows of a document in the order in which they are to be written: its own record comes last."""
    shared: dict[str, Attribute] = {**document.attributes, **_flags(document)}
    shared |= {"source": document.source, "path": document.doc_id, "title": document.title}
    rows = [
        Record(
            id=document.section_id(ordinal),
            kind="section",
            source=document.source,
            doc_id=document.doc_id,
            text=section.text,
            embedded_text=embedding_text(document.title, section),
            metadata={
                **shared,
                "kind": "section",
                "ordinal": ordinal,
                "part": section.part,
                "header_path": json.dumps(section.header_path, ensure_ascii=False),
            },
        )
        for ordinal, section in enumerate(document.sections)
    ]
    own = Record(
        id=document.record_id(content_hash),
        kind="document",
        source=document.source,
        doc_id=document.doc_id,
        text=document.title,
        embedded_text=spaced(document.title),
        metadata={**shared, **document.facts, "kind": "document", "content_hash": content_hash, "sections": len(rows)},
    )
    return [*rows, own]


def labels_in(metadata: Mapping[str, Attribute]) -> dict[str, frozenset[str]]:
    """The labels of a stored record: label → its values."""
    labels: dict[str, set[str]] = {}
    for key, value in metadata.items():
        label, mark, name = key.partition(_LABEL_MARK)
        if mark and value is True:
            labels.setdefault(label, set()).add(name)
    return {label: frozenset(names) for label, names in labels.items()}


def attributes_in(metadata: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """What a document carried along, without what the index added."""
    return {key: value for key, value in metadata.items() if key not in RESERVED_ATTRIBUTES and _LABEL_MARK not in key}


def _flags(document: Document) -> dict[str, Attribute]:
    return {f"{label}{_LABEL_MARK}{name}": True for label, names in document.labels.items() for name in names}
