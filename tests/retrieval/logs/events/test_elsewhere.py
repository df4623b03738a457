"""Events of a namespace that its own labels do not lead to."""

import json
from collections.abc import Mapping

import pytest

from retrieval.errors import LogSourceDown
from retrieval.log_lines import LogLine, LogTable
from retrieval.logs.events.elsewhere import events_about, with_events_elsewhere
from retrieval.logs.source import Coverage, LogQuery, LogRead
from retrieval.time_window import TimeWindow

POD = "api-6d4f9c7b8-x2x4z"
EXPORTER = {"namespace": "monitoring", "pod": "event-exporter-7d9f8b6c5-q8w9z", "app": "event-exporter"}
KUBELET = {"job": "systemd-journal", "node": "node-1"}
FLUX = {"namespace": "flux-system", "pod": "kustomize-controller-7d9f8b6c5-q8w9z", "app": "kustomize-controller"}


def exported(kind: str, name: str, namespace: str, reason: str) -> str:
    about = {"kind": kind, "name": name} | ({"namespace": namespace} if namespace else {})
    return json.dumps({"involvedObject": about, "reason": reason, "type": "Normal", "message": "said", "count": 1})


def applied(namespace: str, done: str) -> str:
    return json.dumps(
        {"level": "info", "msg": "server-side apply completed", "controllerGroup": "kustomize.toolkit.fluxcd.io",
         "controllerKind": "Kustomization", "Kustomization": {"name": "apps", "namespace": "flux-system"},
         "revision": "main@sha1:abcdef1", "output": {f"Deployment/{namespace}/api": done}}
    )  # fmt: skip


ROLLOUT = exported("Deployment", "api", "shop", "ScalingReplicaSet")
PLEG = (
    f'I1120 14:00:00.1 1 kubelet.go:2400] "SyncLoop (PLEG): event for pod" pod="shop/{POD}" '
    'event={"ID":"1b","Type":"ContainerDied","Data":"c"}'
)
NODE_DOWN = exported("Node", "node-1", "", "NodeNotReady")


def about(text: str, labels: Mapping[str, str], selectors: Mapping[str, str], *nodes: str) -> list[dict[str, str]]:
    table = LogTable.from_lines([LogLine(0, 1, labels, text)])
    return [dict(line.labels) for line in events_about(table, selectors, frozenset(nodes))]


@pytest.mark.parametrize(
    ("text", "labels", "found"),
    [
        (ROLLOUT, EXPORTER, {"namespace": "shop", "app": "api"}),
        (PLEG, KUBELET, {"namespace": "shop", "pod": POD, "app": "api"}),
        (NODE_DOWN, EXPORTER, {"node": "node-1", "app": "node"}),
        (applied("shop", "configured"), FLUX, {"namespace": "flux-system", "app": "apps"}),
    ],
)
def test_an_event_of_the_namespace_is_found(text: str, labels: dict[str, str], found: dict[str, str]) -> None:
    """Whoever tells it; its line is labelled as what it is about."""
    assert about(text, labels, {"namespace": "shop"}) == [found]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (exported("Deployment", "api", "web", "ScalingReplicaSet"), EXPORTER),
        (applied("shop", "unchanged"), FLUX),
        (applied("web", "configured"), FLUX),
        ("level=info msg=\"shop is open\" type=Normal reason=", EXPORTER),
        (ROLLOUT, {"namespace": "shop", "job": "loki.source.kubernetes_events"}),
    ],
)  # fmt: skip
def test_other_events_are_left_where_they_are(text: str, labels: dict[str, str]) -> None:
    """Those of other namespaces, those that changed nothing, and those that the question's own query reads."""
    assert about(text, labels, {"namespace": "shop"}) == []


def test_a_node_is_one_that_the_namespace_runs_on() -> None:
    """Where it is known which; a question about another node is not told of this one."""
    assert about(NODE_DOWN, EXPORTER, {"namespace": "shop"}, "node-2") == []
    assert len(about(NODE_DOWN, EXPORTER, {"namespace": "shop"}, "node-1", "node-2")) == 1
    assert len(about(NODE_DOWN, EXPORTER, {"node": "node-1"})) == 1
    assert about(NODE_DOWN, EXPORTER, {"node": "node-2"}) == []


def test_a_pod_is_told_of_by_its_name() -> None:
    """Another pod of the same workload is not meant."""
    assert len(about(PLEG, KUBELET, {"pod": POD})) == 1
    assert about(PLEG, KUBELET, {"pod": "api-6d4f9c7b8-q8w9z"}) == []
    assert about(ROLLOUT, EXPORTER, {"namespace": "shop", "app": "api"}) != []


class Source:
    """A log source whose second answer, or failure, is the given one."""

    def __init__(self, answer: LogRead | LogSourceDown) -> None:
        self._answer = answer
        self.asked: list[LogQuery] = []

    async def read(self, query: LogQuery) -> LogRead:
        self.asked.append(query)
        if isinstance(self._answer, LogSourceDown):
            raise self._answer
        return self._answer

    async def label_values(self, window: TimeWindow | None = None) -> dict[str, list[str]]:
        return {}

    async def extent(self) -> TimeWindow | None:
        return None

    async def aclose(self) -> None: ...


QUERY = LogQuery(TimeWindow(0, 100), {"namespace": "shop"}, share=0.5)
OWN = LogRead(
    LogTable.from_lines([LogLine(0, 10, {"namespace": "shop"}, "a"), LogLine(1, 30, {"namespace": "shop"}, "b")]),
    Coverage(2, 2, truncated=False),
    query='{namespace="shop"}',
)


async def test_events_stand_among_the_lines_by_time() -> None:
    """With positions of their own, counted as read, and with the query that found them."""
    told = LogTable.from_lines([LogLine(0, 20, EXPORTER, ROLLOUT), LogLine(1, 21, EXPORTER, "level=info shop")])
    source = Source(LogRead(told, Coverage(2, 2, truncated=False), query="{…}"))
    read = await with_events_elsewhere(source, QUERY, OWN)
    assert [(line.position, line.timestamp) for line in read.table] == [(0, 10), (2, 20), (1, 30)]
    assert (read.coverage.lines_matched, read.coverage.lines_read) == (3, 3)
    assert read.warnings == ("1 event of namespace shop told by event-exporter",)
    assert read.beside == "{…}"
    (asked,) = source.asked
    assert (asked.outside, asked.selectors, asked.share) == ({"namespace": "shop"}, {}, 0.05)


async def test_what_stands_elsewhere_and_cannot_be_read_is_said() -> None:
    """The lines of the namespace stand; a question that selects nothing asks nothing more."""
    down = Source(LogSourceDown("Loki is busy."))
    read = await with_events_elsewhere(down, QUERY, OWN)
    assert read.table is OWN.table
    assert "Loki is busy." in read.warnings[0]
    unselected = LogQuery(TimeWindow(0, 100))
    assert await with_events_elsewhere(down, unselected, OWN) is OWN
    assert len(down.asked) == 1
