"""`logagent patterns`: a window of logs as counted, ranked patterns."""

import asyncio
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.bootstrap import open_app
from app.commands import options
from app.commands.section_text import STYLE
from app.intent import default_window
from app.settings import Settings
from app.telemetry.log_records import configure_logs
from app.triage.findings import Finding, find_findings
from app.triage.verification import inert
from retrieval.logs.source import LogQuery, LogRead
from retrieval.patterns.window_patterns import find_patterns
from retrieval.redaction import redact_table
from retrieval.time_window import TimeWindow
from retrieval.timestamps import to_iso

CONTRACT = 1
MOST_SHOWN = 40
LONGEST_TEMPLATE = 160


def patterns(
    logs: options.Logs = None,
    namespace: options.Namespace = None,
    window: options.Window = None,
    start: options.From = None,
    end: options.To = None,
    now: options.Now = None,
    as_json: options.AsJson = False,
) -> None:
    """Show a window as patterns, those that a person should read first on top.

    Example: logagent patterns --logs app.log --window 1h
    """
    settings = Settings.read()
    configure_logs(settings.app.log_level, json=settings.app.log_json)
    times = options.Times(window, start, end, now, settings.app.zone)
    chosen, read, found = asyncio.run(_mined(settings, logs, namespace, times))
    if as_json:
        sys.stdout.write(json.dumps(_as_json(chosen, read, found), ensure_ascii=False, indent=2) + "\n")
    else:
        _print(chosen, read, found)


async def _mined(
    settings: Settings,
    logs: options.Logs,
    namespace: str | None,
    times: options.Times,
) -> tuple[TimeWindow, LogRead, list[Finding]]:
    async with open_app(settings, logs=logs, with_model=False, with_knowledge=False) as app:
        extent = await app.logs.extent()
        chosen = options.chosen_window(times, extent)
        if chosen is None:
            now = options.present(times.moment(), extent)
            chosen = default_window(now, extent, settings.app.window_hours)
        read = await app.logs.read(LogQuery(chosen, {"namespace": namespace} if namespace else {}))
    table = redact_table(read.table).table
    bounded = (chosen.start, chosen.end) if table.span() else ()
    return chosen, read, find_findings(find_patterns(table, *bounded).patterns)


def _as_json(window: TimeWindow, read: LogRead, found: list[Finding]) -> dict[str, Any]:
    return {
        "contract": CONTRACT,
        "window": {"start": to_iso(window.start), "end": to_iso(window.end), "source": window.source},
        "query": read.query,
        "coverage": {
            "lines_matched": read.coverage.lines_matched,
            "lines_read": read.coverage.lines_read,
            "truncated": read.coverage.truncated,
        },
        "patterns": [_row(finding) for finding in found],
        "warnings": list(read.warnings),
    }


def _row(finding: Finding) -> dict[str, Any]:
    pattern = finding.pattern
    return {
        "template": pattern.template,
        "severity": finding.severity,
        "category": finding.category,
        "component": finding.component,
        "count": pattern.count,
        "first_seen": to_iso(pattern.first_seen) if pattern.first_seen is not None else None,
        "last_seen": to_iso(pattern.last_seen) if pattern.last_seen is not None else None,
        "labels": dict(pattern.labels),
        "samples": list(pattern.samples),
        "lines": list(pattern.sample_positions),
        "spark": list(pattern.spark),
        "score": finding.score,
    }


def _print(window: TimeWindow, read: LogRead, found: list[Finding]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("lines", "severity", "component", "pattern"):
        table.add_column(heading)
    for finding in found[:MOST_SHOWN]:
        table.add_row(
            str(finding.pattern.count),
            Text(finding.severity.value, style=STYLE[finding.severity]),
            Text(finding.component),
            Text(inert(finding.pattern.template, LONGEST_TEMPLATE)),
        )
    console = Console()
    console.print(table)
    coverage = read.coverage
    rest = f", {len(found) - MOST_SHOWN} patterns more with --json" if len(found) > MOST_SHOWN else ""
    console.print(f"{window}: {coverage.lines_read:,} of {coverage.lines_matched:,} lines read{rest}", style="dim")
    for warning in read.warnings:
        console.print(Text(f"! {warning}", style="yellow"))
