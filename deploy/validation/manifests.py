"""Kubernetes objects as `kustomize build` makes them of every folder that is applied."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.validation.fault import Fault, Tree
from deploy.validation.programs import find, run

Object = Mapping[str, Any]
KUBECTL = "install kubectl; its `kustomize` needs no cluster"


# The one in C is ten times as fast, and is there wherever PyYAML comes as a wheel.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
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


def _built(folder: Path) -> list[Any] | Fault:
    return _built_once(folder, _digest(folder))


# Whoever spoils one file and looks again, as the tests do, has the folders that do not read it built once.
_BUILT: dict[str, list[Any] | Fault] = {}


def _built_once(folder: Path, digest: str) -> list[Any] | Fault:
    if digest not in _BUILT:
        done = run([find("kubectl", KUBECTL), "kustomize", str(folder)])
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "does not build"
            return Fault(str(folder), last)
        _BUILT[digest] = load_all(done.stdout)
    return _BUILT[digest]


def _digest(folder: Path) -> str:
    """Of every file in the folders that this one is built of."""
    digest = hashlib.sha256(folder.name.encode())
    for each in sorted(_parts(folder), key=lambda part: os.path.relpath(part, folder)):
        for path in sorted(path for path in each.rglob("*") if path.is_file()):
            digest.update(f"{os.path.relpath(path, folder)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _parts(folder: Path) -> set[Path]:
    """The folder, and those that its kustomization and theirs name."""
    parts, left = set[Path](), [folder.resolve()]
    while left:
        part = left.pop()
        if part in parts or not part.is_dir():
            continue
        parts.add(part)
        file = part / "kustomization.yaml"
        named = load_all(file.read_text("utf-8")) if file.is_file() else []
        for each in named:
            left += [(part / name).resolve() for key in ("resources", "components") for name in each.get(key, [])]
    return parts
