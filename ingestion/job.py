"""What every ingestion job does once its documents are there: compare, embed what is new, write, delete, report.

Safe to run again, to stop half-way and to run beside the app. The embedding model is loaded only when there is
something new to embed.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ingestion.report import Failure, Report
from ingestion.sync import synchronise
from ingestion.watch import Part, Watch
from retrieval.knowledge.chunking import SECTION_CHARS
from retrieval.knowledge.documents import Document
from retrieval.knowledge.embedding import Embedder
from retrieval.knowledge.index import (
    SCHEMA_VERSION,
    CollectionName,
    KnowledgeCollection,
    KnowledgeIndex,
    StoredDocument,
    Survey,
)
from retrieval.redaction import redact_texts

Redact = Callable[[Sequence[str]], Sequence[str]]
NOTHING = Survey({}, frozenset())


@dataclass(slots=True)
class Plan:
    """The difference between a source and the index: what a run is going to do."""

    write: list[tuple[Document, str]] = field(default_factory=list)  # with the content hash
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    deleted: list[tuple[str, str]] = field(default_factory=list)  # (source, doc_id)
    failed: list[Failure] = field(default_factory=list)
    links: dict[str, str | None] = field(default_factory=dict)  # source → template of its documents' addresses

    def take(self, document: Document, digest: str, before: StoredDocument | None) -> None:
        """Plan a document, with its content hash, against what the index has of it."""
        if before and before.content_hash == digest:
            self.unchanged += 1
            return
        self.write.append((document, digest))
        (self.changed if before else self.added).append(document.doc_id)


@dataclass(frozen=True, slots=True)
class Job:
    """Where a plan is carried out, and who watches; `dry_run` changes nothing."""

    index: KnowledgeIndex
    embedder: Embedder
    collection: CollectionName
    dry_run: bool = False
    watch: Watch = field(default_factory=Watch)

    def survey(self) -> Survey:
        """What the index has of this collection; raises IndexMismatch before anything is read or written."""
        with self.watch.part(Part.DIFF, 0):
            collection = self.index.find(self.collection)
            return collection.survey() if collection else NOTHING

    def carry_out(self, plan: Plan, survey: Survey) -> int:
        """Write and delete what is planned; how many texts were embedded."""
        if self.dry_run:
            return 0
        anything = plan.write or plan.deleted
        collection = self.index.collection(self.collection) if anything else self.index.find(self.collection)
        return self._write(plan, survey, collection) if collection else 0

    def make_anew(self, plan: Plan) -> int:
        """Write what is planned into a new collection that then takes the old one's place."""
        if self.dry_run:
            return 0
        with self.index.rebuilding(self.collection) as beside:
            return self._write(plan, NOTHING, beside)

    def _write(self, plan: Plan, survey: Survey, collection: KnowledgeCollection) -> int:
        embedded = 0
        if plan.write or plan.deleted:
            embedded = synchronise(
                collection,
                self.embedder,
                write=plan.write,
                delete=plan.deleted,
                survey=survey,
                watch=self.watch,
            )
        for source, template in plan.links.items():
            collection.link(source, template)
        return embedded


def report_of(plan: Plan, embedded: int, began: float, *, notes: Sequence[str] = ()) -> Report:
    """What a run did; `began` is the monotonic clock at its start."""
    return Report(
        added=tuple(plan.added),
        changed=tuple(plan.changed),
        unchanged=plan.unchanged,
        deleted=tuple(doc_id for _, doc_id in plan.deleted),
        failed=tuple(plan.failed),
        chunks_embedded=embedded,
        seconds=time.monotonic() - began,
        notes=tuple(notes),
    )


def content_hash(redacted: str) -> str:
    """The hash by which a document counts as unchanged: of its redacted text and of how this version cuts it."""
    recipe = f"{SCHEMA_VERSION}\n{SECTION_CHARS}\n{redacted}"
    return hashlib.sha256(recipe.encode("utf-8", "surrogatepass")).hexdigest()


def of_source(survey: Survey, name: str) -> Mapping[str, StoredDocument]:
    """The whole documents of one source, by id."""
    return {doc_id: document for (source, doc_id), document in survey.documents.items() if source == name}


def known_ids(survey: Survey, name: str) -> set[str]:
    """The ids of one source's documents, whole or half-written."""
    return {doc_id for source, doc_id in (*survey.documents, *survey.torn) if source == name}


def redacted(texts: Sequence[str]) -> Sequence[str]:
    """The texts without secrets: what jobs do unless they are told otherwise."""
    return redact_texts(texts)[0]


def one_by_one(redact_text: Callable[[str], str] | None) -> Redact:
    """`redact_text` for many texts; without one the project's own rules, many texts at a time."""
    return redacted if redact_text is None else lambda texts: [redact_text(text) for text in texts]
