"""`logagent dataset analyze`."""

from pathlib import Path
from typing import Annotated

import typer

from evals.dataset.analysis.analysis import analyze as figures
from evals.dataset.analysis.report import markdown, page
from evals.dataset.cases import read_cases
from evals.dataset.combination.splits import split
from evals.dataset.combination.targets import Targets
from evals.dataset.commands.results import AsJson, Seed, errors_in_a_sentence, print_json
from evals.dataset.freezing import read_splits


def analyze(
    dataset: Annotated[Path, typer.Argument(help="The case file.")],
    out: Annotated[Path | None, typer.Option(help="Folder for report.md and report.html; made if missing.")] = None,
    seed: Seed = 7,
    as_json: AsJson = False,
) -> None:
    """Count what a dataset holds against what it is to hold, and look for near-duplicates and leakage.

    Exit code 1 where something is not as it is wanted.
    """
    with errors_in_a_sentence():
        cases = read_cases(dataset)
        frozen = dataset.with_suffix(".splits.json").exists()
        analysis = figures(cases, Targets(), read_splits(dataset) if frozen else split(cases, seed))
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            title = f"The dataset {dataset.name}"
            (out / "report.md").write_text(markdown(analysis, cases, title), encoding="utf-8")
            (out / "report.html").write_text(page(analysis, cases, title), encoding="utf-8")
    if as_json:
        print_json(analysis.as_json())
    else:
        for name, (have, wanted) in analysis.severities.items():
            typer.echo(f"{name:<10}{have:>5} of {wanted}")
        typer.echo(f"near-duplicates {len(analysis.pairs)}, of which in different splits {len(analysis.leaks)}")
        for problem in analysis.problems:
            typer.echo(problem, err=True)
    if analysis.problems:
        raise typer.Exit(1)
