"""`logagent changes`: what changed between two windows."""

import asyncio
import json
import sys
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from app.bootstrap import log_source
from app.changes import WindowChanges, change_row, changes_between, refuse_overlap
from app.commands import options
from app.commands.answer_text import changes_table
from app.settings import Settings
from app.telemetry.log_records import configure_logs
from retrieval.errors import BadInput
from retrieval.logs.source import Coverage
from retrieval.time_window import TimeWindow
from retrieval.timestamps import to_iso

CONTRACT = 1
# Comparing needs all lines, not the most telling ones.
MOST_LINES = 1_000_000
MOST_SHOWN = 20
# What only an answer can say of a change.
_OF_AN_ANSWER = {"evidence", "near"}

Span = Annotated[
    str, typer.Option(metavar="T..T", help="A window: two times in ISO 8601 with a zone, the end exclusive.")
]


def changes(
    before: Span,
    after: Span,
    logs: options.Logs = None,
    namespace: options.Namespace = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare two windows: what is new, gone, more or less frequent, the most important first.

    Example: logagent changes --before 2026-11-20T13:00Z..2026-11-20T14:00Z --after 2026-11-20T14:00Z..2026-11-20T15:00Z
    """
    settings = Settings.read()
    present = datetime.now(settings.app.zone)
    windows = parse_span(before, "--before", present), parse_span(after, "--after", present)
    refuse_overlap(*windows)
    configure_logs(settings.app.log_level, json=settings.app.log_json)
    found = asyncio.run(_found(settings, logs, namespace, windows))
    if as_json:
        sys.stdout.write(json.dumps(as_document(found), ensure_ascii=False, indent=2) + "\n")
    else:
        _print(found)


def parse_span(text: str, option: str, now: datetime) -> TimeWindow:
    """The window of "T..T", times of day in the zone of `now`; BadInput, with a sentence, where it is none."""
    first, dots, last = text.partition("..")
    if not dots or not first.strip() or not last.strip():
        raise BadInput(f"{option} is two times with two dots between them, T..T, not “{text[:80]}”")
    try:
        return options.between(first, last, now)
    except ValueError as error:
        raise BadInput(f"{option}: {error}") from error


async def _found(
    settings: Settings, logs: options.Logs, namespace: str | None, windows: tuple[TimeWindow, TimeWindow]
) -> WindowChanges:
    source = log_source(settings, logs, demo=False, max_lines=MOST_LINES)
    try:
        return await changes_between(source, *windows, {"namespace": namespace} if namespace else {})
    finally:
        await source.aclose()


def as_document(found: WindowChanges) -> dict[str, Any]:
    """The JSON of the contract."""
    counts = (found.found.before_lines, found.found.after_lines)
    names = ("before", "after")
    sides = {
        name: {"start": to_iso(window.start), "end": to_iso(window.end), "lines": lines}
        for name, window, lines in zip(names, found.windows, counts, strict=True)
    }
    coverage = {name: _coverage(read.coverage) for name, read in zip(names, found.reads, strict=True)}
    queries = {name: read.query for name, read in zip(names, found.reads, strict=True)}
    return {
        "contract": CONTRACT,
        **sides,
        "changes": [
            change_row(change).model_dump(mode="json", exclude=_OF_AN_ANSWER) for change in found.found.changes
        ],
        "coverage": coverage,
        "query": queries,
        "warnings": list(found.warnings),
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "lines_matched": coverage.lines_matched,
        "lines_read": coverage.lines_read,
        "truncated": coverage.truncated,
    }


def _print(found: WindowChanges) -> None:
    changes = found.found.changes
    table = changes_table([change_row(change) for change in changes[:MOST_SHOWN]])
    console = Console()
    console.print(table if changes else "nothing changed that chance does not explain")
    rest = f", {len(changes) - MOST_SHOWN} changes more with --json" if len(changes) > MOST_SHOWN else ""
    counts = (found.found.before_lines, found.found.after_lines)
    read = ", ".join(f"{lines:,} lines in {window}" for lines, window in zip(counts, found.windows, strict=True))
    console.print(read + rest, style="dim")
    for warning in found.warnings:
        console.print(Text(f"! {warning}", style="yellow"))
