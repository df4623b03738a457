"""Runbooks → knowledge: load, redact, cut, compare, and hand over what is new to the job that embeds and writes it."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ingestion.job import NOTHING, Job, Plan, Redact, content_hash, known_ids, of_source, one_by_one, report_of
from ingestion.loading import Source, list_documents, load_text
from ingestion.rebuild import re_embed
from ingestion.report import Failure, Report
from ingestion.watch import Stop, Stopped, Watch, never
from retrieval.errors import BadInput
from retrieval.knowledge.chunking import parse_markdown
from retrieval.knowledge.embedding import Embedder
from retrieval.knowledge.index import CollectionName, KnowledgeIndex, StoredDocument, Survey

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
        plan = make_plan(sources, NOTHING, redact, stop=watch.stop)
        return report_of(plan, job.make_anew(plan), began)
    embedded = re_embed(index, COLLECTION, embedder, watch) if rebuild else 0
    survey = job.survey()
    plan = make_plan(sources, survey, redact, stop=watch.stop)
    embedded += job.carry_out(plan, survey)
    return report_of(plan, embedded, began)


def make_plan(sources: Iterable[Source], survey: Survey, redact: Redact, *, stop: Stop = never) -> Plan:
    """Compare the files of some sources with what the index has of them."""
    plan = Plan()
    for source in sources:
        _plan_source(plan, source, survey, redact, stop)
    return plan


def _of_another_version(index: KnowledgeIndex) -> bool:
    """Whether the records cannot be read any more, so that only the files can bring them back."""
    old = index.find_any(COLLECTION)
    return old is not None and not old.readable


def _plan_source(plan: Plan, source: Source, survey: Survey, redact: Redact, stop: Stop) -> None:
    listing = list_documents(source)
    plan.failed.extend(Failure(folder, f"it cannot be read: {why}") for folder, why in listing.unreadable.items())
    plan.links[source.name] = source.link
    present = set(listing.doc_ids)
    stored = of_source(survey, source.name)
    owners = {each.declared_id: doc_id for doc_id, each in stored.items() if each.declared_id and doc_id in present}
    for doc_id, text in _texts(plan, source, listing.doc_ids, redact, stop):
        try:
            _plan_file(plan, source, doc_id, text, stored, owners)
        except BadInput as error:
            plan.failed.append(Failure(doc_id, str(error)))
    missing = known_ids(survey, source.name) - present
    gone = sorted(each for each in missing if source.covers(each) and not listing.hides(each))
    plan.deleted.extend((source.name, doc_id) for doc_id in gone)


def _texts(plan: Plan, source: Source, doc_ids: Sequence[str], redact: Redact, stop: Stop) -> Iterator[tuple[str, str]]:
    """The files that can be read, with their redacted text; the others are noted as failed."""
    for start in range(0, len(doc_ids), FILES_AT_ONCE):
        if stop():
            raise Stopped("stopped while reading; nothing was changed, and the next run does it all")
        texts: dict[str, str] = {}
        for doc_id in doc_ids[start : start + FILES_AT_ONCE]:
            try:
                texts[doc_id] = load_text(source, doc_id)
            except BadInput as error:
                plan.failed.append(Failure(doc_id, str(error)))
        yield from zip(texts, redact(list(texts.values())), strict=True)


def _plan_file(
    plan: Plan,
    source: Source,
    doc_id: str,
    text: str,
    stored: Mapping[str, StoredDocument],
    owners: dict[str, str],
) -> None:
    digest = content_hash(text)
    before = stored.get(doc_id)
    if before and before.content_hash == digest:
        plan.unchanged += 1
        return
    document = parse_markdown(text, source=source.name, doc_id=doc_id)
    declared = str(document.attributes.get("id", ""))
    if declared and owners.setdefault(declared, doc_id) != doc_id:
        raise BadInput(f"it has the id {declared}, which {owners[declared]} has already")
    plan.take(document, digest, before)
