"""Runbooks → knowledge: load, redact, cut, compare, and hand over what is new to the job that embeds and writes it."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ingestion.job import NOTHING, Job, Plan, Redact, content_hash, known_ids, of_source, one_by_one, report_of
from ingestion.loading import Source, list_documents, load_text
from ingestion.rebuild import re_embed
from ingestion.report import Failure, Report
from ingestion.watch import Part, Stopped, Watch
from retrieval.errors import BadInput
from retrieval.knowledge.chunking import parse_markdown
from retrieval.knowledge.documents import Document
from retrieval.knowledge.embedding import Embedder
from retrieval.knowledge.index import CollectionName, KnowledgeIndex, Survey

COLLECTION: CollectionName = "runbooks"
FILES_AT_ONCE = 64  # redacted together, which costs far less than one by one


def ingest_runbooks(
    paths: Sequence[Path | Source],
    index: KnowledgeIndex,
    *,
    embedder: Embedder,
    redact_text: Callable[[str], str] | None = None,
    dry_run: bool = False,
    rebuild: bool = False,
    watch: Watch | None = None,
) -> Report:
    """Make the collection of runbooks hold what these files and folders hold, and say what that changed.

    A file that cannot be taken is named in the report and keeps its old version. `dry_run` changes nothing;
    `rebuild` first embeds everything that is there anew, into a new collection that then takes the old one's place (for
    another embedding model). Raises BadInput for a path that is not there, KnowledgeDown where the index or the model
    is not, Stopped where `watch` says so.
    """
    began = time.monotonic()
    sources = [path if isinstance(path, Source) else Source.at(path) for path in paths]
    watch = watch or Watch()
    job = Job(index, embedder, COLLECTION, dry_run=dry_run, watch=watch)
    redact = one_by_one(redact_text)
    if rebuild and (dry_run or (sources and _of_another_version(index))):
        plan = make_plan(sources, NOTHING, redact, watch)
        return report_of(plan, job.make_anew(plan), began)
    embedded = re_embed(index, COLLECTION, embedder, watch) if rebuild else 0
    survey = job.survey()
    plan = make_plan(sources, survey, redact, watch)
    embedded += job.carry_out(plan, survey)
    return report_of(plan, embedded, began)


def make_plan(sources: Iterable[Source], survey: Survey, redact: Redact, watch: Watch) -> Plan:
    """Compare the files of some sources with what the index has of them."""
    plan = Plan()
    for source in sources:
        _Comparison(plan, source, survey, redact, watch).run()
    return plan


def _of_another_version(index: KnowledgeIndex) -> bool:
    """Whether the records cannot be read any more, so that only the files can bring them back."""
    old = index.find_any(COLLECTION)
    return old is not None and not old.readable


class _Comparison:
    """The files of one source against the index, so many at a time, into a plan."""

    def __init__(self, plan: Plan, source: Source, survey: Survey, redact: Redact, watch: Watch) -> None:
        self._plan = plan
        self._source = source
        self._redact = redact
        self._watch = watch
        self._stored = of_source(survey, source.name)
        self._known = known_ids(survey, source.name)

    def run(self) -> None:
        """Plan every file that is there, and the deletion of what is not."""
        plan, source = self._plan, self._source
        with self._watch.part(Part.LOAD, 0):
            listing = list_documents(source)
        plan.failed.extend(Failure(folder, f"it cannot be read: {why}") for folder, why in listing.unreadable.items())
        plan.links[source.name] = source.link
        present = set(listing.doc_ids)
        # Which file an id of the front matter belongs to: to the one that had it before.
        owners = {
            one.declared_id: doc_id for doc_id, one in self._stored.items() if one.declared_id and doc_id in present
        }
        for start in range(0, len(listing.doc_ids), FILES_AT_ONCE):
            if self._watch.stop():
                raise Stopped("stopped while reading; nothing was changed, and the next run does it all")
            self._plan_files(listing.doc_ids[start : start + FILES_AT_ONCE], owners)
        gone = sorted(each for each in self._known - present if source.covers(each) and not listing.hides(each))
        plan.deleted.extend((source.name, doc_id) for doc_id in gone)

    def _plan_files(self, doc_ids: Sequence[str], owners: dict[str, str]) -> None:
        with self._watch.part(Part.LOAD, len(doc_ids)):
            texts = self._loaded(doc_ids)
        with self._watch.part(Part.REDACT, len(texts)):
            clean = dict(zip(texts, self._redact(list(texts.values())), strict=True))
        with self._watch.part(Part.DIFF, len(clean)):
            digests = {doc_id: content_hash(text) for doc_id, text in clean.items()}
            new = [doc_id for doc_id, digest in digests.items() if not self._has(doc_id, digest)]
            self._plan.unchanged += len(digests) - len(new)
        with self._watch.part(Part.CHUNK, len(new)):
            for doc_id in new:
                try:
                    document = self._parsed(doc_id, clean[doc_id], owners)
                except BadInput as error:
                    self._plan.failed.append(Failure(doc_id, str(error)))
                else:
                    self._plan.take(document, digests[doc_id], self._stored.get(doc_id))

    def _loaded(self, doc_ids: Sequence[str]) -> dict[str, str]:
        """The files that can be read, with their text; the others are noted as failed."""
        texts: dict[str, str] = {}
        for doc_id in doc_ids:
            try:
                texts[doc_id] = load_text(self._source, doc_id)
            except BadInput as error:
                self._plan.failed.append(Failure(doc_id, str(error)))
        return texts

    def _has(self, doc_id: str, digest: str) -> bool:
        before = self._stored.get(doc_id)
        return before is not None and before.content_hash == digest

    def _parsed(self, doc_id: str, text: str, owners: dict[str, str]) -> Document:
        document = parse_markdown(text, source=self._source.name, doc_id=doc_id)
        declared = str(document.attributes.get("id", ""))
        if declared and owners.setdefault(declared, doc_id) != doc_id:
            raise BadInput(f"it has the id {declared}, which {owners[declared]} has already")
        return document
