"""Runs of the same dataset to see a run beside: the committed baseline, and those in the folders next to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.golden import baseline_folder
from evals.metrics.metric import Metric

MOST = 10


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A finished run by its name, with its metrics."""

    name: str
    metrics: Mapping[str, Metric]


def earlier_runs(out: Path, config: Mapping[str, Any]) -> list[EarlierRun]:
    """The baseline first, then the newest runs beside `out`, oldest first; what cannot be read is no run."""
    beside = [path.parent for path in out.absolute().parent.glob("*/metrics.json") if path.parent != out.absolute()]
    newest = sorted(beside, key=lambda folder: (folder / "metrics.json").stat().st_mtime)[-MOST:]
    found = (_read(folder, config) for folder in (baseline_folder(), *newest))
    return [run for run in found if run is not None]


def _read(folder: Path, config: Mapping[str, Any]) -> EarlierRun | None:
    try:
        told = json.loads((folder / "config.json").read_text("utf-8"))
        table = json.loads((folder / "metrics.json").read_text("utf-8"))
        if told["experiment"] != "triage" or _cases(told) != _cases(config):
            return None
        metrics = {name: Metric(each["value"], tuple(each["ci"]), each["n"]) for name, each in table.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    place = "baseline" if folder == baseline_folder() else folder.name
    name = str(told.get("name"))
    return EarlierRun(name if name == place else f"{name} ({place})", metrics)


def _cases(config: Mapping[str, Any]) -> tuple[str, str | None]:
    """What a run was measured on: the digest of the file, and its split."""
    return config["dataset"]["sha256"], config["dataset"].get("split")
