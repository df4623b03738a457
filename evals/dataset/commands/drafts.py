"""`logagent dataset drafts`: what people said of answers in the chat, taken into a dataset or rejected."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.draft_cases import CORRECTED
from app.settings import Settings
from evals.dataset.cases import Case
from evals.dataset.commands.results import AsJson, errors_in_a_sentence, print_json
from evals.dataset.drafts import Drafts, Labels
from evals.dataset.reviewing.conversation import line_shown, plain
from retrieval.taxonomy import Category, Severity, Status

drafts = typer.Typer(help="Draft cases that ratings in the chat left: accept or reject them.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="The draft's id, as `list` names it.")]


@drafts.command("list", epilog="Example: logagent dataset drafts list")
def list_drafts(as_json: AsJson = False) -> None:
    """Name the drafts that wait for a decision."""
    with errors_in_a_sentence():
        waiting = _drafts().waiting()
    if as_json:
        print_json({"drafts": [_row(case) for case in waiting]})
        return
    for case in waiting:
        typer.echo(f"{case.id}  {_verdict(case)}: {plain(case.expected.root_cause)[:120]}")
    typer.echo(f"{len(waiting)} drafts wait", err=True)


@drafts.command("show", epilog="Example: logagent dataset drafts show chat-5f0c…")
def show_draft(draft: Id, as_json: AsJson = False) -> None:
    """Show a draft: the question, its numbered lines, and the labels it would have."""
    with errors_in_a_sentence():
        case = _drafts().find(draft)
    if as_json:
        print_json({"draft": case.model_dump(mode="json")})
        return
    typer.echo(f"{case.id}\n{plain(case.question)}\n")
    for number, line in enumerate(case.logs):
        mark = "*" if number in case.expected.key_lines else " "
        typer.echo(f"{number:>4}{mark}{line_shown(line)}")
    typer.echo(f"\n{_verdict(case)}\n{plain(case.expected.root_cause)}")


@drafts.command(epilog="Example: logagent dataset drafts accept chat-5f0c… --into mine.jsonl --category dns")
def accept(
    draft: Id,
    into: Annotated[Path, typer.Option(metavar="FILE", help="The case file to add it to; made if missing.")],
    status: Annotated[Status | None, typer.Option(help="Instead of the answer's.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Instead of the answer's.")] = None,
    category: Annotated[Category | None, typer.Option(help="Instead of the answer's.")] = None,
    component: Annotated[str | None, typer.Option(help="Instead of the answer's.")] = None,
    root_cause: Annotated[str | None, typer.Option(help="Instead of the draft's.")] = None,
    key_line: Annotated[
        list[int] | None, typer.Option(metavar="N", help="Number of a key line, instead of the cited ones; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take a draft into a case file, with its labels or yours; a corrected one needs --severity and --category."""
    labels = Labels(
        {
            "status": status, "severity": severity, "category": category, "component": component,
            "root_cause": root_cause, "key_lines": _positions(key_line or ()),
        }
    )  # fmt: skip
    with errors_in_a_sentence():
        case = _drafts().accept(draft, into, labels)
    _told(case, "accepted", f" into {into}", as_json=as_json)


@drafts.command(epilog="Example: logagent dataset drafts reject chat-5f0c…")
def reject(draft: Id, as_json: AsJson = False) -> None:
    """Put a draft aside; its answer is not drafted again."""
    with errors_in_a_sentence():
        case = _drafts().reject(draft)
    _told(case, "rejected", as_json=as_json)


def _drafts() -> Drafts:
    return Drafts(Settings.read().app.home)


def _positions(given: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(set(given)))


def _told(case: Case, done: str, where: str = "", *, as_json: bool) -> None:
    if as_json:
        print_json({"id": case.id, "done": done, "expected": case.expected.model_dump(mode="json")})
    else:
        typer.echo(f"{case.id} {done}{where}")


def _row(case: Case) -> dict[str, object]:
    return {
        "id": case.id,
        "question": case.question,
        "corrected": CORRECTED in case.tags,
        "lines": len(case.logs),
        "expected": case.expected.model_dump(mode="json"),
    }


def _verdict(case: Case) -> str:
    rated = "corrected" if CORRECTED in case.tags else "confirmed"
    expected = case.expected
    return (
        f"{rated}; {expected.status.value}, {expected.severity.value}, {expected.category.value},"
        f" {plain(expected.component)}"
    )
