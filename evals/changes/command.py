"""`logagent eval changes`: the experiment on the command line."""

import hashlib
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from app.settings import Settings
from evals.captures import folder
from evals.changes.experiment import Outcome, metrics, outcomes
from evals.changes.pairs import Pair, bundled_cases, fault_pairs, same_pairs
from evals.changes.run_folder import refuse_existing, write_run
from evals.dataset.cases import read_cases
from evals.run_trace import traced_run
from retrieval.errors import BadInput
from retrieval.taxonomy import Status

Dataset = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Case file to draw from; the bundled captures if none.")
]
Out = Annotated[Path | None, typer.Option(help="Folder for the run; a new one under ./runs where not given.")]


def changes(
    dataset: Dataset = None,
    out: Out = None,
    pairs: Annotated[int, typer.Option(min=2, max=2000, help="Fault pairs, and as many pairs without a fault.")] = 60,
    seed: Annotated[int, typer.Option(help="Another seed draws other windows.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print the metrics as JSON.")] = False,
) -> None:
    """Put real faults into ordinary traffic and see whether "what changed" lists them, and nothing where there is none.

    Example: logagent eval changes --out /tmp/run
    """
    target = out or Path("runs") / f"changes-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    refuse_existing(target)
    cases = read_cases(dataset) if dataset else bundled_cases(folder())
    statuses = [case.expected.status is Status.PROBLEM and bool(case.expected.key_lines) for case in cases]
    if not any(statuses) or len(cases) - sum(statuses) < 3:
        raise BadInput("the dataset needs at least one problem with key lines and three cases without a problem")
    drawn = [*fault_pairs(cases, pairs, seed), *same_pairs(cases, pairs, seed)]
    with traced_run(Settings.read(), "changes", dataset, len(drawn)) as tell:
        done = _with_progress(drawn)
        measured = metrics(done)
        tell({name: metric["value"] for name, metric in measured.items()})
    write_run(target, _config(dataset, cases_sha256(dataset), pairs, seed), done, measured)
    if as_json:
        sys.stdout.write(json.dumps({"contract": 1, "out": str(target), "metrics": measured}, indent=2) + "\n")
        return
    for name, metric in measured.items():
        typer.echo(f"{name:<22}{metric['value']:>8}  [{metric['ci'][0]}, {metric['ci'][1]}]  n={metric['n']}")
    typer.echo(f"written to {target}", err=True)


def cases_sha256(dataset: Path | None) -> str:
    """The digest of the cases' bytes, files in the order of their names."""
    digest = hashlib.sha256()
    for path in [dataset] if dataset else sorted(folder().glob("*.jsonl")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _with_progress(drawn: Sequence[Pair]) -> list[Outcome]:
    done: list[Outcome] = []
    for outcome in outcomes(drawn):
        done.append(outcome)
        if len(done) % 20 == 0:
            typer.echo(f"{len(done)} of {len(drawn)} pairs", err=True)
    return done


def _config(dataset: Path | None, digest: str, pairs: int, seed: int) -> dict[str, Any]:
    return {
        "experiment": "changes",
        "dataset": {"name": str(dataset or "bundled captures"), "version": "1", "sha256": digest},
        "engine": "computed",
        "model": None,
        "quantization": None,
        "prompt": None,
        "sampling": None,
        "code_version": version("k8s-log-agent"),
        "pairs": pairs,
        "seed": seed,
    }
