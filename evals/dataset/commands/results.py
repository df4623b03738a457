"""What the steps have in common on the command line: JSON on stdout, errors in a sentence, captures from a folder."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from evals.captures import folder as bundled
from evals.dataset.cases import Case, read_cases
from retrieval.errors import BadInput, LogAgentError

CONTRACT = 1

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else on stdout.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same cases.")]
Captures = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of captures, one file each; the bundled ones if not given.")
]


@contextmanager
def errors_in_a_sentence() -> Iterator[None]:
    """Exit code 2 for what was given wrongly, 1 for what did not work."""
    try:
        yield
    except LogAgentError as error:
        typer.echo(f"logagent: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, BadInput) else 1) from error


def print_json(result: Mapping[str, Any]) -> None:
    """The result, with the contract's version first."""
    sys.stdout.write(json.dumps({"contract": CONTRACT, **result}, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A progress bar on stderr where that is a terminal; what it gives is called for each step done."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


def read_captures(folder: Path | None) -> list[Case]:
    """All captures of a folder, by id; BadInput where there are none."""
    here = folder or bundled()
    if not here.is_dir():
        raise BadInput(f"{here} is no folder of captures")
    files = sorted(here.glob("*.jsonl"))
    if not files:
        raise BadInput(f"{here} holds no capture; `logagent dataset capture --out {here}` makes them")
    with progress("captures", len(files)) as advance:
        return [case for path in files for case in _read(path, advance)]


def _read(path: Path, advance: Callable[[], None]) -> Sequence[Case]:
    cases = read_cases(path)
    advance()
    return cases


def refuse_existing(path: Path, *, force: bool) -> None:
    """BadInput where a file is there already and may not be replaced."""
    if path.exists() and not force:
        raise BadInput(f"{path} exists; --force replaces it, --out puts the result elsewhere")
