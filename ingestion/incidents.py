"""Past incidents → knowledge: triages that a person confirmed or corrected, with the lines that told of them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingestion.incident_file import Incident, read_incidents
from ingestion.job import Job, Plan, Redact, content_hash, known_ids, of_source, redacted, report_of
from ingestion.rebuild import re_embed
from ingestion.report import Report
from ingestion.watch import Part, Watch
from retrieval.knowledge.chunking import SECTION_CHARS, split_text
from retrieval.knowledge.documents import Document, Section
from retrieval.knowledge.embedding import Embedder
from retrieval.knowledge.index import CollectionName, KnowledgeIndex
from retrieval.taxonomy import Status

COLLECTION: CollectionName = "incidents"
LINE_CHARS = 400
TITLE_CHARS = 160


def ingest_incidents(
    path: Path | None,
    index: KnowledgeIndex,
    *,
    embedder: Embedder,
    redact: Redact = redacted,
    dry_run: bool = False,
    rebuild: bool = False,
    watch: Watch | None = None,
) -> Report:
    """Make the collection of incidents hold what a file holds (see `ingestion.incident_file`).

    A line that cannot be taken is named in the report; then nothing is deleted, for it may be one that was there.
    Incidents of other files stay. Without a `path`, only what is there is embedded anew (`rebuild`).
    """
    began = time.monotonic()
    watch = watch or Watch()
    job = Job(index, embedder, COLLECTION, dry_run=dry_run, watch=watch)
    embedded = re_embed(index, COLLECTION, embedder, watch) if rebuild and not dry_run else 0
    if path is None:
        return report_of(Plan(), embedded, began)
    with watch.part(Part.LOAD, 1):
        incidents, failures = read_incidents(path.expanduser())
    problems = [incident for incident in incidents if incident.status is Status.PROBLEM]
    survey = job.survey()
    source = str(path.expanduser().resolve())
    plan = Plan(failed=failures)
    stored = of_source(survey, source)
    with watch.part(Part.REDACT, len(problems)):
        clean = list(_redacted(problems, redact))
    with watch.part(Part.CHUNK, len(clean)):
        documents = [incident_document(source, incident) for incident in clean]
    with watch.part(Part.DIFF, len(documents)):
        for document in documents:
            plan.take(document, content_hash(repr(document)), stored.get(document.doc_id))
    if not failures:
        gone = known_ids(survey, source) - {incident.id for incident in problems}
        plan.deleted.extend((source, each) for each in sorted(gone))
    embedded += job.carry_out(plan, survey)
    others = len(incidents) - len(problems)
    notes = [f"{others} that were no problem are passed over"] if others else []
    return report_of(plan, embedded, began, notes=notes)


def incident_document(source: str, incident: Incident) -> Document:
    """An incident as a document: what happened, its log lines, what was done."""
    happened = [incident.root_cause, incident.summary if incident.summary != incident.root_cause else ""]
    lines = [f"- {line[:LINE_CHARS]}" for line in incident.lines]
    parts = {
        "What happened": "\n".join(filter(None, happened)),
        "Log lines": "\n".join(lines),
        "What was advised": "\n".join(f"- {step}" for step in incident.steps),
        "Note": incident.note,
    }
    title = f"{incident.component}: {incident.root_cause or incident.summary}"
    labels = {
        "category": (incident.category.value,),
        "component": (incident.component.lower(),),
        "namespace": tuple(namespace.lower() for namespace in incident.namespaces),
    }
    return Document(
        source=source,
        doc_id=incident.id,
        title=" ".join(title.split())[:TITLE_CHARS],
        sections=tuple(_sections(parts)),
        labels={name: values for name, values in labels.items() if values and all(values)},
        attributes={
            "severity": incident.severity.value,
            "occurred": incident.when,
            "verdict": "corrected" if incident.corrected else "confirmed",
        },
    )


def _sections(parts: Mapping[str, str]) -> Iterator[Section]:
    for heading, text in parts.items():
        for part, piece in enumerate(split_text(text, SECTION_CHARS)):
            yield Section((heading,), piece, part)


def _redacted(incidents: Sequence[Incident], redact: Redact) -> Iterator[Incident]:
    """The incidents without secrets, redacted all at once; each text by itself."""
    fields = [(i.component, i.root_cause, i.summary, i.note, *i.namespaces, *i.lines, *i.steps) for i in incidents]
    clean = iter(redact([text for texts in fields for text in texts]))
    for incident in incidents:
        component, root_cause, summary, note = (next(clean) for _ in range(4))
        yield replace(
            incident,
            component=component,
            root_cause=root_cause,
            summary=summary,
            note=note,
            namespaces=tuple(next(clean) for _ in incident.namespaces),
            lines=tuple(next(clean) for _ in incident.lines),
            steps=tuple(next(clean) for _ in incident.steps),
        )
