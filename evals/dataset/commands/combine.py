"""`logagent dataset combine`."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from evals.dataset.cases import Case, read_cases, write_cases
from evals.dataset.combination.combine import combine as chosen_cases
from evals.dataset.combination.targets import Targets
from evals.dataset.combination.views import views
from evals.dataset.commands.results import (
    AsJson,
    Captures,
    Seed,
    errors_in_a_sentence,
    print_json,
    read_captures,
    refuse_existing,
)
from evals.dataset.synthesis.synthesize import synthesize
from retrieval.taxonomy import Severity


def combine(
    out: Annotated[Path, typer.Option(help="The case file to write.")] = Path("combined.jsonl"),
    captures: Captures = None,
    synthetic: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Synthetic cases; made with the seed if not given.")
    ] = None,
    extra: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="More cases, such as reviewed candidates; may be given again."),
    ] = None,
    seed: Seed = 7,
    force: Annotated[bool, typer.Option(help="Replace a file that exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Choose 150 cases of captures, their parts, and synthetic ones, with the wanted distribution."""
    with errors_in_a_sentence():
        refuse_existing(out, force=force)
        captured = read_captures(captures)
        pool = [*captured, *views({case.id: case for case in captured})]
        pool += read_cases(synthetic) if synthetic else list(synthesize(seed))
        pool += [case for path in extra or [] for case in read_cases(path)]
        cases = chosen_cases(pool, Targets(), seed)
        write_cases(out, cases)
    _show(cases, out, len(pool), as_json=as_json)


def _show(cases: list[Case], out: Path, pool: int, *, as_json: bool) -> None:
    severities = Counter(case.expected.severity for case in cases)
    origins = Counter(case.origin.value for case in cases)
    if as_json:
        counts = {severity.value: severities[severity] for severity in Severity}
        print_json({"out": str(out), "cases": len(cases), "pool": pool, "severities": counts, "origins": dict(origins)})
        return
    shown = ", ".join(f"{severities[severity]} {severity.value}" for severity in Severity)
    typer.echo(f"{out}: {len(cases)} of {pool} cases: {shown}; {origins['captured']} captured")
