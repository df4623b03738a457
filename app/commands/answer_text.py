"""An answer on a terminal. Log text is printed as it is, never read as markup."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.answer import Answer
from app.answer_sections import ChangeRow, Coverage
from app.triage.verification import inert
from retrieval.taxonomy import Severity

LONGEST = 420
LONGEST_PATTERN = 160
MOST_CHANGES = 20
STYLE = {Severity.INFO: "green", Severity.WARN: "yellow", Severity.ERROR: "red", Severity.CRITICAL: "bold red"}


def print_answer(answer: Answer, console: Console) -> None:
    """The verdict first, then what to do, the problems, the evidence, and what was looked at."""
    triage = answer.triage
    console.print(
        Text.assemble(
            (f"{triage.severity.value} ", STYLE[triage.severity]),
            (triage.status.value.replace("_", " "), "bold"),
            f" · {triage.component} · {triage.category.value} · confidence {triage.confidence:.2f}",
        )
    )
    _print(console, inert(triage.summary, LONGEST))
    cause = "First" if answer.changes else "Root cause"
    cited = f"  [{', '.join(triage.evidence)}]" if triage.evidence else ""
    _print(console, f"{cause}: {inert(triage.root_cause, LONGEST)}{cited}")
    for number, action in enumerate(triage.actions, start=1):
        _print(
            console, f"\n{number}. {action.title}" + (f"  (CKA: {action.exam_domain})" if action.exam_domain else "")
        )
        if action.command:
            console.print(Text(f"   {action.command}", style="cyan"), soft_wrap=True)
        _print(console, f"   {action.explanation}")
    if answer.changes:
        console.print(changes_table(answer.changes))
    elif answer.problems:
        console.print(_problems(answer))
    for item in answer.evidence:
        if item.id in triage.evidence:
            where = f"{item.timestamp or ''} {inert(item.source, LONGEST)}".strip()
            _print(console, f"[{item.id}] {where}\n     {inert(item.text, LONGEST)}", style="dim")
    _account(answer, console)
    for warning in answer.warnings:
        _print(console, f"! {warning}", style="yellow")


def _account(answer: Answer, console: Console) -> None:
    """What was looked at: each window with its query and the link that opens it."""
    console.print()
    if answer.before and answer.after:
        for name, side in (("Before", answer.before), ("After", answer.after)):
            _window(console, name, side.start, side.end, side.coverage, side.query, side.link)
    else:
        window = answer.window
        name = f"Window ({window.source.value})"
        _window(console, name, window.start, window.end, answer.coverage, answer.query, answer.link)
    engine = f"{answer.engine}{f' ({answer.model})' if answer.model else ''}"
    _print(console, f"Engine {engine}; {answer.timings_ms.total:.0f} ms; trace {answer.trace_id}", style="dim")


def _window(
    console: Console, name: str, start: str, end: str, coverage: Coverage, query: str | None, link: str | None
) -> None:
    read = f"{coverage.lines_read:,} of {coverage.lines_matched:,} lines read"
    _print(console, f"{name} {start} – {end}; {read}", style="dim")
    for each in (query, link):
        if each:
            console.print(Text(f"  {each}", style="dim"), soft_wrap=True)


def changes_table(changes: Sequence[ChangeRow]) -> Table:
    """The changes, most important first: how grave, where, what happened to it, and what it is."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("severity", "where", "change", "pattern", "evidence"):
        table.add_column(heading)
    for change in changes[:MOST_CHANGES]:
        table.add_row(
            Text(change.severity.value, style=STYLE[change.severity]),
            Text("/".join(dict.fromkeys(change.labels.values()))),
            Text("\n".join([change.sentence, *(inert(near.text, LONGEST_PATTERN) for near in change.near)])),
            Text(inert(change.template, LONGEST_PATTERN)),
            ", ".join(change.evidence[:3]),
        )
    return table


def _problems(answer: Answer) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("#", "severity", "lines", "problem", "evidence"):
        table.add_column(heading)
    for problem in answer.problems[:10]:
        table.add_row(
            str(problem.rank),
            Text(problem.severity.value, style=STYLE[problem.severity]),
            str(problem.count),
            Text(inert(problem.title, LONGEST)),
            ", ".join(problem.evidence[:4]),
        )
    return table


def _print(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style=style))
