"""How far a run is from the committed one that changes are measured against."""

from collections.abc import Mapping, Sequence
from typing import Any

from evals.comparison.comparison import drift
from evals.comparison.finished_run import FinishedRun, paired
from evals.golden import baseline_folder
from evals.triage.prediction import Scored


def drift_from_baseline(config: Mapping[str, Any], scored: Sequence[Scored]) -> Mapping[str, float]:
    """How far a run's answers moved from the baseline's; empty where it was on another dataset or by another engine."""
    folder = baseline_folder()
    if not (folder / "metrics.json").is_file():
        return {}
    baseline = FinishedRun.read_config(folder)
    same = ("engine", "llm", "retrieval")
    if baseline["dataset"]["sha256"] != config["dataset"]["sha256"] or any(
        baseline[name] != config[name] for name in same
    ):
        return {}
    before = FinishedRun.read(folder, [one.case for one in scored])
    return drift(paired(before, FinishedRun(folder, config, tuple(scored), {})))
