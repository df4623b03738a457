"""`logagent ingest`: the admin jobs that fill the knowledge, safe to run again."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from app.bootstrap import log_source, opened_index, opened_telemetry
from app.commands import options
from app.commands.job_progress import shown_progress
from app.settings import Settings
from app.telemetry.log_records import configure_logs
from app.time_phrases import parse_duration
from app.traced_ingestion import traced_ingestion
from app.triage.verification import inert
from ingestion.backup import Kept, back_up
from ingestion.backup import restore as restore_from
from ingestion.corpus import runbook_folder
from ingestion.history import ingest_history
from ingestion.incidents import ingest_incidents
from ingestion.pattern_catalogue import Catalogue, read_catalogue
from ingestion.report import Report
from ingestion.runbooks import ingest_runbooks
from ingestion.watch import Watch, stopped_by_signals
from retrieval.errors import BadInput
from retrieval.knowledge.embedding import Embedder
from retrieval.knowledge.index import CollectionName, KnowledgeIndex

FAILED = 1
LONGEST_HISTORY = timedelta(days=90)
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the difference and change nothing.")]
Rebuild = Annotated[bool, typer.Option(help="Embed anew what is there, beside the old index, and swap.")]
BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="A gzipped JSONL file.")]
Work = Callable[[KnowledgeIndex, Embedder, Watch], Report]

ingest = typer.Typer(help="Bring runbooks, incidents and log history into the knowledge.", no_args_is_help=True)


@ingest.callback()
def _group() -> None:
    """Bring runbooks, incidents and log history into the knowledge; safe to run again."""


@ingest.command(epilog="Example: logagent ingest runbooks ./runbooks ../team/docs --dry-run")
def runbooks(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH…", help="Markdown files and folders.")] = None,
    bundled: Annotated[bool, typer.Option("--bundled", help="Also the runbooks that come with the program.")] = False,
    dry_run: DryRun = False,
    rebuild: Rebuild = False,
    as_json: options.AsJson = False,
) -> None:
    """Make the index hold what these files and folders hold."""
    paths = [*(paths or []), *([runbook_folder()] if bundled else [])]
    if not paths and not rebuild:
        raise BadInput("name the files and folders to ingest, or give --bundled for the program's own runbooks")

    def work(index: KnowledgeIndex, embedder: Embedder, watch: Watch) -> Report:
        return ingest_runbooks(paths, index, embedder=embedder, dry_run=dry_run, rebuild=rebuild, watch=watch)

    _run("runbooks", work, dry_run=dry_run, as_json=as_json)


@ingest.command(epilog="Example: logagent ingest incidents confirmed.jsonl")
def incidents(
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help="JSONL of `ask --json` answers or cases.")] = None,
    dry_run: DryRun = False,
    rebuild: Rebuild = False,
    as_json: options.AsJson = False,
) -> None:
    """Make the index hold the past incidents of this file: triages that a person confirmed or corrected."""
    if path is None and not rebuild:
        raise BadInput("name the file of incidents to ingest")

    def work(index: KnowledgeIndex, embedder: Embedder, watch: Watch) -> Report:
        return ingest_incidents(path, index, embedder=embedder, dry_run=dry_run, rebuild=rebuild, watch=watch)

    _run("incidents", work, dry_run=dry_run, as_json=as_json)


@ingest.command(epilog="Example: logagent ingest history --since 7d")
def history(
    since: Annotated[str, typer.Option(metavar="DURATION", help="Whole days back to this long ago.")] = "7d",
    logs: options.Logs = None,
    now: options.Now = None,
    dry_run: DryRun = False,
    rebuild: Rebuild = False,
    as_json: options.AsJson = False,
) -> None:
    """Bring the patterns of past days into the index, from Loki or files, so that what is new can be told."""
    settings = Settings.read()
    span = parse_duration(since)
    if span > LONGEST_HISTORY:
        raise BadInput(f"--since reaches back {LONGEST_HISTORY.days} days at most")
    moment = options.Times(None, None, None, now).moment()

    def work(index: KnowledgeIndex, embedder: Embedder, watch: Watch) -> Report:
        if rebuild and not logs and settings.loki.url is None:
            return ingest_history(None, "", index, embedder=embedder, rebuild=True, dry_run=dry_run, watch=watch)
        catalogue = asyncio.run(_catalogue(settings, logs, span, moment, watch))
        source = " ".join(sorted(str(path.resolve()) for path in logs)) if logs else f"{settings.loki.url}".rstrip("/")
        return ingest_history(
            catalogue, source, index, embedder=embedder, dry_run=dry_run, rebuild=rebuild, watch=watch
        )

    _run("history", work, dry_run=dry_run, as_json=as_json)


async def _catalogue(
    settings: Settings, logs: list[Path] | None, since: timedelta, moment: datetime | None, watch: Watch
) -> Catalogue:
    source = log_source(settings, logs, demo=False)
    try:
        now = options.present(moment, await source.extent())
        return await read_catalogue(source.read, since, now, watch)
    finally:
        await source.aclose()


@ingest.command(epilog="Example: logagent ingest backup knowledge.jsonl.gz")
def backup(file: BackupFile, as_json: options.AsJson = False) -> None:
    """Write the whole knowledge, vectors included, to a file: of a Chroma server or of the embedded folder."""
    _keep("backed up", lambda index, watch: back_up(index, file.expanduser(), watch), as_json=as_json)


@ingest.command(epilog="Example: logagent ingest restore knowledge.jsonl.gz")
def restore(file: BackupFile, as_json: options.AsJson = False) -> None:
    """Put the knowledge of a file in the place of what is there; nothing is embedded."""
    _keep("restored", lambda index, watch: restore_from(index, file.expanduser(), watch), as_json=as_json)


def _keep(done: str, work: Callable[[KnowledgeIndex, Watch], Kept], *, as_json: bool) -> None:
    settings = Settings.read()
    configure_logs(settings.app.log_level, json=settings.app.log_json)
    with _ready(settings) as (index, _, watch):
        records = work(index, watch).records
    if as_json:
        sys.stdout.write(json.dumps({"contract": 1, "records": records}) + "\n")
    else:
        counted = ", ".join(f"{count:,} records of {name}" for name, count in records.items()) or "nothing"
        sys.stdout.write(f"{counted} {done}\n")


def _run(collection: CollectionName, work: Work, *, dry_run: bool, as_json: bool) -> None:
    """Do a job with its progress on stderr, print its report, and exit with 1 where anything failed."""
    settings = Settings.read()
    configure_logs(settings.app.log_level, json=settings.app.log_json)
    with (
        opened_telemetry(settings) as telemetry,
        traced_ingestion(telemetry, settings, collection, dry_run=dry_run) as job,
        _ready(settings) as (index, embedder, watch),
    ):
        report = work(index, embedder, job.watched(watch))
        job.done(report)
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
