"""Kubernetes objects as `kustomize build` makes them of every folder that is applied."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from deploy.validation.fault import Fault, Tree
from deploy.validation.programs import find, run

Object = Mapping[str, Any]
KUBECTL = "install kubectl; its `kustomize` needs no cluster"


class _Loader(yaml.SafeLoader):
    """YAML as the API server reads it: a date is a string there."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_all(text: str) -> list[Any]:
    """The documents of a YAML stream that hold anything."""
    return [document for document in yaml.load_all(text, _Loader) if document is not None]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object, and the folder that was built."""

    folder: str
    body: Object

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.body.get("kind"))

    @property
    def group(self) -> str:
        """Its API group; empty for the core one."""
        version = str(self.body.get("apiVersion"))
        return version.rpartition("/")[0]

    @property
    def place(self) -> str:
        """How it is told to people."""
        return f"{self.folder}: {self.kind}/{self.body.get('metadata', {}).get('name')}"


def folders(tree: Tree) -> list[Path]:
    """Every folder that somebody applies: overlays, storage, and what Flux is pointed at."""
    kustomize, flux = tree.deploy / "kustomize", tree.deploy / "flux"
    single = [kustomize / "storage", flux / "controllers", flux / "configs", flux / "observability", flux / "images"]
    several = [*(kustomize / "overlays").iterdir(), *(flux / "clusters").iterdir()]
    return sorted(path for path in [*single, *several] if path.is_dir())


def check(tree: Tree) -> list[Fault]:
    """Every folder builds."""
    return [fault for folder in folders(tree) if isinstance(fault := _built(folder), Fault)]


def manifests(tree: Tree) -> Iterator[Manifest]:
    """Every object of every folder that builds; `check` tells of the others."""
    for folder in folders(tree):
        built = _built(folder)
        if not isinstance(built, Fault):
            yield from (Manifest(tree.name(folder), body) for body in built)


@cache
def _built(folder: Path) -> list[Any] | Fault:
    done = run([find("kubectl", KUBECTL), "kustomize", str(folder)])
    if done.returncode:
        return Fault(str(folder), done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "does not build")
    return load_all(done.stdout)
