"""Events of what was asked for that stand under other labels: of an event exporter, a controller, a kubelet, Flux.

A question about one namespace reads the lines of that namespace. Who tells that a pod of it cannot be scheduled, or
that its image was changed, runs in another one, so such lines are read beside them and labelled as what they are about.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from retrieval.errors import LogSourceDown
from retrieval.log_lines import LogLine, LogTable
from retrieval.logs.events.cluster_event import ClusterEvent, EventKind
from retrieval.logs.events.finding import PlacedEvent, event_labels, find_events
from retrieval.logs.source import Coverage, LogQuery, LogRead, LogSource
from retrieval.selectors import Selectors, in_words, selects, values_of

SHARE = 0.1
"""The part of a question's budget that is spent on such events."""

# Of these every event line holds one. The texts are longer than those by which a line read is recognised, since they
# are looked for in all lines of the cluster.
_EVENT_TEXTS = (
    "type=Normal", "type=Warning", '"Normal"', '"Warning"', "ObjectReference", "(PLEG)", "fluxcd.io", "Event occurred",
    "restarting failed container",
)  # fmt: skip
# And of these every event of a node, which names no namespace.
_NODE_TEXTS = ("kind=Node ", '"kind":"Node"', '"kind": "Node"', 'kind="Node"', 'Kind:"Node"', "message for node",
               "Node became")  # fmt: skip
# By which of the labels a line is looked for, the most particular one first.
_NAMED_BY = ("pod", "app", "namespace", "node")
# What the teller of an event is called by, and how many events are looked at for it.
_TELLERS = ("app", "container", "pod", "job", "namespace", "node")
_MOST_TELLERS = 50


async def with_events_elsewhere(source: LogSource, query: LogQuery, read: LogRead) -> LogRead:
    """What was read, with the events of it that stand elsewhere; `query` is the one that was read, `share` included.

    As it is where the query selects nothing that an event could be about. LogSourceDown becomes a warning.
    """
    by = next((name for name in _NAMED_BY if name in query.selectors), None)
    if by is None:
        return read
    wanted = (values_of(query.selectors[by]) + _NODE_TEXTS, _EVENT_TEXTS + _NODE_TEXTS)
    outside = query.selectors if len(query.selectors) == 1 else {}
    asked = LogQuery(query.window, holding=(*query.holding, *wanted), outside=outside, share=query.share * SHARE)
    try:
        elsewhere = await source.read(asked)
    except LogSourceDown as error:
        return replace(read, warnings=(*read.warnings, f"events outside of what was asked for were not read. {error}"))
    nodes = frozenset(labels["node"] for labels in read.table.streams if labels.get("node"))
    events = events_about(elsewhere.table, query.selectors, nodes)
    warnings = list(read.warnings)
    if elsewhere.coverage.truncated:
        warnings.append("not every event outside of what was asked for was read")
    if not events:
        return replace(read, warnings=tuple(warnings))
    warnings.append(_said(events, elsewhere.table, query.selectors))
    # Positions of files count over all of them; those of a live source over one read.
    beyond = 0 if read.query is None else 1 + max((line.position for line in read.table), default=-1)
    moved = LogTable.from_lines(replace(line, position=line.position + beyond) for line in events)
    coverage = Coverage(
        read.coverage.lines_matched + len(events), read.coverage.lines_read + len(events), read.coverage.truncated
    )
    together = read.table.together(moved)
    return replace(read, table=together, coverage=coverage, warnings=tuple(warnings), beside=elsewhere.query)


def _said(events: Sequence[LogLine], table: LogTable, selectors: Selectors) -> str:
    """How many events of what is told by whom, in one sentence."""
    about = ", ".join(f"{name} {in_words(selected)}" for name, selected in selectors.items())
    tellers = [table.at(line.position).labels for line in events[:_MOST_TELLERS]]
    names = dict.fromkeys(next(filter(None, map(labels.get, _TELLERS)), "another place") for labels in tellers)
    return f"{'1 event' if len(events) == 1 else f'{len(events):,} events'} of {about} told by {', '.join(names)}"


def events_about(table: LogTable, selectors: Selectors, nodes: frozenset[str] = frozenset()) -> list[LogLine]:
    """The lines that tell an event of what is selected, with its labels; those that are selected themselves are not.

    An event of a node is one of what ran there: of the `nodes` where these are known, else of any.
    """
    found = []
    for placed in find_events(table):
        line = table.at(placed.position)
        if selects(selectors, line.labels):
            continue
        if _is_about(placed, line.text, selectors, nodes):
            found.append(replace(line, labels=event_labels(placed.event)))
    return found


def _is_about(placed: PlacedEvent, text: str, selectors: Selectors, nodes: frozenset[str]) -> bool:
    event = placed.event
    if selects(selectors, event_labels(event)):
        return True
    if event.kind is EventKind.NODE and "node" not in selectors:
        return not nodes or event.name in nodes
    namespaces = values_of(selectors["namespace"]) if set(selectors) == {"namespace"} else ()
    return event.kind is EventKind.RECONCILIATION and _changed_there(event, text, namespaces)


def _changed_there(event: ClusterEvent, text: str, namespaces: Sequence[str]) -> bool:
    """Whether a reconciliation changed something of these namespaces, or failed over it."""
    for namespace in namespaces:
        thing = rf"\b(?:[A-Z]\w+/{re.escape(namespace)}/[\w.:-]+|Namespace/{re.escape(namespace)})"
        what = "" if event.warning else r"\"?[: ]+\"?(?:created|configured|deleted)\b"
        if re.search(thing + what, text):
            return True
    return False
