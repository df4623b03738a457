"""Flux: what is depended on and pointed at exists, and Helm values fit the schemas that charts publish."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema

from deploy.validation.fault import Fault, Tree
from deploy.validation.manifests import Manifest, load_all, manifests

KUSTOMIZATION = "kustomize.toolkit.fluxcd.io"
# Charts that publish one; it checks types, and lets unknown names pass.
SCHEMAS = {"loki": "loki-chart-18.11.0.values.schema.json"}


def check(tree: Tree) -> list[Fault]:
    """Every reference of a Kustomization and a HelmRelease resolves; data is kept from pruning."""
    found = list(manifests(tree))
    kustomizations = {_name(each): each for each in found if each.group == KUSTOMIZATION}
    sources = {(each.kind, _name(each)) for each in found if each.group == "source.toolkit.fluxcd.io"}
    faults = []
    for name, each in kustomizations.items():
        spec = each.body["spec"]
        faults += [
            Fault(each.place, f"it depends on {needed['name']}, which does not exist")
            for needed in spec.get("dependsOn", [])
            if needed["name"] not in kustomizations or needed["name"] == name
        ]
        if not (tree.root / spec["path"] / "kustomization.yaml").is_file():
            faults.append(Fault(each.place, f"there is no kustomization.yaml in {spec['path']}"))
    for each in found:
        if each.kind == "HelmRelease":
            faults += _release(tree, each, sources)
        if each.kind in ("PersistentVolume", "PersistentVolumeClaim") and not _kept(each):
            faults.append(Fault(each.place, "pruning would delete its data; annotate it with prune: disabled"))
    return [*faults, *_open_secrets(tree), *_other_versions(tree, found)]


def _other_versions(tree: Tree, found: list[Manifest]) -> Iterator[Fault]:
    """Whoever installs by hand, after the README, gets the charts that Flux would take."""
    readme = tree.deploy / "README.md"
    commands = readme.read_text("utf-8")
    sources = {(each.kind, _name(each)): each.body["spec"] for each in found if each.group.startswith("source.")}
    for release in found:
        if release.kind != "HelmRelease":
            continue
        spec = release.body["spec"]
        if reference := spec.get("chartRef"):
            source = sources.get((reference["kind"], reference["name"]), {"url": "", "ref": {}})
            command = f"{source['url']} --version {source['ref'].get('tag')}"
        else:
            chart = spec["chart"]["spec"]
            source = sources.get((chart["sourceRef"]["kind"], chart["sourceRef"]["name"]), {"url": ""})
            command = f"{chart['chart']} --repo {source['url']} --version {chart['version']}"
        if command not in commands:
            yield Fault(tree.name(readme), f"installs {_name(release)} otherwise than Flux does: {command}")


def _open_secrets(tree: Tree) -> Iterator[Fault]:
    """A secret belongs into the repository encrypted or not at all; one that is has a `sops` block."""
    for path in sorted(tree.deploy.rglob("*.yaml")):
        for document in load_all(path.read_text("utf-8")):
            if isinstance(document, dict) and document.get("kind") == "Secret" and "sops" not in document:
                yield Fault(tree.name(path), "a secret that is not encrypted: sops --encrypt --in-place")


def _release(tree: Tree, release: Manifest, sources: set[tuple[str, str]]) -> list[Fault]:
    spec = release.body["spec"]
    reference = spec.get("chartRef") or spec["chart"]["spec"]["sourceRef"]
    faults = []
    if (reference["kind"], reference["name"]) not in sources:
        faults.append(Fault(release.place, f"there is no {reference['kind']} {reference['name']}"))
    if schema := SCHEMAS.get(_name(release)):
        rules: Any = json.loads((tree.need_schemas() / schema).read_text("utf-8"))
        faults += [
            Fault(release.place, f"values.{'.'.join(map(str, error.path))}: {error.message}"[:300])
            for error in jsonschema.validators.validator_for(rules)(rules).iter_errors(spec.get("values", {}))
        ]
    return faults


def _kept(manifest: Manifest) -> bool:
    annotations = manifest.body["metadata"].get("annotations", {})
    return bool(annotations.get("kustomize.toolkit.fluxcd.io/prune") == "disabled")


def _name(manifest: Manifest) -> str:
    return str(manifest.body["metadata"]["name"])
