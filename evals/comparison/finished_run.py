"""A finished run read back, with the cases that it was measured on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.dataset.cases import Case
from evals.triage.prediction import Scored
from evals.triage.run_folder import read_records
from retrieval.errors import BadInput


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """The run of one folder: its config, each case beside its outcome in the run's order, and its metrics."""

    folder: Path
    config: Mapping[str, Any]
    scored: tuple[Scored, ...]
    metrics: Mapping[str, Any]

    @property
    def reference_ms(self) -> float | None:
        """How long a fixed piece of work took on its machine at the time; None in runs that did not say."""
        value: float | None = (self.metrics.get("reference_ms") or {}).get("value")
        return value

    @classmethod
    def read_config(cls, folder: Path) -> Mapping[str, Any]:
        """The config of a finished run; BadInput where the folder holds none."""
        try:
            config: Mapping[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(f"{folder} holds no finished run") from error
        return config

    @classmethod
    def read(cls, folder: Path, cases: Sequence[Case]) -> "FinishedRun":
        """The run of a folder, on these cases; BadInput where it is none, or its cases are others."""
        config = cls.read_config(folder)
        try:
            metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(f"{folder} holds no finished run") from error
        known = {case.id: case for case in cases}
        records = read_records(folder)
        if unknown := [record.id for record in records if record.id not in known]:
            raise BadInput(f"{folder}: the case {unknown[0]} is not in the dataset; name the run's own with --dataset")
        scored = tuple(Scored(known[record.id], record) for record in records)
        return cls(folder, config, scored, metrics)

    @property
    def name(self) -> str:
        """The experiment and its engine, for people."""
        model = self.config.get("model")
        return f"{self.config.get('name', self.folder.name)}{f' ({model})' if model else ''}"


def paired(before: FinishedRun, after: FinishedRun) -> list[tuple[Scored, Scored]]:
    """The cases that both runs hold, each with its two outcomes; BadInput where they share none."""
    others = {one.case.id: one for one in after.scored}
    pairs = [(one, others[one.case.id]) for one in before.scored if one.case.id in others]
    if not pairs:
        raise BadInput(f"{before.folder} and {after.folder} have no case in common")
    return pairs
