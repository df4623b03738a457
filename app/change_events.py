"""What happened in the cluster beside the changes: told in words, put in time, and next to what changed with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from retrieval.logs.events.cluster_event import ClusterEvent, EventKind
from retrieval.logs.events.finding import PlacedEvent
from retrieval.patterns.change import Change
from retrieval.taxonomy import Severity
from retrieval.timestamps import NANOSECONDS

# Events of one kind, reason and subject that lie this close together are one.
APART = 600 * NANOSECONDS
# How long before a change something may have brought it about, and how far clocks and batches may put it after.
REACH = 900 * NANOSECONDS
AFTERWARDS = 60 * NANOSECONDS
MOST_NEAR = 2
MOST_SHOWN = 40
_ROUTINE = frozenset({"ReconciliationSucceeded", "ArtifactUpToDate", "DependencyNotReady", "Pulled"})
# What people do comes before what follows from it.
_ORDER = (EventKind.ROLLOUT, EventKind.IMAGE, EventKind.RECONCILIATION, EventKind.NODE, EventKind.RESTART)
_NODE = {"NodeNotReady": "not ready", "NodeReady": "ready", "Rebooted": "rebooted", "Starting": "started its kubelet"}
_KILLED = {"Killing": "killed", "OOMKilling": "killed, out of memory", "OOMKilled": "killed, out of memory",
           "Evicted": "evicted", "ContainerDied": "stopped", "Terminated": "terminated"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """Something that happened, once or `count` times from `first` to `last` (nanoseconds), with its lines."""

    event: ClusterEvent
    text: str
    first: int
    last: int
    count: int
    positions: tuple[int, ...]

    @property
    def severity(self) -> Severity:
        """How grave it is by itself; a rollout is nothing bad."""
        down = self.event.kind is EventKind.NODE and "Not" in self.event.reason
        if down:
            return Severity.CRITICAL
        return Severity.WARN if self.event.warning else Severity.INFO


def change_events(before: Sequence[PlacedEvent], after: Sequence[PlacedEvent]) -> list[ChangeEvent]:
    """What changed the cluster in either window, oldest first.

    A reconciliation counts where it brought something new or failed, an image where it is another than before.
    """
    told = _told(sorted((each for each in (*before, *after) if each.timestamp), key=lambda each: each.timestamp or 0))
    groups: dict[tuple[str, ...], list[tuple[PlacedEvent, str]]] = {}
    found: list[ChangeEvent] = []
    for placed, text in told:
        key = (placed.event.kind, placed.event.reason, placed.event.subject, placed.event.image)
        group = groups.setdefault(key, [])
        if group and (placed.timestamp or 0) - (group[-1][0].timestamp or 0) > APART:
            found.append(_grouped(group))
            group.clear()
        group.append((placed, text))
    found += [_grouped(group) for group in groups.values()]
    return sorted(found, key=lambda each: each.first)


def near(change: Change, events: Sequence[ChangeEvent], own: Sequence[int]) -> list[tuple[ChangeEvent, float]]:
    """What happened next to a change, with how many seconds before it (negative after), likeliest to matter first.

    `own` are the positions of the change's own lines: an event is not next to itself.
    """
    mine = set(own)
    close = [
        each
        for each in events
        if -AFTERWARDS <= change.onset - each.first <= REACH
        and not mine.intersection(each.positions)
        and _concerns(each.event, change.labels) < _UNRELATED
    ]
    ranked = sorted(
        close,
        key=lambda each: (
            _concerns(each.event, change.labels),
            _ORDER.index(each.event.kind),
            abs(change.onset - each.first),
        ),
    )
    return [(each, (change.onset - each.first) / NANOSECONDS) for each in ranked[:MOST_NEAR]]


def last_rollout(events: Sequence[PlacedEvent], words: str) -> ChangeEvent | None:
    """The newest rollout, upgrade or reconciliation that brought something; of the workload named, where one is."""
    kinds = (EventKind.ROLLOUT, EventKind.IMAGE, EventKind.RECONCILIATION)
    made = [each for each in change_events(events, ()) if each.event.kind in kinds]
    lower = words.lower()
    named = [each for each in made if each.event.workload and each.event.workload.lower() in lower]
    return max(named or made, key=lambda each: each.first, default=None)


_UNRELATED = 3


def _concerns(event: ClusterEvent, labels: Mapping[str, str]) -> int:
    """How near an event's object is to a change's place: 0 its workload, 1 its namespace or node, 2 the cluster."""
    names = {labels.get(name, "").lower() for name in ("app", "container", "pod")} - {""}
    workload = event.workload.lower()
    same_namespace = not event.namespace or not labels.get("namespace") or event.namespace == labels["namespace"]
    if same_namespace and workload and any(workload in name or name in workload for name in names):
        return 0
    if event.kind is EventKind.NODE:
        return 1
    if event.namespace and event.namespace == labels.get("namespace"):
        return 1
    return 2 if event.kind is EventKind.RECONCILIATION else _UNRELATED


def _told(events: Sequence[PlacedEvent]) -> Iterator[tuple[PlacedEvent, str]]:
    """The events that changed something, each in words."""
    images: dict[tuple[str, str], str] = {}
    revisions: dict[str, str] = {}
    for placed in events:
        event = placed.event
        if event.kind is EventKind.IMAGE:
            repository, _, tag = event.image.partition("@")[0].rpartition(":")
            known = images.get((event.subject, repository or event.image))
            images[event.subject, repository or event.image] = event.image
            if event.image and known != event.image and (known or event.reason == "Pulling"):
                yield placed, _image_words(event, known, tag)
        elif event.kind is EventKind.RECONCILIATION:
            known_revision = revisions.get(event.subject)
            fresh = bool(event.revision and known_revision and known_revision != event.revision)
            if event.revision:
                revisions[event.subject] = event.revision
            if fresh or event.reason not in _ROUTINE:
                yield placed, _reconciliation_words(event)
        elif event.kind is not EventKind.OTHER:
            yield placed, _words(event)


def _words(event: ClusterEvent) -> str:
    if event.kind is EventKind.ROLLOUT:
        if event.reason == "SuccessfulRescale":
            return f"{event.subject} rescaled"
        return f"rollback of {event.subject}" if "Rollback" in event.reason else f"rollout of {event.subject}"
    if event.kind is EventKind.NODE:
        return f"node {event.name or event.subject} {_NODE.get(event.reason, event.reason)}"
    subject = event.subject or "a container"
    if event.reason in ("BackOff", "CrashLoopBackOff"):
        return f"{subject} keeps restarting (back-off)"
    return f"{subject} {_KILLED.get(event.reason, event.reason)}"


def _image_words(event: ClusterEvent, known: str | None, tag: str) -> str:
    if known is None:
        return f"image {event.image} pulled for {event.subject}"
    before = known.partition("@")[0].rpartition(":")[2]
    return f"new image of {event.subject}: {before} to {tag or event.image}"


def _reconciliation_words(event: ClusterEvent) -> str:
    done = "failed to reconcile" if event.warning or "Failed" in event.reason else "reconciled"
    if event.reason.startswith(("Upgrade", "Install")) and not event.warning:
        done = "upgraded" if event.reason.startswith("Upgrade") else "installed"
    revision = f" to {event.revision[:40]}" if event.revision and done != "failed to reconcile" else ""
    return f"Flux {done} {event.subject}{revision}"


def _grouped(group: Sequence[tuple[PlacedEvent, str]]) -> ChangeEvent:
    first, last = group[0][0], group[-1][0]
    count = max(len(group), *(placed.event.count for placed, _ in group))
    text = group[0][1] if count == 1 or first.event.kind in (EventKind.ROLLOUT, EventKind.IMAGE) else (
        f"{group[0][1]}, {count} times"
    )  # fmt: skip
    return ChangeEvent(
        replace(first.event, count=count),
        text,
        first.timestamp or 0,
        last.timestamp or 0,
        count,
        tuple(placed.position for placed, _ in group),
    )


def distance_words(seconds: float) -> str:
    """How far before or after: "2 min before", "at the same time", "20 s after"."""
    side = "before" if seconds > 0 else "after"
    away = abs(seconds)
    if away < 2:
        return "at the same time"
    return f"{away:.0f} s {side}" if away < 90 else f"{away / 60:.0f} min {side}"
