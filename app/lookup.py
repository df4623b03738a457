"""Lines that hold what was asked for: counted, and the newest cited."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from app.answer import Triage
from app.answer_sections import Lookup
from app.evidence_selection import EvidenceBudget, Selection, add_line, stream_name, with_documents
from app.line_measures import ERROR, WARNING, measured_lines
from app.restrictions import find_only
from app.triage.message import message_of
from app.turn import Looked
from retrieval.log_lines import LogTable
from retrieval.taxonomy import Category, Severity, Status
from retrieval.timestamps import to_iso

MOST_SHOWN = 20
MOST_PLACES = 8


@dataclass(frozen=True)
class LookedUp:
    """The lines that were found, with their evidence."""

    lookup: Lookup
    selection: Selection


def looked_up(looked: Looked, question: str, tokens: int) -> LookedUp:
    """The newest of the lines that hold the needles, or that have the level that the question names."""
    needles = looked.asked.intent.needles
    table = looked.lines if needles else _of_level(looked, question)
    newest = table.rows.sort("timestamp", "position", descending=True, nulls_last=True).head(MOST_SHOWN)
    budget = EvidenceBudget(tokens)
    ids = []
    for position in newest["position"]:
        line = table.at(int(position))
        ids.append(add_line(budget, line) or add_line(budget, line, beyond=True) or "")
    span = table.span()
    narrowed = table is not looked.lines
    count = len(table) if narrowed else max(len(table), looked.read.coverage.lines_matched)
    lookup = Lookup(
        needles=list(needles),
        count=count,
        shown=len(ids),
        first_seen=to_iso(span[0]) if span else None,
        last_seen=to_iso(span[1]) if span else None,
        places=_places(table),
        newest=message_of(table.at(int(newest["position"][0])).text) if ids else "",
        lines=ids,
    )
    return LookedUp(lookup, with_documents(budget, (), tokens, {}))


def lookup_triage(looked: Looked, lookup: Lookup) -> Triage:
    """How many lines there are, from when to when, and where."""
    what = " and ".join(f"“{needle}”" for needle in lookup.needles)
    one = lookup.count == 1
    hold = f"hold{'s' if one else ''} {what}" if what else "found"
    if not lookup.count:
        summary = f"No line of this window holds {what}." if what else "No such line lies in this window."
        return _triage(Status.INSUFFICIENT_EVIDENCE, summary, looked, lookup)
    times = ""
    if lookup.first_seen and lookup.last_seen:
        times = f", from {lookup.first_seen[11:19]} to {lookup.last_seen[11:19]} UTC"
    if lookup.first_seen == lookup.last_seen:
        times = f", at {(lookup.first_seen or '')[11:19]} UTC" if lookup.first_seen else ""
    places = ", ".join(f"{name} {count:,}" for name, count in list(lookup.places.items())[:3])
    number = f"{lookup.count:,} line{'' if one else 's'} {hold}"
    summary = f"{number}{times}: {places}." if places else f"{number}{times}."
    if lookup.shown < lookup.count:
        summary += f" The newest {lookup.shown} are shown."
    return _triage(Status.PROBLEM if looked.problems else Status.HEALTHY, summary, looked, lookup)


def _triage(status: Status, summary: str, looked: Looked, lookup: Lookup) -> Triage:
    lead = looked.problems[0] if looked.problems and status is Status.PROBLEM else None
    return Triage(
        status=status,
        summary=summary,
        root_cause=f"The newest: {lookup.newest}" if lookup.count else "Nothing was found.",
        category=lead.lead.category if lead else Category.BENIGN_NOISE,
        component=lead.lead.component if lead else "cluster",
        severity=lead.severity if lead else Severity.INFO,
        confidence=0.95 if lookup.count else 0.5,
        evidence=lookup.lines[:6],
        actions=[],
    )


def _of_level(looked: Looked, question: str) -> LogTable:
    """The lines of the level that the question names ("show errors"); all where it names none."""
    wanted = (looked.asked.intent.only or find_only(question, said=True)).severities
    if not wanted:
        return looked.lines
    measures = [ERROR] if wanted & {Severity.ERROR, Severity.CRITICAL} else []
    measures += [WARNING] if Severity.WARN in wanted else []
    lines = measured_lines(looked.lines, looked.found, looked.findings, "component", looked.asked.window)
    kept: Sequence[int] = lines.filter(pl.col("measure").is_in(measures))["position"].to_list()
    return LogTable(looked.lines.rows.filter(pl.col("position").is_in(kept)), looked.lines.streams)


def _places(table: LogTable) -> dict[str, int]:
    counts: dict[str, int] = {}
    for stream, count in table.rows.group_by("stream").len().iter_rows():
        name = stream_name({k: v for k, v in table.streams[stream].items() if k != "container"})
        counts[name] = counts.get(name, 0) + count
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:MOST_PLACES])
