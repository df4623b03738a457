"""Reading one log line as an event of the cluster.

| form | written by |
| --- | --- |
| logfmt or JSON with `kind`, `reason`, `type` | Alloy's loki.source.kubernetes_events, event exporters |
| `LAST SEEN TYPE REASON OBJECT MESSAGE` | kubectl get events; kubectl describe |
| `"Event occurred" object=… reason=…`, `Event(v1.ObjectReference{…})` | controllers, as klog lines |
| `"SyncLoop (PLEG)…"`, `"Recording event message for node"` | kubelet |
| JSON with `controllerGroup` | Flux's controllers |
| `Last State: Terminated`, `terminated with exit code 137` | what is told of a container's previous run |
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from retrieval.logs.events.cluster_event import ClusterEvent, EventKind
from retrieval.logs.events.flux import read_flux
from retrieval.logs.events.reasons import kind_of_event

# Texts of which every event line holds one, to find the few among the many.
MARKS = (
    "Normal", "Warning", "fluxcd.io", "(PLEG)", "event message for node", "became not ready", "became ready",
    "restarting failed container", "Last State", "last state", "erminated", "ObjectReference", "exit code", "Exit Code",
    "previous container",
)  # fmt: skip
LONGEST = 20_000
_TYPES = ("Normal", "Warning")

_PAIR = re.compile(r'(?:^|[\s,])(?P<key>[A-Za-z_]\w*)=(?P<value>"(?:[^"\\]|\\.)*"|[^\s"]*)')
_TABLE = re.compile(
    r"^(?:(?!(?:\d+[smhdy])+\s)(?P<namespace>[a-z0-9][a-z0-9-]{0,62})\s+)?"
    r"(?:(?P<seen>(?:\d+[smhdy])+|<unknown>|<invalid>"
    r"|\d{4}-\d\d-\d\dT\S+)(?: ago)?(?: \(x(?P<count>\d+) over [^)]+\))?\s+)?"
    r"(?P<type>Normal|Warning)\s+(?P<reason>[A-Z][A-Za-z]+)\s+"
    r"(?P<kind>[A-Za-z][\w.]*)/(?P<name>[\w.:-]+)\s+(?P<message>\S.*)$"
)
_DESCRIBED = re.compile(
    r"^\s*(?P<type>Normal|Warning)\s+(?P<reason>[A-Z][A-Za-z]+)\s+"
    r"(?:(?:\d+[smhdy])+|<unknown>)(?: \(x(?P<count>\d+) over [^)]+\))?"
    r"\s+(?P<from>[a-z][\w.-]*(?:, [\w.-]+)?)\s+(?P<message>\S.*)$"
)
_REFERENCE = re.compile(
    r'Event\(v1\.ObjectReference\{Kind:"(?P<kind>\w*)", Namespace:"(?P<namespace>[^"]*)", Name:"(?P<name>[^"]*)"'
    r".*?\}\): type: '(?P<type>\w+)' reason: '(?P<reason>\w+)' (?P<message>.*)$"
)
_PLEG = re.compile(
    r'\(PLEG\): event for pod" pod="(?P<namespace>[^/"]*)/(?P<name>[^"]*)".*?"?Type"?:"?(?P<type>Container\w+)'
)
_NODE = re.compile(r'Recording event message for node" node="(?P<name>[^"]+)" event="(?P<reason>\w+)"')
_NODE_STATE = re.compile(r'"?Node became (?P<state>not ready|ready)"? node="?(?P<name>[\w.-]+)')
_SYNC = re.compile(r"restarting failed container=(?P<container>[\w.-]+) pod=(?P<name>[\w.-]+?)_(?P<namespace>[\w-]+)\(")
_PREVIOUS = re.compile(
    r"(?i)\blast state:?\s+terminated\b|\bprevious (?:terminated )?container\b"
    r"|\bcontainer\b[^.]{0,80}\b(?:terminated|exited|died)\b[^.]{0,40}\b(?:exit code|code|signal|status"
    r"|reason)\b[:= ]*\w+"
    r"|^\s*(?:Exit Code:\s+\d+|Reason:\s+(?:OOMKilled|Error|Completed|ContainerCannotRun))\s*$"
)  # fmt: skip
_IMAGE = re.compile(r'image "(?P<image>[^"\s]+)"')


def read_event(text: str, labels: Mapping[str, str]) -> ClusterEvent | None:
    """The event that a line tells, with the names that its labels add; None where it tells none."""
    if len(text) > LONGEST or not any(mark in text for mark in MARKS):
        return None
    event = _of_json(text) if text.lstrip()[:1] == "{" else _of_text(text)
    if event is None or event.kind is EventKind.NODE or event.object_kind.lower() == "node":
        return event
    named = event if event.name else replace(event, name=labels.get("pod", ""))
    return named if named.namespace else replace(named, namespace=labels.get("namespace", ""))


def _of_text(text: str) -> ClusterEvent | None:
    if "reason=" in text:
        pairs = {match["key"]: _unquoted(match["value"]) for match in _PAIR.finditer(text)}
        if pairs.get("type") in _TYPES and pairs.get("reason"):
            return _of_fields(pairs)
    for pattern in (_TABLE, _DESCRIBED, _REFERENCE):
        if match := pattern.search(text):
            return _of_fields({key: value or "" for key, value in match.groupdict().items()})
    return _of_kubelet(text) or _of_previous_container(text)


def _unquoted(value: str) -> str:
    if value[:1] != '"':
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value[1:-1]


def _of_json(text: str) -> ClusterEvent | None:
    try:
        record = json.loads(text)
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    record = record["event"] if isinstance(record.get("event"), dict) else record
    if record.get("type") not in _TYPES or not isinstance(record.get("reason"), str):
        return read_flux(record)
    targets = (record.get(key) for key in ("involvedObject", "regarding", "object"))
    about: dict[str, Any] = next((target for target in targets if isinstance(target, dict)), {})
    event = _of_fields({**{key: str(value) for key, value in about.items()}, **_flat(record, bool(about))})
    return replace(event, exported=bool(about))


def _flat(record: Mapping[str, Any], about: bool) -> dict[str, str]:
    """The event's own fields as texts; `kind` and `name` of the event itself are not those of what it is about."""
    own = {"reason", "type", "count", "msg", "message", "note"} | (set() if about else {"kind", "name", "namespace"})
    return {key: str(value) for key, value in record.items() if key in own and value not in (None, "")}


