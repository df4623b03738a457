"""Many different log lines, drawn from the bundled captures."""

import random

import polars as pl

from evals.captures import folder
from evals.changes.pairs import bundled_cases
from evals.changes.traffic import jittered
from retrieval.log_lines import SCHEMA, LogTable
from retrieval.time_window import TimeWindow
from retrieval.timestamps import NANOSECONDS

START = 1_780_000_000 * NANOSECONDS
HOUR = 3600 * NANOSECONDS
# Lines that are drawn in one go, so that stack traces and their like stay whole.
LONGEST_STRETCH = 40


def sample_lines(count: int, seed: int = 7) -> list[tuple[dict[str, str], str]]:
    """Labels and text of `count` lines: stretches of all captures, in turn at random, with other numbers in each."""
    rng = random.Random(seed)  # noqa: S311  # seeded, so that every run measures the same lines
    captures = [[(line.labels.known(), line.line) for line in case.logs] for case in bundled_cases(folder())]
    lines: list[tuple[dict[str, str], str]] = []
    while len(lines) < count:
        capture = rng.choice(captures)
        start = rng.randrange(len(capture))
        stretch = capture[start : start + rng.randint(1, LONGEST_STRETCH)]
        lines += [(labels, jittered(text, rng)) for labels, text in stretch]
    return lines[:count]


def sample_window(count: int, start: int = START, seed: int = 7) -> tuple[LogTable, TimeWindow]:
    """An hour with `count` such lines, evenly spread."""
    window = TimeWindow(start, start + HOUR)
    streams: dict[tuple[tuple[str, str], ...], int] = {}
    lines = sample_lines(count, seed)
    numbers = [streams.setdefault(tuple(sorted(labels.items())), len(streams)) for labels, _ in lines]
    rows = pl.DataFrame(
        {
            "position": range(count),
            "timestamp": [start + HOUR * number // count for number in range(count)],
            "stream": numbers,
            "line": [text for _, text in lines],
        },
        schema=SCHEMA,
    )
    return LogTable(rows, [dict(key) for key in streams]), window
