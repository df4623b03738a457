"""The run folder of an experiment about retrieval: config, predictions, metrics and a report; never overwritten."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.changes.run_folder import refuse_existing
from evals.retrieval.experiment import Found
from evals.retrieval.measures import Measured, per_query, summary
from evals.retrieval.report import markdown, page

Metrics = dict[str, dict[str, Measured]]
KEPT = 10  # documents of each ranking in predictions.jsonl


def metrics_by_group(done: Sequence[Found], seed: int) -> dict[str, Metrics]:
    """The tables of a run by group: of all queries, of each type, and of each split where there is more than one."""
    values = per_query(done)
    groups = {"all": np.ones(len(done), dtype=np.bool_)}
    for kind in ("type", "split"):
        names = [getattr(each.query, kind) for each in done]
        for name in dict.fromkeys(name for name in names if name and len(set(names)) > 1):
            groups[name] = np.array([each == name for each in names])
    return {name: summary(values, chosen, seed) for name, chosen in groups.items()}


def write_run(out: Path, config: Mapping[str, Any], done: Sequence[Found], groups: Mapping[str, Metrics]) -> None:
    """Writes the five files of a run."""
    refuse_existing(out)
    out.mkdir(parents=True, exist_ok=True)
    report = markdown(config, groups, done)
    metrics = {**groups["all"], "groups": {name: table for name, table in groups.items() if name != "all"}}
    files = {
        "config.json": json.dumps(config, indent=2, ensure_ascii=False) + "\n",
        "predictions.jsonl": "".join(json.dumps(_prediction(each), ensure_ascii=False) + "\n" for each in done),
        "metrics.json": json.dumps(metrics, indent=2) + "\n",
        "report.md": report,
        "report.html": page(report, groups, done),
    }
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")


def _prediction(found: Found) -> dict[str, Any]:
    """One line of predictions.jsonl; the prediction is what each ranking begins with."""
    ranking = {mode: list(doc_ids[:KEPT]) for mode, doc_ids in found.ranking.items()}
    return {
        "id": found.query.id,
        "prediction": {**ranking, "relevance": round(found.relevance, 4)},
        "latency_ms": found.latency_ms,
        "usage": None,
        "error": None,
    }
