"""Events of the cluster in the forms in which they are logged."""

import json

import pytest

from retrieval.log_lines import LogLine, LogTable
from retrieval.logs.events.cluster_event import EventKind, workload_of
from retrieval.logs.events.finding import find_events, with_event_labels
from retrieval.logs.events.reading import MARKS, read_event

POD = "api-6d4f9c7b8-x2x4z"
ALLOY = (
    f"name={POD} kind=Pod action= objectAPIversion=v1 objectRV=12 eventRV=45 reportinginstance=node-1 "
    "reportingcontroller=kubelet sourcecomponent=kubelet sourcehost=node-1 reason=BackOff type=Warning count=8 "
    f'msg="Back-off restarting failed container \\"api\\" in pod {POD}_shop(1b2c)"'
)
FLUX = {
    "level": "info", "ts": "2026-11-20T14:05:00Z", "controller": "kustomization", "controllerKind": "Kustomization",
    "controllerGroup": "kustomize.toolkit.fluxcd.io", "namespace": "flux-system", "name": "apps",
    "revision": "main@sha1:abcdef1234",
}  # fmt: skip

FORMS = [
    (ALLOY, ("restart", "BackOff", "shop/api", 8, True)),
    (json.dumps({"name": "api", "kind": "Deployment", "reason": "ScalingReplicaSet", "type": "Normal", "count": 1,
                 "msg": "Scaled up replica set api-6d4f9c7b8 from 0 to 1"}),
     ("rollout", "ScalingReplicaSet", "shop/api", 1, False)),
    (json.dumps({"metadata": {"name": "api.17a"}, "reason": "Killing", "message": "Stopping container api", "count": 1,
                 "type": "Normal", "involvedObject": {"kind": "Pod", "namespace": "prod", "name": POD}}),
     ("restart", "Killing", "prod/api", 1, False)),
    (json.dumps({"verb": "ADDED", "event": {"reason": "NodeNotReady", "type": "Normal", "message": "Node is not ready",
                                            "regarding": {"kind": "Node", "name": "node-2"}}}),
     ("node", "NodeNotReady", "node-2", 1, True)),
    (f"2m54s       Warning   BackOff             pod/{POD}   Back-off restarting failed container",
     ("restart", "BackOff", "shop/api", 1, True)),
    (f"prod   5m (x12 over 20m)   Warning   Unhealthy   pod/{POD}   Readiness probe failed: status code 503",
     ("other", "Unhealthy", "prod/api", 12, True)),
    ("10s    Normal   NodeReady   node/node-2   Node node-2 status is now: NodeReady",
     ("node", "NodeReady", "node-2", 1, False)),
    ("  Warning  FailedScheduling  2m (x3 over 5m)  default-scheduler  0/2 nodes are available: 2 Insufficient memory.",
     ("other", "FailedScheduling", "shop", 3, True)),
    (('I1120 14:03:12.123456       1 event.go:377] "Event occurred" object="prod/api" fieldPath="" kind="Deployment" '
     'apiVersion="apps/v1" type="Normal" reason="ScalingReplicaSet" message="Scaled up replica set api-5d9c to 1"'),
     ("rollout", "ScalingReplicaSet", "prod/api", 1, False)),
    (('I1120 14:03:12.1 1 event.go:218] Event(v1.ObjectReference{Kind:"Pod", Namespace:"prod", Name:"api-0", UID:"", '
     "APIVersion:\"v1\"}): type: 'Warning' reason: 'FailedMount' MountVolume.SetUp failed"),
     ("other", "FailedMount", "prod/api", 1, True)),
    ((f'I1120 14:03:12.123456  900 kubelet.go:2400] "SyncLoop (PLEG): event for pod" pod="prod/{POD}" '
     'event={"ID":"1b","Type":"ContainerDied","Data":"abc"}'), ("restart", "ContainerDied", "prod/api", 1, True)),
    (('I1120 14:03:12.123456  900 kubelet_node_status.go:696] "Recording event message for node" node="node-2" '
     'event="NodeNotReady"'), ("node", "NodeNotReady", "node-2", 1, True)),
    ((f'E1120 14:03:12.1  900 pod_workers.go:1301] "Error syncing pod" err="failed to \\"StartContainer\\" for '
     f'\\"api\\" with CrashLoopBackOff: \\"back-off 5m0s restarting failed container=api pod={POD}_prod(1b2c)\\""'),
     ("restart", "BackOff", "prod/api", 1, True)),
    (json.dumps({**FLUX, "msg": "server-side apply completed", "output": {"Deployment/shop/api": "configured"}}),
     ("reconciliation", "Applied", "flux-system/apps", 1, False)),
    (json.dumps({**FLUX, "msg": "server-side apply completed", "output": {"Deployment/shop/api": "unchanged"}}),
     ("reconciliation", "ReconciliationSucceeded", "flux-system/apps", 1, False)),
    (json.dumps({**FLUX, "level": "error", "msg": "Reconciler error", "error": "kustomize build failed"}),
     ("reconciliation", "ReconciliationFailed", "flux-system/apps", 1, True)),
    ("    Last State:     Terminated", ("restart", "Terminated", "shop/api", 1, True)),
    ("Container api terminated with exit code 137 (OOMKilled)", ("restart", "Terminated", "shop/api", 1, True)),
]  # fmt: skip


