"""The events among many log lines, and the labels that they give their lines."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from retrieval.log_lines import LABELS, LogTable
from retrieval.logs.events.cluster_event import ClusterEvent, EventKind
from retrieval.logs.events.reading import MARKS, read_event

MOST_READ = 20_000


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event with its line: position in the input, and nanoseconds (None where the line has no time)."""

    event: ClusterEvent
    position: int
    timestamp: int | None


def find_events(table: LogTable) -> list[PlacedEvent]:
    """The events of a table, oldest first; of very many the newest are read."""
    rows = table.rows.filter(pl.col("line").str.contains_any(list(MARKS))).tail(MOST_READ)
    found = []
    for position, timestamp, stream, text in rows.select("position", "timestamp", "stream", "line").iter_rows():
        if (event := read_event(text, table.streams[stream])) is not None:
            found.append(PlacedEvent(event, position, timestamp))
    return found


def with_event_labels(table: LogTable) -> LogTable:
    """The table in which an event's line has the labels of what it is about, where it has no pod or app of its own.

    A collector labels all events alike, with its own job, and an exporter with its own pod; what matters of an event is
    whom it happened to.
    """
    added: dict[int, Mapping[str, str]] = {}
    streams = dict(zip(table.rows["position"].to_list(), table.rows["stream"].to_list(), strict=True))
    events = find_events(table) if len(table) else []
    for placed in events:
        own = dict(table.streams[streams[placed.position]])
        if placed.event.exported:
            own = {name: value for name, value in own.items() if name not in LABELS}
        if own.get("app") == own.get("job"):  # what Loki derives the service from where there is nothing else
            own.pop("app", None)
        if not own.get("pod") and not own.get("app") and not own.get("container"):
            added[placed.position] = {**event_labels(placed.event), **own}
    if not added:
        return table
    known: dict[tuple[tuple[str, str], ...], int] = {}
    numbers = {at: known.setdefault(tuple(sorted(labels.items())), len(known)) for at, labels in added.items()}
    first = len(table.streams)
    moved = pl.DataFrame(
        {"position": list(numbers), "moved": [first + number for number in numbers.values()]},
        schema={"position": pl.Int64, "moved": pl.UInt32},
    )
    rows = table.rows.join(moved, on="position", how="left", maintain_order="left")
    rows = rows.with_columns(pl.coalesce("moved", "stream").alias("stream")).drop("moved")
    return LogTable(rows, (*table.streams, *(dict(labels) for labels in known)))


def event_labels(event: ClusterEvent) -> dict[str, str]:
    """The labels of what an event is about, as far as its line names it."""
    thing = event.object_kind.lower()
    found = {"namespace": event.namespace}
    if thing == "pod":
        found |= {"pod": event.name, "app": event.workload}
    elif event.kind is EventKind.NODE or thing == "node":
        found |= {"node": event.name, "app": "node"}
    else:
        found["app"] = event.workload
    return {name: value for name, value in found.items() if value}
