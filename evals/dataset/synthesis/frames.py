"""How each component frames a line: klog, zap, logfmt, events as Alloy ships them, and others.

Sources of the forms: k8s.io/klog, containerd's logrus text form, CoreDNS's `[LEVEL] message`, go.uber.org/zap as
controller-runtime and etcd set it up, go-kit logfmt of Loki and Alloy, slog of Prometheus 3, the OpenTelemetry
collector's console form, and Alloy's `loki.source.kubernetes_events` in logfmt.
"""

import json
import re
from collections.abc import Callable

from evals.dataset.synthesis.values import Values

_EVENT = re.compile(
    r"(?P<type>Normal|Warning) (?P<reason>\w+)(?: from=(?P<source>[\w-]+))?(?: on=(?P<kind>\w+)/(?P<name>\S+))?"
)
_API = {
    "Pod": "v1", "Node": "v1", "PersistentVolumeClaim": "v1", "Deployment": "apps/v1", "ReplicaSet": "apps/v1",
    "CronJob": "batch/v1", "Job": "batch/v1", "HorizontalPodAutoscaler": "autoscaling/v2",
    "Certificate": "cert-manager.io/v1", "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2", "Volume": "longhorn.io/v1beta2",
}  # fmt: skip

Frame = Callable[[str, str, Values], str]


def _raw(_head: str, text: str, _values: Values) -> str:
    return text


def _klog(head: str, text: str, values: Values) -> str:
    level, caller = head.split()
    return f"{level}{values['klog']} {1:>7} {caller}] {text}"


def _containerd(head: str, text: str, values: Values) -> str:
    return f'time="{values["time"]}" level={head} msg={text}'


def _zap(head: str, text: str, values: Values) -> str:
    return f'{{"level":"{head}","ts":"{values["millis"]}",{text}}}'


def _brackets(head: str, text: str, _values: Values) -> str:
    return f"[{head}] {text}"


def _cilium(head: str, text: str, values: Values) -> str:
    return f"time={values['time']} level={head} {text}"


def _loki(head: str, text: str, values: Values) -> str:
    return f"level={head} ts={values['time']} {text}"


def _alloy(head: str, text: str, values: Values) -> str:
    return f"ts={values['time']} level={head} {text}"


def _slog(head: str, text: str, values: Values) -> str:
    return f"time={values['millis']} level={head} {text}"


def _otel(head: str, text: str, values: Values) -> str:
    return f"{values['millis']}\t{head}\t{text}"


def _event(head: str, text: str, values: Values) -> str:
    match = _EVENT.fullmatch(head)
    if match is None:
        raise ValueError(f"an event is 'Type Reason [from=component] [on=Kind/name]', not {head!r}")
    kind, name = match["kind"] or "Pod", match["name"] or values["pod"]
    source = match["source"] or "kubelet"
    here = f"sourcehost={values['node']} " if source == "kubelet" else ""
    instance = f"reportinginstance={values['node']} " if source == "kubelet" else ""
    return (
        f"name={name} kind={kind} objectAPIversion={_API[kind]} objectRV={values['rv']} eventRV={values['rv']} "
        f"{instance}reportingcontroller={source} sourcecomponent={source} {here}reason={match['reason']} "
        f"type={match['type']} count={values['s']} msg={json.dumps(text, ensure_ascii=False)}"
    )


FRAMES: dict[str, Frame] = {
    "raw": _raw, "klog": _klog, "containerd": _containerd, "zap": _zap, "brackets": _brackets, "cilium": _cilium,
    "loki": _loki, "alloy": _alloy, "slog": _slog, "otel": _otel, "event": _event,
}  # fmt: skip