@pytest.mark.parametrize(("line", "told"), FORMS)
def test_each_form_is_read(line: str, told: tuple[str, str, str, int, bool]) -> None:
    """Kind, reason, subject, count and whether it is a warning, with the names that the labels add."""
    event = read_event(line, {"namespace": "shop", "pod": POD} if told[2] != "shop" else {"namespace": "shop"})
    assert event is not None
    assert (event.kind, event.reason, event.subject, event.count, event.warning) == told


@pytest.mark.parametrize(
    "line",
    [
        "",
        'level=info msg="Normal operation resumed" reason=none',
        "2026-11-20T10:00:00Z WARNING: Warning issued for pod/foo",
        "INFO the job terminated normally",
        '{"level":"info","msg":"Warning: something","type":"access","reason":"x"}',
        '{"broken": "Warning',
        '{"level":"info","msg":"fluxcd.io is a project"}',
        "the Warning reason= type=Normal",
        "connection terminated by peer with code 1006",
        "Warning " * 4_000,
    ],
)
def test_other_lines_are_no_events(line: str) -> None:
    """Words of events in an application's own line do not make it one."""
    assert read_event(line, {"namespace": "shop"}) is None


def test_images_and_revisions_are_kept() -> None:
    """They tell a new image from one that was there before, and a new commit from the same."""
    pulled = json.dumps({"name": POD, "kind": "Pod", "reason": "Pulling", "type": "Normal",
                         "msg": 'Pulling image "registry.lan/shop/api:1.5"'})  # fmt: skip
    event = read_event(pulled, {"namespace": "shop"})
    assert event is not None
    assert (event.kind, event.image) == (EventKind.IMAGE, "registry.lan/shop/api:1.5")
    applied = read_event(json.dumps({**FLUX, "msg": "stored artifact for commit 'fix'"}), {})
    assert applied is not None
    assert applied.revision == "main@sha1:abcdef1234"


@pytest.mark.parametrize(
    ("pod", "workload"),
    [(POD, "api"), ("postgres-0", "postgres"), ("node-exporter-x2x4z", "node-exporter"), ("api", "api"),
     ("api-6d4f9c7b8", "api"), ("cert-manager-webhook-7d9f8b6c5-q8w9z", "cert-manager-webhook")],
)  # fmt: skip
def test_a_pod_names_its_workload(pod: str, workload: str) -> None:
    """What the controllers put behind the name is taken off again."""
    assert workload_of(pod) == workload


def test_events_among_many_lines_are_found_and_labelled() -> None:
    """An event's line gets the labels of what it is about, and keeps its position and its own labels."""
    lines = [LogLine(n, n, {"namespace": "shop", "pod": "web-0", "app": "web"}, f"served {n}") for n in range(5)]
    lines.append(LogLine(5, 5, {"namespace": "shop", "job": "loki.source.kubernetes_events"}, ALLOY))
    table = LogTable.from_lines(lines)
    assert [(each.position, each.timestamp) for each in find_events(table)] == [(5, 5)]
    labelled = with_event_labels(table)
    of_event = {"namespace": "shop", "job": "loki.source.kubernetes_events"}
    assert labelled.at(5).labels == {**of_event, "pod": POD, "app": "api"}
    assert labelled.at(4).labels == {"namespace": "shop", "pod": "web-0", "app": "web"}
    assert with_event_labels(LogTable.from_lines(lines[:5])).streams == LogTable.from_lines(lines[:5]).streams


def test_an_exporter_is_not_what_its_events_are_about() -> None:
    """It ships them with its own labels; a controller's line is its own, whomever it tells of."""
    exporter = {"namespace": "monitoring", "pod": "event-exporter-0", "app": "event-exporter", "cluster": "home"}
    about = {"kind": "Pod", "namespace": "shop", "name": POD}
    told = {"reason": "BackOff", "type": "Warning", "message": "Back-off", "involvedObject": about}
    controller = f'I1120 1 event.go:389] "Event occurred" object="shop/{POD}" kind="Pod" type="Warning" reason="Failed"'
    lines = [LogLine(0, 0, exporter, json.dumps(told)), LogLine(1, 1, {"app": "kube-controller-manager"}, controller)]
    labelled = with_event_labels(LogTable.from_lines(lines))
    assert labelled.at(0).labels == {"namespace": "shop", "pod": POD, "app": "api", "cluster": "home"}
    assert labelled.at(1).labels == {"app": "kube-controller-manager"}


def test_every_form_holds_a_mark() -> None:
    """The quick look for marks passes over no event."""
    assert all(any(mark in line for mark in MARKS) for line, _ in FORMS)
