"""`logagent eval`: frozen, repeatable experiments; each lives in a folder of its own."""

import typer

from evals.changes.command import changes
from evals.comparison.command import compare_runs, gate_run
from evals.retrieval.command import retrieval
from evals.triage.command import triage

evaluate = typer.Typer(help="Measure the program on labelled cases.", no_args_is_help=True)


@evaluate.callback()
def _group() -> None:
    """Measure the program on labelled cases."""


evaluate.command("changes")(changes)
evaluate.command("triage")(triage)
evaluate.command("retrieval")(retrieval)
evaluate.command("compare")(compare_runs)
evaluate.command("gate")(gate_run)
