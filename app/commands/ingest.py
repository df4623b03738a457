"""`logagent ingest`: the admin jobs that fill the knowledge, safe to run again."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.bootstrap import opened_index
from app.commands import options
from app.commands.job_progress import shown_progress
from app.settings import Settings
from app.telemetry.log_records import configure_logs
from app.triage.verification import inert
from ingestion.report import Report
from ingestion.runbooks import ingest_runbooks
from ingestion.watch import Watch, stopped_by_signals
from retrieval.errors import BadInput
from retrieval.knowledge.embedding import Embedder
from retrieval.knowledge.index import KnowledgeIndex

FAILED = 1
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the difference and change nothing.")]
Rebuild = Annotated[bool, typer.Option(help="Embed anew what is there, beside the old index, and swap.")]
Work = Callable[[KnowledgeIndex, Embedder, Watch], Report]

ingest = typer.Typer(help="Bring runbooks into the knowledge; safe to run again.", no_args_is_help=True)


@ingest.callback()
def _group() -> None:
    """Bring runbooks into the knowledge; safe to run again."""


@ingest.command(epilog="Example: logagent ingest runbooks ./runbooks ../team/docs --dry-run")
def runbooks(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH…", help="Markdown files and folders.")] = None,
    dry_run: DryRun = False,
    rebuild: Rebuild = False,
    as_json: options.AsJson = False,
) -> None:
    """Make the index hold what these files and folders hold."""
    if not paths and not rebuild:
        raise BadInput("name the files and folders to ingest")

    def work(index: KnowledgeIndex, embedder: Embedder, watch: Watch) -> Report:
        return ingest_runbooks(paths or [], index, embedder=embedder, dry_run=dry_run, rebuild=rebuild, watch=watch)

    _run(work, dry_run=dry_run, as_json=as_json)


def _run(work: Work, *, dry_run: bool, as_json: bool) -> None:
    """Do a job with its progress on stderr, print its report, and exit with 1 where anything failed."""
    settings = Settings.read()
    configure_logs(settings.app.log_level, json=settings.app.log_json)
    with _ready(settings) as (index, embedder, watch):
        report = work(index, embedder, watch)
    if as_json:
        sys.stdout.write(json.dumps({"contract": 1, "dry_run": dry_run, **asdict(report)}, indent=2) + "\n")
    else:
        _print(report, dry_run=dry_run)
    if not report.ok:
        raise typer.Exit(FAILED)


@contextmanager
def _ready(settings: Settings) -> Iterator[tuple[KnowledgeIndex, Embedder, Watch]]:
    with stopped_by_signals() as stop, opened_index(settings) as (index, embedder), shown_progress() as progress:
        yield index, embedder, Watch(progress, stop)


def _print(report: Report, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    if dry_run:
        for mark, names in (("+", report.added), ("~", report.changed), ("-", report.deleted)):
            sys.stdout.writelines(f"{mark} {inert(name, 300)}\n" for name in names)
    sys.stdout.write(
        f"{len(report.added)} {would}added, {len(report.changed)} {would}changed, {report.unchanged} unchanged, "
        f"{len(report.deleted)} {would}deleted, {len(report.failed)} failed; "
        f"{report.chunks_embedded} sections embedded in {report.seconds:.1f} s\n"
    )
    for note in report.notes:
        sys.stdout.write(f"{note}\n")
    for failure in report.failed:
        sys.stderr.write(f"logagent: {inert(str(failure), 600)}\n")
