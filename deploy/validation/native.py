"""Objects of Kubernetes itself, strictly against the schemas of one version."""

import json
import re
from functools import cache

import kubernetes_validate

from deploy.validation.fault import Fault, Tree
from deploy.validation.manifests import manifests

VERSION = "1.35"
_NATIVE = re.compile(r"^(|apps|batch|autoscaling|policy|[a-z.]+\.k8s\.io)$")
# Under the same suffix, but brought by a definition of their own.
_CUSTOM = ("gateway.networking.k8s.io",)


def is_native(group: str) -> bool:
    """Whether a group's kinds come with every cluster."""
    return bool(_NATIVE.match(group)) and group not in _CUSTOM


def check(tree: Tree) -> list[Fault]:
    """Every native object is valid and has no field that its kind does not know."""
    faults = []
    for manifest in manifests(tree):
        if not is_native(manifest.group):
            continue
        if (wrong := _wrong(json.dumps(manifest.body))) is not None:
            faults.append(Fault(manifest.place, wrong))
    return faults


@cache
def _wrong(body: str) -> str | None:
    try:
        kubernetes_validate.validate(json.loads(body), VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        where = ".".join(str(part) for part in error.path)
        return f"{where}: {error.message}"[:500]
    except (kubernetes_validate.SchemaNotFoundError, kubernetes_validate.VersionNotSupportedError) as error:
        return f"no schema of Kubernetes {VERSION}: {error}"
    return None
