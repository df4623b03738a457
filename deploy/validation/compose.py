"""The compose file: its schema, pinned images, and files that exist."""

import json
import re

import jsonschema
import yaml

from deploy.validation.fault import Fault, Tree

_PINNED = re.compile(r"(:[\w.-]*\d[\w.-]*|@sha256:[0-9a-f]{64})$")


def check(tree: Tree) -> list[Fault]:
    """The file fits the compose specification, and whatever it mounts from this repository is there."""
    path = tree.deploy / "compose" / "compose.yaml"
    place = tree.name(path)
    stack = yaml.safe_load(path.read_text("utf-8"))
    schema = json.loads((tree.need_schemas() / "compose-spec.json").read_text("utf-8"))
    faults = [
        Fault(place, f"{'.'.join(map(str, error.path))}: {error.message}"[:400])
        # Its `$schema` is an address that no library knows, so the draft is named here.
        for error in jsonschema.Draft7Validator(schema).iter_errors(stack)
    ]
    profiles = {"core", "observability", "demo"}
    for name, service in stack["services"].items():
        if not _PINNED.search(service.get("image", "")):
            faults.append(Fault(place, f"{name}: the image {service.get('image')} is not pinned"))
        if not set(service.get("profiles", [])) <= profiles or not service.get("profiles"):
            faults.append(Fault(place, f"{name}: give it a profile of {', '.join(sorted(profiles))}"))
        for volume in service.get("volumes", []):
            source = str(volume).split(":", 1)[0]
            if source.startswith(".") and not (path.parent / source).exists():
                faults.append(Fault(place, f"{name}: {source} does not exist"))
        faults += [
            Fault(place, f"{name}: it depends on {needed}, which is no service")
            for needed in service.get("depends_on", {})
            if needed not in stack["services"]
        ]
    return faults
