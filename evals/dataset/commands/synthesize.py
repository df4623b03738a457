"""`logagent dataset synthesize`."""

from pathlib import Path
from typing import Annotated

import typer

from evals.dataset.cases import write_cases
from evals.dataset.commands.results import AsJson, Seed, errors_in_a_sentence, print_json, progress, refuse_existing
from evals.dataset.synthesis.synthesize import synthesize as synthetic_cases
from evals.dataset.synthesis.templates import templates


def synthesize(
    out: Annotated[Path, typer.Option(help="The case file to write.")] = Path("synthetic.jsonl"),
    count: Annotated[int | None, typer.Option(min=1, help="How many; each phrasing once where not given.")] = None,
    seed: Seed = 7,
    force: Annotated[bool, typer.Option(help="Replace a file that exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make labelled cases from the failure templates."""
    with errors_in_a_sentence():
        refuse_existing(out, force=force)
        total = count or sum(len(template.phrasings) for template in templates())
        cases = []
        with progress("cases", total) as advance:
            for case in synthetic_cases(seed, count):
                cases.append(case)
                advance()
        write_cases(out, cases)
    if as_json:
        print_json({"out": str(out), "cases": len(cases), "templates": len(templates()), "seed": seed})
        return
    typer.echo(f"{out}: {len(cases)} cases of {len(templates())} templates, seed {seed}")
