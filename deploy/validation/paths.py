"""Network paths: where the app's settings and its jobs' point, both sides' policies let them through.

An address in a manifest that a NetworkPolicy closes shows as a timeout in a cluster and nowhere before it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from deploy.validation.fault import Fault, Tree
from deploy.validation.manifests import Manifest, manifests

Labels = Mapping[str, str]
NAME, NAMESPACE = "app.kubernetes.io/name", "kubernetes.io/metadata.name"
_APP_IMAGE = "k8s-log-agent"
_SUFFIX = ".svc.cluster.local"
# Services that charts make, by the name of the pods behind them.
_OF_CHARTS = {"loki": "loki", "tempo": "tempo", "prometheus-operated": "prometheus"}
_OBSERVABILITY = "deploy/flux/observability"


@dataclass(frozen=True)
class Pod:
    """What a policy sees of a pod."""

    namespace: str
    labels: Labels


def check(tree: Tree) -> list[Fault]:
    """Every address that an app's pod is given can be reached from it, as far as policies say."""
    found = list(manifests(tree))
    around = [each for each in found if each.folder == _OBSERVABILITY]
    faults = []
    for folder in sorted({each.folder for each in found if "/overlays/" in each.folder}):
        inside = [each for each in found if each.folder == folder]
        policies = [each for each in [*inside, *around] if each.kind == "NetworkPolicy"]
        for workload in inside:
            for pod, name, address in _addresses(workload, inside):
                faults += [Fault(workload.place, what) for what in _closed(pod, name, address, inside, policies)]
    return faults


def _addresses(workload: Manifest, inside: list[Manifest]) -> Iterator[tuple[Pod, str, str]]:
    template = _template(workload.body)
    if template is None:
        return
    pod = Pod(_namespace(workload), template["metadata"].get("labels", {}))
    maps = {each.body["metadata"]["name"]: each.body.get("data", {}) for each in inside if each.kind == "ConfigMap"}
    for container in template["spec"]["containers"]:
        if _APP_IMAGE not in container["image"]:
            continue
        given: dict[str, str] = {}
        for source in container.get("envFrom", []):
            given |= maps.get(source.get("configMapRef", {}).get("name", ""), {})
        given |= {each["name"]: each.get("value", "") for each in container.get("env", [])}
        yield from ((pod, name, value) for name, value in given.items() if _SUFFIX in str(value))


def _closed(pod: Pod, name: str, address: str, inside: list[Manifest], policies: list[Manifest]) -> Iterator[str]:
    parts = urlsplit(address)
    service, _, rest = (parts.hostname or "").partition(".")
    namespace = rest.removesuffix(_SUFFIX)
    selector = next(
        (each.body["spec"]["selector"] for each in inside
         if each.kind == "Service" and each.body["metadata"]["name"] == service and _namespace(each) == namespace),
        {NAME: _OF_CHARTS[service]} if service in _OF_CHARTS else None,
    )  # fmt: skip
    if selector is None:
        yield f"{name}: there is no service {service} in {namespace}"
        return
    target = Pod(namespace, selector)
    if not _allowed(pod, target, parts.port or 80, "egress", policies):
        yield f"{name}: no policy lets it out to {service}:{parts.port}"
    if not _allowed(target, pod, parts.port or 80, "ingress", policies):
        yield f"{name}: no policy of {service} lets it in at {parts.port}"


def _allowed(owner: Pod, other: Pod, port: int, way: str, policies: list[Manifest]) -> bool:
    """Whether a policy on `owner` allows this way with `other`; where none is on it, everything is allowed."""
    on_it = [
        each.body["spec"]
        for each in policies
        if _namespace(each) == owner.namespace
        and way.capitalize() in each.body["spec"].get("policyTypes", [])
        and _selects(each.body["spec"].get("podSelector", {}), owner.labels)
    ]
    side = "to" if way == "egress" else "from"
    return not on_it or any(
        port in {each.get("port") for each in rule.get("ports", [])}
        and (side not in rule or any(_is_peer(peer, owner, other) for peer in rule[side]))
        for spec in on_it
        for rule in spec.get(way, [])
    )


def _is_peer(peer: Mapping[str, Any], owner: Pod, other: Pod) -> bool:
    spaces = peer.get("namespaceSelector")
    same = other.namespace == owner.namespace if spaces is None else _selects(spaces, {NAMESPACE: other.namespace})
    return same and _selects(peer.get("podSelector", {}), other.labels)


def _selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    equal = all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())
    return equal and all(
        each["operator"] == "In" and labels.get(each["key"]) in each["values"]
        for each in selector.get("matchExpressions", [])
    )


def _template(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    spec = body.get("spec", {})
    template = spec.get("jobTemplate", {}).get("spec", {}).get("template") or spec.get("template")
    return template if isinstance(template, dict) and "containers" in template.get("spec", {}) else None


def _namespace(manifest: Manifest) -> str:
    return str(manifest.body["metadata"].get("namespace", ""))
