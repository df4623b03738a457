"""One case shown to a person, and their answers: labels first, without seeing those of the case."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import TypeVar

import typer

from evals.dataset.cases import Case, CaseLine
from evals.dataset.reviewing.verdict import Decision, Verdict
from retrieval.taxonomy import Category, Severity, Status

E = TypeVar("E", bound=Enum)
_WIDEST = 240
DECISIONS: dict[str, Decision] = {"a": "accept", "c": "correct", "r": "reject"}


def digest(case: Case) -> str:
    """The sha256 of a case, so that a verdict says which version of it was seen."""
    return hashlib.sha256(case.model_dump_json().encode()).hexdigest()


def show(case: Case) -> None:
    """The question and the numbered lines, without anything that a terminal would obey."""
    typer.echo(f"\n{case.id}\n{plain(case.question)}\n", err=True)
    for number, line in enumerate(case.logs):
        typer.echo(f"{number:>4} {line_shown(line)}", err=True)


def line_shown(line: CaseLine) -> str:
    """Who printed a line and what, cut where it is very long."""
    who = line.labels.pod or line.labels.app or line.labels.node or line.labels.namespace or "-"
    return f"{plain(who)}: {plain(line.line)[:_WIDEST]}"


def plain(text: str) -> str:
    """Text with control characters shown as what they are: a log line may try to steer the terminal."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)


def ask(case: Case, reviewer: str, *, candidate: bool = False) -> Verdict:
    """Asks for the labels, then shows those of the case and asks what is to become of it.

    A candidate has guesses for labels and no root cause, so that is asked for too.
    """
    status = _one_of("status", Status)
    severity = _one_of("severity", Severity)
    category = _one_of("category", Category)
    component = typer.prompt("component", err=True)
    key_lines = _positions(len(case.logs))
    expected = case.expected
    typer.echo(
        f"\nlabelled: {expected.status}, {expected.severity}, {expected.category}, {expected.component}; "
        f"key lines {' '.join(map(str, expected.key_lines)) or 'none'}\n{plain(expected.root_cause)}",
        err=True,
    )
    root_cause = typer.prompt("root cause", err=True) if candidate else None
    decision = ""
    while decision not in DECISIONS:
        decision = typer.prompt("a accept, c correct (mine are right), r reject", err=True).strip().lower()[:1]
    return Verdict(
        id=case.id,
        case_sha256=digest(case),
        reviewer=reviewer,
        at=datetime.now(UTC).isoformat(),
        status=status,
        severity=severity,
        category=category,
        component=component,
        key_lines=key_lines,
        decision=DECISIONS[decision],
        root_cause=root_cause,
        note=typer.prompt("note", default="", show_default=False, err=True),
    )


def _one_of(name: str, kind: type[E]) -> E:
    """One of the values, asked for until it is one; the beginning of a word is enough where it is the only one."""
    values = [str(each.value) for each in kind]
    while True:
        given = typer.prompt(f"{name} ({', '.join(values)})", err=True).strip().lower()
        exact = [value for value in values if value.lower() == given]
        found = exact or [value for value in values if value.lower().startswith(given)]
        if len(found) == 1:
            return kind(found[0])
        typer.echo(f"no {name} is called {given!r}" if not found else f"{given!r} may be {', '.join(found)}", err=True)


def _positions(count: int) -> Sequence[int]:
    while True:
        given = typer.prompt("key lines, such as 3 4 9", default="", show_default=False, err=True)
        words = given.replace(",", " ").split()
        if all(word.isdecimal() and int(word) < count for word in words):
            return tuple(sorted({int(word) for word in words}))
        typer.echo(f"key lines are numbers below {count}", err=True)
