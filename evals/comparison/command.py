"""`logagent eval compare` and `logagent eval gate`."""

import json
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from app.commands import options
from evals.comparison.comparison import Comparison, compare
from evals.comparison.finished_run import FinishedRun
from evals.comparison.gate import differing, refusals
from evals.comparison.report import report_html
from evals.dataset.cases import Case
from evals.golden import baseline_folder
from evals.triage.dataset_file import cases_of
from retrieval.errors import BadInput

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")]
Dataset = Annotated[
    Path | None, typer.Option(metavar="PATH", help="The runs' case file; the one that the run names where not given.")
]
REFUSED = 1


def compare_runs(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="Folder of the earlier run.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="Folder of the later run.")],
    dataset: Dataset = None,
    html: Annotated[Path | None, typer.Option(help="Write what flipped, side by side, into this HTML file.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare two runs case by case: what flipped, and whether it is more than chance.

    Example: logagent eval compare runs/before runs/after --html flips.html
    """
    compared = _compared(run_a, run_b, dataset)
    if html is not None:
        html.write_text(report_html(compared), encoding="utf-8", newline="\n")
    if as_json:
        sys.stdout.write(json.dumps(compared.as_json(), indent=2) + "\n")
        return
    for line in _lines(compared):
        typer.echo(line)


def gate_run(
    run: Run,
    baseline: Annotated[Path | None, typer.Option(help="Folder of the run to hold it against.")] = None,
    dataset: Dataset = None,
    same: Annotated[bool, typer.Option(help="Every metric but times has to equal the baseline's.")] = False,
    latency: Annotated[bool, typer.Option(help="Hold the latency against the baseline's too.")] = True,
    as_json: options.AsJson = False,
) -> None:
    """Refuse a run that is significantly worse than the baseline: exit status 1, one line a reason.

    Example: logagent eval gate runs/mine
    """
    compared = _compared(baseline or baseline_folder(), run, dataset)
    reasons = refusals(compared, latency=latency)
    reasons += differing(compared.before, compared.after) if same else []
    if as_json:
        told = {**compared.as_json(), "passed": not reasons, "reasons": reasons}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        for line in _lines(compared):
            typer.echo(line)
    for reason in reasons:
        sys.stderr.write(f"logagent: {reason}\n")
    if reasons:
        raise typer.Exit(REFUSED)


def _compared(before: Path, after: Path, dataset: Path | None) -> Comparison:
    return compare(*(FinishedRun.read(folder, _cases(folder, dataset)) for folder in (before, after)))


def _cases(folder: Path, dataset: Path | None) -> Sequence[Case]:
    """The cases of a run: those given, or the file that its config names, if that still is what it was."""
    if dataset is not None:
        return cases_of(dataset)[0]
    named = FinishedRun.read_config(folder)["dataset"]
    path = None if named["name"] == "bundled captures" else _found(named["name"])
    cases, digest = cases_of(path)
    if digest != named["sha256"]:
        raise BadInput(
            f"{folder}: the dataset {named['name']} has changed since the run; name the old one with --dataset"
        )
    return cases


def _found(name: str) -> Path:
    """A dataset by its path, or by its name among the golden ones."""
    golden = Path(str(files("evals").joinpath("golden", Path(name).name)))
    return golden if golden.is_file() and not Path(name).is_file() else Path(name)


def _lines(compared: Comparison) -> Iterator[str]:
    yield f"{len(compared.pairs)} cases: {compared.before.name} → {compared.after.name}"
    for one in compared.measures:
        low, high = one.interval
        yield (
            f"{one.name:<16}{one.before:>7.3f} → {one.after:.3f}  {one.difference:+.3f} [{low:+.3f}, {high:+.3f}]"
            f"  p = {one.p_value:.3g}  better {len(one.better)}, worse {len(one.worse)}"
        )
    yield "confident wrong {:>7} → {}".format(*compared.confident_wrong)
    low, high = compared.p95_interval
    yield f"latency p95     {compared.p95_ratio:>7.2f} times [{low:.2f}, {high:.2f}], by the speed of the machine"
    yield f"drift (PSI)     {', '.join(f'{name} {value:.3f}' for name, value in compared.drift.items())}"
    yield from (f"  better: {id_}" for one in compared.measures if one.name == "correct" for id_ in one.better)
    yield from (f"  worse:  {id_}" for one in compared.measures if one.name == "correct" for id_ in one.worse)
