"""Custom resources, strictly against their definitions, and the CEL rules that these hold.

A definition's schema is structural and lets unknown fields pass (the API server prunes them, silently), so here every
object with known properties refuses others. Rules on changes (`oldSelf`) need two objects and are left out.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import celpy
import jsonschema
from celpy.adapter import json_to_cel

from deploy.validation.fault import Fault, Tree
from deploy.validation.manifests import Manifest, load_all, manifests
from deploy.validation.native import is_native

Schema = dict[str, Any]
# What YAML and JSON hold: mappings, lists, strings, numbers, booleans, nothing.
Value = object
# Functions of the API server's CEL that cel-python does not have.
_UNKNOWN_FUNCTIONS = (
    "lowerAscii",
    "isURL",
    "url(",
    "quantity(",
    "isIP",
    "isCIDR",
    "cidr(",
    "ip(",
    "format.",
    "isQuantity",
)


def check(tree: Tree) -> list[Fault]:
    """Every custom resource has a definition, fits it strictly, and passes its rules."""
    folder = tree.need_schemas()
    faults = []
    for manifest in manifests(tree):
        if not is_native(manifest.group):
            faults += [Fault(manifest.place, what) for what in _faults_once(folder, json.dumps(manifest.body))]
    return faults


@cache
def _faults_once(folder: Path, body: str) -> tuple[str, ...]:
    return tuple(_faults(folder, Manifest("", json.loads(body))))


def _faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    version = str(manifest.body.get("apiVersion")).rpartition("/")[2]
    schema = _definitions(folder).get((manifest.group, version, manifest.kind))
    if schema is None:
        yield f"there is no definition of {manifest.group}/{version} {manifest.kind}"
        return
    validator = jsonschema.Draft202012Validator(schema)
    wrong = sorted(validator.iter_errors(manifest.body), key=lambda error: list(map(str, error.path)))
    for error in wrong:
        yield f"{'.'.join(map(str, error.path)) or 'it'}: {error.message}"[:400]
    if not wrong:
        yield from _broken_rules(schema, _with_defaults(schema, manifest.body), "")


@cache
def _definitions(folder: Path) -> Mapping[tuple[str, str, str], Schema]:
    found: dict[tuple[str, str, str], Schema] = {}
    for path in sorted(folder.glob("*.yaml")):
        if ".experimental" in path.name:
            continue
        for definition in load_all(path.read_text("utf-8")):
            if not definition or definition.get("kind") != "CustomResourceDefinition":
                continue
            spec = definition["spec"]
            for version in spec["versions"]:
                schema = _strict(version["schema"]["openAPIV3Schema"])
                assert isinstance(schema, dict)  # noqa: S101  a definition's schema is an object
                schema["properties"]["metadata"] = {"type": "object"}
                found[spec["group"], version["name"], spec["names"]["kind"]] = schema
    for path in sorted((folder / "json").glob("*.json")):
        schema = json.loads(path.read_text("utf-8"))
        group, _, rest = path.stem.partition("_")
        kind, _, version = rest.rpartition("_")
        found[group, version, kind] = schema
    return found


def _strict(schema: Value) -> Value:
    """The schema with unknown properties refused and OpenAPI's own keywords said in JSON Schema's."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {
        key: {name: _strict(part) for name, part in value.items()} if key == "properties" else _strict(value)
        for key, value in schema.items()
        if key not in ("description", "format")
    }
    if "properties" in strict and not strict.get("x-kubernetes-preserve-unknown-fields"):
        strict.setdefault("additionalProperties", False)
    if strict.pop("x-kubernetes-int-or-string", False):
        strict.pop("type", None)
    if strict.pop("nullable", False) and "type" in strict:
        strict["type"] = [strict["type"], "null"]
    return strict


def _with_defaults(schema: Schema, value: Value) -> Value:
    if isinstance(value, Mapping):
        filled = dict(value)
        for name, part in schema.get("properties", {}).items():
            if name in filled:
                filled[name] = _with_defaults(part, filled[name])
            elif "default" in part:
                filled[name] = _with_defaults(part, part["default"])
        if isinstance(every := schema.get("additionalProperties"), dict):
            known = schema.get("properties", {})
            filled.update({name: _with_defaults(every, filled[name]) for name in filled if name not in known})
        return filled
    if isinstance(value, list):
        return [_with_defaults(schema.get("items", {}), part) for part in value]
    return value


def _broken_rules(schema: Schema, value: Value, place: str) -> Iterator[str]:
    for entry in schema.get("x-kubernetes-validations", []):
        rule = entry["rule"]
        if "oldSelf" in rule or any(name in rule for name in _UNKNOWN_FUNCTIONS):
            continue
        if not _holds(rule, value):
            yield f"{place or 'it'}: {entry.get('message') or rule}"
    if isinstance(value, Mapping):
        for name, part in schema.get("properties", {}).items():
            if name in value:
                yield from _broken_rules(part, value[name], f"{place}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _broken_rules(schema.get("items", {}), part, f"{place}[{number}]")


def _holds(rule: str, value: Value) -> bool:
    program = _program(rule)
    result = program.evaluate({"self": json_to_cel(value)})
    return bool(result)


@cache
def _program(rule: str) -> celpy.Runner:
    environment = celpy.Environment()
    return environment.program(environment.compile(rule))
