"""Names of environment variables: each in a manifest is a setting, and each setting stands in a manifest.

A setting that is left at its default is named all the same, in a comment of `settings.env`, so that whoever deploys the
app sees it.
"""

import re
from collections.abc import Iterator

import yaml

from app.settings import TOPICS, environment_name
from deploy.validation.fault import Fault, Tree
from deploy.validation.manifests import Object, manifests

# What the libraries read themselves, and shells set.
OTHERS = frozenset({"HOME", "CHAINLIT_AUTH_SECRET"})
_LINE = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]+)=", re.MULTILINE)
_APP_IMAGE = "k8s-log-agent"


def settings() -> frozenset[str]:
    """The environment variable of every setting."""
    return frozenset(environment_name(topic.__name__, field) for topic in TOPICS for field in topic.model_fields)


def check(tree: Tree) -> list[Fault]:
    """No manifest names a variable that nothing reads, and every setting is named."""
    known = settings()
    listed = tree.deploy / "kustomize" / "base" / "app" / "settings.env"
    named = set(_LINE.findall(listed.read_text("utf-8")))
    faults = [Fault(tree.name(listed), f"{name} is no setting") for name in sorted(named - known)]
    faults += [
        Fault(tree.name(listed), f"the setting {name} is missing; name it in a comment where its default is right")
        for name in sorted(known - named)
    ]
    for place, name in [*_of_manifests(tree), *_of_compose(tree)]:
        if name not in known | OTHERS:
            faults.append(Fault(place, f"{name} is no setting"))
    return faults


def _of_manifests(tree: Tree) -> Iterator[tuple[str, str]]:
    for manifest in manifests(tree):
        for container in _containers(manifest.body):
            if _APP_IMAGE in container.get("image", ""):
                yield from ((manifest.place, variable["name"]) for variable in container.get("env", []))
        if manifest.kind == "ConfigMap" and manifest.body["metadata"]["name"].startswith("logagent-settings"):
            yield from ((manifest.place, name) for name in manifest.body.get("data", {}))


def _of_compose(tree: Tree) -> Iterator[tuple[str, str]]:
    path = tree.deploy / "compose" / "compose.yaml"
    for service, given in yaml.safe_load(path.read_text("utf-8"))["services"].items():
        if _APP_IMAGE in given.get("image", ""):
            yield from ((f"{tree.name(path)}: {service}", name) for name in given.get("environment", {}))


def _containers(body: Object) -> Iterator[Object]:
    if isinstance(body, dict):
        for key, value in body.items():
            if key in ("containers", "initContainers"):
                yield from value
            else:
                yield from _containers(value)
    elif isinstance(body, list):
        for part in body:
            yield from _containers(part)
