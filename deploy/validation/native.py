"""Objects of Kubernetes itself, strictly against the schemas of one version."""

import re

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
        try:
            kubernetes_validate.validate(manifest.body, VERSION, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = ".".join(str(part) for part in error.path)
            faults.append(Fault(manifest.place, f"{where}: {error.message}"[:500]))
        except (kubernetes_validate.SchemaNotFoundError, kubernetes_validate.VersionNotSupportedError) as error:
            faults.append(Fault(manifest.place, f"no schema of Kubernetes {VERSION}: {error}"))
    return faults
