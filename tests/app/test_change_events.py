"""What happened in the cluster, beside what changed."""

import json

from app.change_events import change_events, distance_words, last_rollout
from retrieval.log_lines import LogLine, LogTable
from retrieval.logs.events.finding import PlacedEvent, find_events

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE


def event(minute: float, reason: str, message: str, *, kind: str = "Pod", name: str = "api-6d4f9c7b8-x2x4z",
          type_: str = "Normal", count: int = 1) -> LogLine:  # fmt: skip
    line = {"name": name, "kind": kind, "reason": reason, "type": type_, "count": count, "msg": message}
    return LogLine(round(minute * 10), HOUR + round(minute * MINUTE), {"namespace": "shop"}, json.dumps(line))


def flux(minute: float, message: str, revision: str, **more: str) -> LogLine:
    line = {"msg": message, "controllerGroup": "kustomize.toolkit.fluxcd.io", "controllerKind": "Kustomization",
            "namespace": "flux-system", "name": "apps", "revision": revision, **more}  # fmt: skip
    return LogLine(round(minute * 10), HOUR + round(minute * MINUTE), {"namespace": "flux-system"}, json.dumps(line))


def found(*lines: LogLine) -> list[PlacedEvent]:
    return find_events(LogTable.from_lines(lines))


def told(*lines: LogLine) -> list[str]:
    return [each.text for each in change_events((), found(*lines))]


def test_a_rollout_is_told_once() -> None:
    """Its many steps lie within minutes of each other; the next day's is another."""
    steps = [
        event(minute, "ScalingReplicaSet", f"Scaled {way}", kind="Deployment", name="api")
        for minute, way in ((0, "up"), (0.5, "down"), (1, "up"), (40, "up"))
    ]
    assert told(*steps) == ["rollout of shop/api", "rollout of shop/api"]


def test_a_new_image_is_told_and_a_known_one_is_not() -> None:
    """From which tag to which; a pod that starts again on the same image changed nothing."""
    pulls = [
        event(0, "Pulled", 'Container image "lan/api:1.4" already present on machine'),
        event(5, "Pulled", 'Container image "lan/api:1.4" already present on machine'),
        event(9, "Pulling", 'Pulling image "lan/api:1.5"', name="api-7c6b5d4f9-q8w9z"),
    ]
    assert told(*pulls) == ["new image of shop/api: 1.4 to 1.5"]


def test_a_reconciliation_counts_where_it_brought_something() -> None:
    """The same revision every ten minutes is no change; another one is, and so is a failure."""
    rounds = [flux(n, "Reconciliation finished in 1s, next run in 10m0s", "main@sha1:aaaaaa1") for n in (0, 10, 20)]
    assert told(*rounds) == []
    fresh = flux(30, "Reconciliation finished in 1s, next run in 10m0s", "main@sha1:bbbbbb2")
    assert told(*rounds, fresh) == ["Flux reconciled flux-system/apps to main@sha1:bbbbbb2"]
    failed = flux(40, "Reconciler error", "", level="error", error="kustomize build failed")
    assert told(failed) == ["Flux failed to reconcile flux-system/apps"]


def test_restarts_and_nodes() -> None:
    """A back-off with how often, a node by its state, an event that changes nothing not at all."""
    assert told(event(0, "BackOff", "Back-off restarting failed container", type_="Warning", count=7)) == [
        "shop/api keeps restarting (back-off), 7 times"
    ]
    assert told(event(0, "NodeNotReady", "Node is not ready", kind="Node", name="node-2")) == ["node node-2 not ready"]
    assert told(event(0, "OOMKilling", "Memory cgroup out of memory", type_="Warning")) == [
        "shop/api killed, out of memory"
    ]
    assert told(event(0, "Scheduled", "Successfully assigned")) == []


def test_the_last_rollout_is_that_of_the_workload_named() -> None:
    """Without a name, the newest of all."""
    lines = [
        event(0, "ScalingReplicaSet", "Scaled up", kind="Deployment", name="api"),
        event(30, "ScalingReplicaSet", "Scaled up", kind="Deployment", name="web"),
    ]
    of_api, newest = last_rollout(found(*lines), "what changed since the api rollout?"), last_rollout(found(*lines), "")
    assert of_api is not None
    assert newest is not None
    assert (of_api.event.name, newest.event.name) == ("api", "web")
    assert last_rollout([], "") is None


def test_distances_in_words() -> None:
    """Before, after, at the same time."""
    assert [distance_words(each) for each in (120.0, 45.0, 0.5, -30.0)] == [
        "2 min before", "45 s before", "at the same time", "30 s after",
    ]  # fmt: skip
