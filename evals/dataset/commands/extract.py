"""`logagent dataset extract`."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from app.bootstrap import loki_connection
from app.commands import options
from app.settings import Settings
from app.telemetry.log_records import configure_logs
from evals.dataset.commands.results import AsJson, Seed, errors_in_a_sentence, print_json, progress, refuse_existing
from evals.dataset.extraction.candidate import write_candidates
from evals.dataset.extraction.extract import Bounds, Extraction, Extractor
from evals.dataset.extraction.filters import filter_table
from retrieval.time_window import TimeWindow


def extract(
    out: Annotated[Path, typer.Option(help="The file of candidates to write.")] = Path("candidates.jsonl"),
    window: options.Window = None,
    from_: options.From = None,
    to: options.To = None,
    count: Annotated[int, typer.Option(min=1, max=2000, help="Candidates at most.")] = 150,
    lines: Annotated[int, typer.Option(min=1, max=5000, help="Lines read of each filter at most.")] = 500,
    seed: Seed = 7,
    force: Annotated[bool, typer.Option(help="Replace a file that exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read candidates for cases out of the Loki at LOKI_URL, by default of the last 24 hours; secrets are redacted.

    A person turns candidates into cases with `logagent dataset review`.
    """
    with errors_in_a_sentence():
        refuse_existing(out, force=force)
        settings = Settings.read()
        configure_logs(settings.app.log_level, json=settings.app.log_json)
        times = options.Times(window, from_, to, None, settings.app.zone)
        period = options.chosen_window(times, None) or TimeWindow.last(timedelta(hours=24), datetime.now(UTC))
        extraction = asyncio.run(_extracted(settings, period, Bounds(lines, candidates=count), seed))
        write_candidates(out, extraction.candidates)
    _show(extraction, out, as_json=as_json)


async def _extracted(settings: Settings, period: TimeWindow, bounds: Bounds, seed: int) -> Extraction:
    with progress("filters and candidates", len(filter_table().filters) + bounds.candidates) as advance:
        extractor = Extractor(loki_connection(settings.loki), bounds, advance)
        try:
            return await extractor.extract(period, seed)
        finally:
            await extractor.aclose()


def _show(extraction: Extraction, out: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "out": str(out),
                "lines": extraction.lines,
                "errors": extraction.errors,
                "candidates": len(extraction.candidates),
                "filters": extraction.by_filter,
            }
        )
        return
    typer.echo(f"{out}: {len(extraction.candidates)} candidates of {extraction.errors} different lines")