def _of_fields(fields: Mapping[str, str]) -> ClusterEvent:
    """An event from its named fields; `object` may be `namespace/name`."""
    message = fields.get("msg") or fields.get("message") or fields.get("note") or ""
    namespace, name = fields.get("namespace", ""), fields.get("name", "")
    if not name and (target := fields.get("object", "")):
        left, _, right = target.rpartition("/")
        namespace, name = namespace or left, right
    thing, reason = fields.get("kind", ""), fields["reason"]
    image = found["image"] if (found := _IMAGE.search(message)) else ""
    return ClusterEvent(
        kind_of_event(reason, thing, message),
        reason,
        message,
        object_kind=thing,
        namespace="" if thing.lower() == "node" else namespace,
        name=name,
        count=int(fields["count"]) if fields.get("count", "").isdigit() else 1,
        warning=fields.get("type") == "Warning" or reason == "NodeNotReady",
        image=image,
    )


def _of_kubelet(text: str) -> ClusterEvent | None:
    if match := _PLEG.search(text):
        died = match["type"] == "ContainerDied"
        kind = EventKind.RESTART if died else EventKind.OTHER
        return ClusterEvent(kind, match["type"], match["type"], "Pod", match["namespace"], match["name"], warning=died)
    if match := _NODE.search(text):
        reason = match["reason"]
        return ClusterEvent(EventKind.NODE, reason, reason, "Node", name=match["name"], warning="Not" in reason)
    if match := _NODE_STATE.search(text):
        down = match["state"] == "not ready"
        reason = "NodeNotReady" if down else "NodeReady"
        return ClusterEvent(EventKind.NODE, reason, f"node {match['state']}", "Node", name=match["name"], warning=down)
    if match := _SYNC.search(text):
        said = f"back-off restarting failed container {match['container']}"
        return ClusterEvent(EventKind.RESTART, "BackOff", said, "Pod", match["namespace"], match["name"], warning=True)
    return None


def _of_previous_container(text: str) -> ClusterEvent | None:
    """What a line tells of a container's run that has ended; which container, its labels say."""
    if len(text) > 600 or not _PREVIOUS.search(text):
        return None
    return ClusterEvent(EventKind.RESTART, "Terminated", " ".join(text.split())[:200], "Pod", warning=True)
