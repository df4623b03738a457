"""An answer on a terminal. Log text is printed as it is, never read as markup."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.answer import Answer, Triage
from app.answer_sections import ChangeRow, Coaching, Coverage
from app.commands.section_text import STYLE, lookup_table, overview_table, ranking_table
from app.triage.verification import inert

LONGEST = 420
LONGEST_SUMMARY = 1_200
LONGEST_PATTERN = 160
MOST_CHANGES = 20


def print_answer(answer: Answer, console: Console) -> None:
    """The verdict first, then what to do, the problems, the evidence, and what was looked at."""
    triage = answer.triage
    if answer.ranking is None and answer.lookup is None:
        console.print(_verdict(triage))
    _print(console, inert(triage.summary, LONGEST_SUMMARY))
    _cause(answer, console)
    for number, action in enumerate(triage.actions, start=1):
        _print(
            console, f"\n{number}. {action.title}" + (f"  (CKA: {action.exam_domain})" if action.exam_domain else "")
        )
        if action.command:
            console.print(Text(f"   {action.command}", style="cyan"), soft_wrap=True)
        _print(console, f"   {action.explanation}")
    if answer.coaching:
        _coach(answer.coaching, console)
    if (table := _table_of(answer)) is not None:
        console.print(table)
    for item in answer.evidence:
        if item.id in triage.evidence and not answer.lookup:
            where = f"{item.timestamp or ''} {inert(item.source, LONGEST)}".strip()
            _print(console, f"[{item.id}] {where}\n     {inert(item.text, LONGEST)}", style="dim")
    _account(answer, console)
    for warning in answer.warnings:
        _print(console, f"! {warning}", style="yellow")


def _coach(coaching: Coaching, console: Console) -> None:
    """Each command taken apart, and the question back."""
    console.print(Text("\nCoach", style="bold"))
    for lesson in coaching.lessons:
        console.print(Text(f" {lesson.command}", style="cyan"), soft_wrap=True)
        for part in lesson.parts:
            _print(console, f"   {part.word}: {part.meaning}")
        if lesson.exam_domain:
            _print(console, f"   CKA: {lesson.exam_domain}" + (f". {lesson.practise}" if lesson.practise else ""))
    _print(console, f"A question for you: {coaching.question}\n")


def _cause(answer: Answer, console: Console) -> None:
    if answer.lookup is None:
        cause = "First: " if answer.changes else "" if answer.ranking else "Root cause: "
        cited = f"  [{', '.join(answer.triage.evidence)}]" if answer.triage.evidence else ""
        _print(console, f"{cause}{inert(answer.triage.root_cause, LONGEST)}{cited}")


def _table_of(answer: Answer) -> Table | None:
    """What the kind of question is answered with: changes, a ranking, lines, components, or problems."""
    if answer.changes:
        return changes_table(answer.changes)
    if answer.ranking:
        return ranking_table(answer.ranking)
    if answer.lookup:
        return lookup_table(answer.lookup, answer.evidence)
    if answer.overview:
        return overview_table(answer.overview, answer.problems)
    return _problems(answer) if answer.problems else None


def _verdict(triage: Triage) -> Text:
    return Text.assemble(
        (f"{triage.severity.value} ", STYLE[triage.severity]),
        (triage.status.value.replace("_", " "), "bold"),
        f" · {triage.component} · {triage.category.value} · confidence {triage.confidence:.2f}",
    )


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
