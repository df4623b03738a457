"""The time between SIGTERM and SIGKILL: an answer under way may end in it, and the last spans are sent."""

from collections.abc import Iterator

import yaml

from app.settings import ModelSettings
from app.telemetry.setup import LONGEST_SHUTDOWN_SECONDS
from app.web.draining import BESIDE_THE_MODEL
from app.web.server import LEFT_SECONDS
from deploy.validation.fault import Fault, Tree
from deploy.validation.manifests import Manifest, manifests

_APP_IMAGE = "k8s-log-agent"


def check(tree: Tree) -> list[Fault]:
    """Every place that runs the app gives it that long."""
    found = list(manifests(tree))
    faults = [fault for each in found if each.kind == "Deployment" for fault in _of_deployment(each, found)]
    path = tree.deploy / "compose" / "compose.yaml"
    app = yaml.safe_load(path.read_text("utf-8"))["services"]["app"]
    given = str(app.get("stop_grace_period", "10s"))
    needed = _needed(dict(app.get("environment", {})))
    if not given.endswith("s") or float(given.removesuffix("s")) < needed:
        faults.append(Fault(f"{tree.name(path)}: app", f"stop_grace_period is {given}, an end may take {needed:g} s"))
    return faults


def _of_deployment(manifest: Manifest, found: list[Manifest]) -> Iterator[Fault]:
    pod = manifest.body["spec"]["template"]["spec"]
    for container in pod["containers"]:
        if _APP_IMAGE not in container["image"]:
            continue
        maps = {source.get("configMapRef", {}).get("name") for source in container.get("envFrom", [])}
        settings = {
            name: value
            for each in found
            if each.kind == "ConfigMap" and each.folder == manifest.folder and each.body["metadata"]["name"] in maps
            for name, value in each.body.get("data", {}).items()
        }
        sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        needed = sleep + _needed(settings)
        given = pod.get("terminationGracePeriodSeconds", 30)
        if given < needed:
            yield Fault(manifest.place, f"terminationGracePeriodSeconds is {given}, an end may take {needed:g} s")


def _needed(settings: dict[str, str]) -> float:
    total = float(settings.get("LLM_TOTAL_SECONDS") or ModelSettings.model_fields["total_seconds"].default)
    return total + BESIDE_THE_MODEL + LEFT_SECONDS + LONGEST_SHUTDOWN_SECONDS
