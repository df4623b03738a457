"""One collection as search reads it: documents, sections and their lexical ranking; the vectors stay in Chroma."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.errors import BadInput
from retrieval.knowledge.documents import Attribute
from retrieval.knowledge.lexical import LexicalRanking
from retrieval.knowledge.links import document_link
from retrieval.knowledge.records import StoredRecord, attributes_in, labels_in

Filters = Mapping[str, str | Sequence[str]]
FILTERED_BY = frozenset({"category", "component", "namespace"})
PLAIN_WORDS = "in plain words"  # the heading, in lower case, of what only helps to find a document


@dataclass(frozen=True, slots=True)
class CatalogSection:
    """One section as it can be cited."""

    id: str
    header_path: tuple[str, ...]
    text: str
    part: int

    @property
    def citable(self) -> bool:
        """Whether it says something that an answer can rest on, and not only how people speak of the trouble."""
        return not self.header_path or self.header_path[-1].casefold() != PLAIN_WORDS


@dataclass(frozen=True, slots=True)
class CatalogDocument:
    """One document; its sections stand at `first` up to `first + count` of the catalog's."""

    source: str
    doc_id: str
    title: str
    record_id: str | None
    first: int
    count: int
    labels: Mapping[str, frozenset[str]]
    attributes: Mapping[str, Attribute]


class Catalog:
    """What one revision of a collection holds, and the lexical ranking of it.

    `links` has, by source, where its documents can be read on the web; a document carries its own as `link`.
    """

    def __init__(self, revision: str, rows: Iterable[StoredRecord], links: Mapping[str, str] | None = None) -> None:
        self.revision = revision
        self._links = links or {}
        self.documents: list[CatalogDocument] = []
        self.sections: list[CatalogSection] = []
        self._fill(rows)
        self.starts: npt.NDArray[np.intp] = np.array([document.first for document in self.documents], dtype=np.intp)
        self.citable: npt.NDArray[np.bool_] = np.array([section.citable for section in self.sections], dtype=np.bool_)
        self.document_of: dict[str, int] = {}
        for position, document in enumerate(self.documents):
            self.document_of |= {section.id: position for section in self._members(document)}
            if document.record_id:
                self.document_of[document.record_id] = position
        self.lexical = LexicalRanking(
            (document.title, [(" ".join(section.header_path), section.text) for section in self._members(document)])
            for document in self.documents
        )

    def find(self, source: str, doc_id: str) -> CatalogDocument | None:
        """The document of that source and id."""
        return next((each for each in self.documents if (each.source, each.doc_id) == (source, doc_id)), None)

    def allowed(self, filters: Filters | None) -> npt.NDArray[np.bool_]:
        """Which documents have, for each label of the filters, one of its values."""
        mask = np.ones(len(self.documents), dtype=np.bool_)
        for label, wanted in (filters or {}).items():
            if label not in FILTERED_BY:
                raise BadInput(f"There is no filter {label!r}; there are {', '.join(sorted(FILTERED_BY))}.")
            values = {wanted.lower()} if isinstance(wanted, str) else {value.lower() for value in wanted}
            mask &= np.array([bool(values & each.labels.get(label, frozenset())) for each in self.documents])
        return mask

    def _members(self, document: CatalogDocument) -> list[CatalogSection]:
        return self.sections[document.first : document.first + document.count]

    def _fill(self, rows: Iterable[StoredRecord]) -> None:
        sections: dict[tuple[str, str], list[StoredRecord]] = {}
        own: dict[tuple[str, str], StoredRecord] = {}
        for row in rows:
            if row.kind == "document":
                own[row.key] = row
            else:
                sections.setdefault(row.key, []).append(row)
        for key in sorted(sections):
            members = sorted(sections[key], key=lambda row: int(row.metadata["ordinal"]))
            metadata = members[0].metadata
            record = own.get(key)
            attributes = attributes_in(metadata) | (attributes_in(record.metadata) if record else {})
            if link := document_link(self._links.get(key[0], ""), key[1]):
                attributes["link"] = link
            self.documents.append(
                CatalogDocument(
                    source=key[0],
                    doc_id=key[1],
                    title=str(metadata["title"]),
                    record_id=record.id if record else None,
                    first=len(self.sections),
                    count=len(members),
                    labels=labels_in(metadata),
                    attributes=attributes,
                )
            )
            self.sections.extend(
                CatalogSection(row.id, row.header_path, row.text, int(row.metadata["part"])) for row in members
            )
