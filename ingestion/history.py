"""Log history → knowledge: which patterns there were on which day, so that what is new can be told from what is not."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ingestion.job import Job, Plan, content_hash, report_of
from ingestion.pattern_catalogue import Catalogue, CountedPattern, Place
from ingestion.rebuild import re_embed
from ingestion.report import Report
from ingestion.watch import Part, Watch
from retrieval.knowledge.documents import Document, Section
from retrieval.knowledge.embedding import Embedder
from retrieval.knowledge.index import CollectionName, KnowledgeIndex
from retrieval.knowledge.past_patterns import covered_key, covered_text
from retrieval.knowledge.records import StoredRecord
from retrieval.patterns.mining import mine
from retrieval.timestamps import parse_iso_nanoseconds, to_iso

COLLECTION: CollectionName = "history"
RETENTION = timedelta(days=90)
TITLE_CHARS, SAMPLE_CHARS = 200, 400


@dataclass(slots=True)
class _Kept:
    """A pattern that the index has already."""

    id: str
    pattern: CountedPattern


def ingest_history(
    catalogue: Catalogue | None,
    source: str,
    index: KnowledgeIndex,
    *,
    embedder: Embedder,
    dry_run: bool = False,
    rebuild: bool = False,
    watch: Watch | None = None,
) -> Report:
    """Bring the patterns of some days into the history of a log source; the same days again change nothing.

    A day that was read takes the place of what was known of it (of a day that was read in part, whichever count is
    greater), other days stay for 90 days. Without a catalogue, only what is there is embedded anew (`rebuild`).
    """
    began = time.monotonic()
    job = Job(index, embedder, COLLECTION, dry_run=dry_run, watch=watch or Watch())
    embedded = re_embed(index, COLLECTION, embedder, job.watch) if rebuild and not dry_run else 0
    if catalogue is None:
        return report_of(Plan(), embedded, began)
    survey = job.survey()
    known = index.find(COLLECTION)
    kept = [_kept(row) for row in known.read() if row.kind == "document" and row.key[0] == source] if known else []
    plan = Plan(failed=list(catalogue.failures))
    with job.watch.part(Part.DIFF, len(catalogue.patterns)):
        merged = _merged(kept, catalogue)
        for doc_id, pattern in merged.items():
            document = pattern_document(source, doc_id, pattern)
            plan.take(document, content_hash(repr(document)), survey.documents.get((source, doc_id)))
    gone = {doc_id for name, doc_id in (*survey.documents, *survey.torn) if name == source} - set(merged)
    plan.deleted.extend((source, doc_id) for doc_id in sorted(gone))
    embedded += job.carry_out(plan, survey)
    if not dry_run:
        _note_days(index, source, catalogue)
    return report_of(plan, embedded, began, notes=catalogue.notes)


def pattern_document(source: str, doc_id: str, pattern: CountedPattern) -> Document:
    """A pattern as a document: its template and a line of it; counts by day are facts of its own record alone."""
    place = dict(pattern.place)
    sample = " ".join(pattern.sample.split())[:SAMPLE_CHARS]
    component = place.get("app") or place.get("container") or ""
    labels = {"namespace": place.get("namespace", "").lower(), "component": component.lower()}
    return Document(
        source=source,
        doc_id=doc_id,
        title=pattern.template[:TITLE_CHARS],
        sections=(Section((), f"{pattern.template}\n{sample}"),),
        labels={name: (value,) for name, value in labels.items() if value},
        attributes={"place": json.dumps(place, ensure_ascii=False, sort_keys=True)},
        facts={
            "template": pattern.template,
            "sample": sample,
            "days": json.dumps({day.isoformat(): pattern.days[day] for day in sorted(pattern.days)}),
            "first_seen": to_iso(pattern.first),
            "last_seen": to_iso(pattern.last),
        },
    )


def _kept(row: StoredRecord) -> _Kept:
    facts = row.metadata
    days = {date.fromisoformat(day): int(lines) for day, lines in json.loads(str(facts["days"])).items()}
    place: Place = tuple(json.loads(str(facts["place"])).items())
    first, last = (parse_iso_nanoseconds(str(facts[name])) or 0 for name in ("first_seen", "last_seen"))
    template, sample = str(facts["template"]), str(facts["sample"])
    return _Kept(row.key[1], CountedPattern(template, _ordered(place), sample, days, first, last))


def _merged(kept: Iterable[_Kept], catalogue: Catalogue) -> dict[str, CountedPattern]:
    """All patterns by id: those of today's catalogue counted into those that are known already."""
    known = list(kept)
    texts = dict.fromkeys([*(each.pattern.template for each in known), *(each.template for each in catalogue.patterns)])
    template_of = dict(zip(texts, mine(list(texts)), strict=True)) if texts else {}
    merged: dict[str, CountedPattern] = {}
    ids: dict[tuple[str, Place], str] = {}
    old_days: dict[str, dict[date, int]] = {}
    for each in known:
        key = template_of[each.pattern.template], each.pattern.place
        doc_id = ids.setdefault(key, each.id)
        before = {day: lines for day, lines in each.pattern.days.items() if day in catalogue.days}
        each.pattern.days = {day: lines for day, lines in each.pattern.days.items() if day not in catalogue.days}
        old_days.setdefault(doc_id, {}).update(before)
        _add(merged, doc_id, each.pattern)
    for pattern in catalogue.patterns:
        key = template_of[pattern.template], _ordered(pattern.place)
        _add(merged, ids.setdefault(key, _id(*key)), pattern)
    for doc_id, days in old_days.items():
        _keep_greater(merged[doc_id], days, catalogue.failed_days)
    oldest = max(catalogue.days, default=date.min + RETENTION) - RETENTION
    for pattern in merged.values():
        pattern.days = {day: lines for day, lines in pattern.days.items() if lines and day >= oldest}
    return {doc_id: pattern for doc_id, pattern in merged.items() if pattern.days}


def _add(merged: dict[str, CountedPattern], doc_id: str, pattern: CountedPattern) -> None:
    if doc_id in merged:
        merged[doc_id].add(pattern)
    else:
        merged[doc_id] = pattern


def _keep_greater(pattern: CountedPattern, before: Mapping[date, int], partly_read: Iterable[date]) -> None:
    for day in partly_read:
        if day in before:
            pattern.days[day] = max(pattern.days.get(day, 0), before[day])


def _ordered(place: Place) -> Place:
    return tuple(sorted(place))


def _id(template: str, place: Place) -> str:
    return hashlib.sha256(json.dumps([template, place], ensure_ascii=False).encode()).hexdigest()[:24]


def _note_days(index: KnowledgeIndex, source: str, catalogue: Catalogue) -> None:
    """Remember which days the history of this source is made of."""
    collection = index.find(COLLECTION)
    if collection is None or not catalogue.days:
        return
    before = covered_text(str(collection.description.get(covered_key(source), "")))
    oldest = max(catalogue.days) - RETENTION
    days = sorted(day for day in before | catalogue.days if day >= oldest)
    text = " ".join(day.isoformat() for day in days)
    if text != collection.description.get(covered_key(source)):
        collection.note(covered_key(source), text)
