"""`logagent dataset freeze`."""

from pathlib import Path
from typing import Annotated

import typer

from evals.dataset.analysis.analysis import analyze
from evals.dataset.card import card
from evals.dataset.cases import read_cases
from evals.dataset.combination.splits import split
from evals.dataset.combination.targets import Targets
from evals.dataset.commands.results import AsJson, Seed, errors_in_a_sentence, print_json
from evals.dataset.freezing import freeze as freeze_cases


def freeze(
    dataset: Annotated[Path, typer.Argument(help="The case file to freeze.")],
    out: Annotated[Path, typer.Option(help="The frozen file; what belongs to it is written beside it.")] = Path(
        "golden.jsonl"
    ),
    seed: Seed = 7,
    as_json: AsJson = False,
) -> None:
    """Freeze a dataset under a name: its sha256, its dev and test splits, and its card. It is never changed again."""
    with errors_in_a_sentence():
        cases = read_cases(dataset)
        splits = split(cases, seed)
        analysis = analyze(cases, Targets(), splits)
        digest = freeze_cases(cases, splits, card(out.stem, cases, analysis, seed), out)
    if as_json:
        sizes = {name: len(names) for name, names in splits.items()}
        print_json({"out": str(out), "sha256": digest, "cases": len(cases), "splits": sizes})
        return
    typer.echo(f"{out}: {len(cases)} cases, sha256 {digest}")
