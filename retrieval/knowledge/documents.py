"""What the knowledge index holds: documents, each cut into sections that can be found and cited on their own."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from retrieval.errors import BadInput
from retrieval.knowledge.tokens import spaced

Attribute = str | int | float | bool
OF_LLAMA_INDEX = frozenset({"doc_id", "document_id", "ref_doc_id", "_node_content", "_node_type"})
RESERVED_ATTRIBUTES = frozenset(
    {"kind", "source", "path", "title", "header_path", "ordinal", "part", "content_hash", "sections"}
    | OF_LLAMA_INDEX
    | {"link"}
)


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading, or one part of it where the whole is too long to embed or to cite.

    `header_path` holds the headings from below the document's title down to this section's own; it is empty for
    the text before the first heading. `part` counts from 0 within one heading.
    """

    header_path: tuple[str, ...]
    text: str
    part: int = 0

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError(f"the section {' / '.join(self.header_path) or '(introduction)'} has no text")

    @property
    def heading(self) -> str:
        """The section's own heading, "" for the text before the first one."""
        return self.header_path[-1] if self.header_path else ""


@dataclass(frozen=True, slots=True)
class Document:
    """One runbook, past incident or log pattern, as the index takes it.

    `source` names where it was loaded from (a folder, a git checkout); `doc_id` is unique within it: for runbooks
    the path relative to the corpus. `labels` are values a search can filter by (category, component, namespace);
    `attributes` are only carried along. `facts` are too, but belong to the document's own record alone: they may change
    from run to run (how often a pattern was seen) without making its sections new.
    """

    source: str
    doc_id: str
    title: str
    sections: tuple[Section, ...]
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    facts: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.doc_id or not self.title.strip() or not self.sections:
            raise ValueError(f"the document {self.doc_id!r} needs an id, a title and at least one section")
        if clash := RESERVED_ATTRIBUTES & (set(self.attributes) | set(self.labels) | set(self.facts)):
            raise BadInput(f"the document {self.doc_id!r} uses reserved attribute names: {', '.join(sorted(clash))}")

    def section_id(self, ordinal: int) -> str:
        """The stable id of a section: the same content at the same place always has the same id."""
        section = self.sections[ordinal]
        content = (self.source, self.doc_id, ordinal, section.header_path, section.part, section.text, *self._shared())
        return _digest(content)

    def record_id(self, content_hash: str) -> str:
        """The stable id of the document's own record, which says that all sections of this content are there."""
        return _digest((self.source, self.doc_id, content_hash))

    def _shared(self) -> tuple[object, ...]:
        labels = sorted((key, sorted(values)) for key, values in self.labels.items())
        return self.title, labels, sorted(self.attributes.items())


def embedding_text(title: str, section: Section) -> str:
    """A section as the embedding model reads it: under its title and headings, identifiers also in plain words."""
    headings = " / ".join([spaced(title), *section.header_path])
    return f"{headings}\n{section.text}"


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:32]
