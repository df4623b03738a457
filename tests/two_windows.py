"""Two hours of a small cluster: 13:00 to 14:00 as ever, 14:00 to 15:00 with known changes; for files and Loki.

| namespace | what changes at or after 14:00                                                              |
| --- | --- |
| shop      | from 14:07 an x509 error, 156 times in each of 2 pods                                       |
| llm       | "slot timeout": 6 times before, 60 times after                                             |
| logging   | "compaction finished" comes each minute before, and no more                                 |
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from retrieval.timestamps import to_iso
from tests.retrieval.loki.pushing import Line

SECOND = 10**9
HOUR = 3600 * SECOND
PODS = {
    "shop": ("api-7d9f8b6c5-x2x4z", "api-7d9f8b6c5-q8w9z"),
    "llm": ("llama-0",),
    "logging": ("loki-0",),
}
START = round(datetime(2026, 11, 20, 13, tzinfo=UTC).timestamp()) * SECOND


def two_hours(start: int = START, *, events: bool = False) -> list[Line]:
    """The lines of both hours from `start` (nanoseconds), oldest first; with the cluster's events where wanted."""
    return sorted([*_lines(start), *(_events(start) if events else ())], key=lambda line: line.timestamp)


def events_elsewhere(start: int = START) -> list[Line]:
    """Events that an exporter of namespace `monitoring` tells of three others.

    A rollout of shop/api at 14:05:00, one of llm/llama at 14:06:00, and a node that is lost at 14:06:10.
    """
    labels = {"namespace": "monitoring", "pod": "event-exporter-0", "container": "exporter", "app": "event-exporter"}
    told = (
        (
            3900,
            {"kind": "Deployment", "namespace": "shop", "name": "api"},
            "ScalingReplicaSet",
            "Scaled up api-7d9f8b6c5",
        ),
        (3960, {"kind": "StatefulSet", "namespace": "llm", "name": "llama"}, "SuccessfulUpdate", "update llama-0"),
        (3970, {"kind": "Node", "name": "node-2"}, "NodeNotReady", "Node node-2 status is now: NodeNotReady"),
    )
    return [
        Line(
            start + second * SECOND + 5,
            json.dumps({"involvedObject": about, "type": "Normal", "reason": reason, "message": said, "count": 1}),
            labels,
        )
        for second, about, reason, said in told
    ]


def write_archive(path: Path, lines: list[Line]) -> Path:
    """The lines as `logcli -o jsonl` writes them."""
    rows = ({"labels": dict(line.labels), "line": line.text, "timestamp": to_iso(line.timestamp)} for line in lines)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def line(moment: int, namespace: str, text: str, pod: str | None = None) -> Line:
    """A line of a namespace's pod, by default its first."""
    name = pod or PODS[namespace][0]
    app = name.split("-")[0]
    return Line(moment, text, {"namespace": namespace, "pod": name, "container": app, "app": app})


def _events(start: int) -> Iterator[Line]:
    """As Alloy ships them: a rollout of shop/api with a new image at 14:05, and a back-off of llama-0 at 14:20."""
    labels = {"namespace": "shop", "job": "loki.source.kubernetes_events"}
    told = (
        (-600, "Pod", PODS["shop"][0], "Normal", "Pulled", 1, 'Container image "lan/shop/api:1.4" already present'),
        (
            3900,
            "Deployment",
            "api",
            "Normal",
            "ScalingReplicaSet",
            1,
            "Scaled up replica set api-7d9f8b6c5 to 1",
        ),
        (3902, "Pod", PODS["shop"][1], "Normal", "Pulling", 1, 'Pulling image "lan/shop/api:1.5"'),
        (4800, "Pod", PODS["llm"][0], "Warning", "BackOff", 4, "Back-off restarting failed container llama"),
    )
    for second, kind, name, type_, reason, count, message in told:
        said = message.replace('"', '\\"')
        text = f'name={name} kind={kind} reason={reason} type={type_} count={count} msg="{said}"'
        namespace = "llm" if name in PODS["llm"] else "shop"
        yield Line(start + max(0, second) * SECOND + 3, text, {**labels, "namespace": namespace})


def _lines(start: int) -> Iterator[Line]:
    for namespace, pods in PODS.items():
        for nth in range(720):
            pod = pods[nth % len(pods)]
            text = f'level=info msg="request served" path=/items/{nth} duration={nth % 37}ms'
            yield line(start + nth * 10 * SECOND + nth, namespace, text, pod)
    onset = start + HOUR + 420 * SECOND
    for pod in PODS["shop"]:
        for nth in range(156):
            text = 'level=error msg="payment failed" error="x509: certificate has expired or is not yet valid"'
            yield line(onset + nth * 20 * SECOND + (pod[-2] == "9"), "shop", text, pod)
    for hour, count in ((0, 6), (1, 60)):
        for nth in range(count):
            moment = start + hour * HOUR + nth * HOUR // count + 7
            yield line(moment, "llm", f'level=warn msg="slot timeout" slot={nth % 4}')
    for nth in range(60):
        yield line(start + nth * 60 * SECOND + 11, "logging", f'level=info msg="compaction finished" table=index_{nth}')
