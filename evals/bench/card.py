"""Seconds from a question to its evidence card: the real pipeline, 10,000 lines, with retrieval, without a model."""

import asyncio
import json
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

import polars as pl

from app.answer import CardReady, Event
from app.bootstrap import App, open_app
from app.question import ModelUse, Question
from app.settings import Settings
from evals.bench.lines import HOUR, START, sample_window
from retrieval.log_lines import LogTable
from retrieval.time_window import TimeWindow
from retrieval.timestamps import to_iso

LINES = 10_000
# Windows with other lines, so that no question meets an answer that is still warm.
WINDOWS = 5
QUESTIONS = (
    "what is failing?",
    "why does etcd not start?",
    "is the database healthy?",
    "what went wrong in the last hour and what do I do?",
    "why are requests slow?",
)


def card() -> dict[str, Any]:
    """Seconds to the card over every window and question once, after a warm-up: median, 95th percentile, most.

    The lines come from an archive that was read before, so that no other server's speed is measured.
    """
    seconds = asyncio.run(_measured())
    ranked = sorted(seconds)
    return {
        "p50_seconds": statistics.median(ranked),
        "p95_seconds": statistics.quantiles(ranked, n=20, method="inclusive")[-1],
        "most_seconds": ranked[-1],
        "lines": LINES,
        "runs": len(ranked),
    }


async def _measured() -> list[float]:
    with TemporaryDirectory(prefix="logagent-bench-") as folder:
        logs, windows = _archive(Path(folder) / "logs.jsonl")
        settings = Settings.read().with_home(Path(folder) / "home")
        async with open_app(settings, logs=[logs], with_model=False) as app:
            await _to_card(app, QUESTIONS[0], windows[0])
            return [await _to_card(app, question, window) for window in windows for question in QUESTIONS]


async def _to_card(app: App, question: str, window: TimeWindow) -> float:
    began = time.perf_counter()
    seconds: list[float] = []

    async def heard(event: Event) -> None:
        if isinstance(event, CardReady):
            seconds.append(time.perf_counter() - began)

    answer = await app.pipeline.run(Question(question, window=window, model_use=ModelUse.OFF), heard)
    if not seconds or answer.coverage.lines_read != LINES:
        raise RuntimeError(f"{question!r} gave no card over {LINES:,} lines, but read {answer.coverage.lines_read:,}")
    return seconds[0]


def _archive(path: Path) -> tuple[Path, list[TimeWindow]]:
    windows = []
    with path.open("w", encoding="utf-8") as file:
        for number in range(WINDOWS):
            # An archive leaves blank lines out.
            table, window = sample_window(LINES * 11 // 10, START + number * HOUR, seed=number)
            told = table.rows.filter(pl.col("line").str.strip_chars() != "").head(LINES)
            windows.append(window)
            _write(file, LogTable(told, table.streams))
    return path, windows


def _write(file: TextIO, table: LogTable) -> None:
    for line in table:
        row = {"ts": to_iso(line.timestamp or 0), "labels": dict(line.labels), "line": line.text}
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
