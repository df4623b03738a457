"""How the cost of pattern mining grows with the lines: seconds, lines a second and memory up to five million lines."""

import json
import subprocess
import sys
from typing import Any

SIZES = (10_000, 50_000, 200_000, 1_000_000, 5_000_000)
LIMIT_S = 900

# Lines are made in portions and held as polars does, so that the memory measured is that of a real window.
_CHILD = """
import json, resource, sys, time
import polars as pl
from evals.bench.lines import HOUR, START, sample_window
from retrieval.log_lines import LogTable
from retrieval.patterns.window_patterns import find_patterns
count, portion = int(sys.argv[1]), 200_000
find_patterns(sample_window(1000)[0])
parts, streams = [], ()
for number in range(-(-count // portion)):
    table, _ = sample_window(min(portion, count - number * portion), START + number * HOUR, seed=1)
    shift = number * portion
    parts.append(table.rows.with_columns(pl.col("position") + shift))
    streams = table.streams
table = LogTable(pl.concat(parts, rechunk=True), streams)
del parts
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
began, used = time.perf_counter(), time.process_time()
found = find_patterns(table)
seconds, used = time.perf_counter() - began, time.process_time() - used
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([seconds, used, held, peak, len(found.patterns)]))
"""


def scale() -> dict[str, Any]:
    """A row for each size, each in a process of its own; memory in MiB, the lines themselves included."""
    rows = [_row(size) for size in SIZES]
    rates = [row["lines_per_second"] for row in rows]
    return {
        "table": rows,
        # Of a cost that grows linearly or slower the largest size is no slower, by the line, than the middle one.
        "rate_at_most_over_rate_at_least": rates[-1] / rates[1],
    }


def _row(lines: int) -> dict[str, Any]:
    ended = subprocess.run(  # noqa: S603  # our own interpreter with our own text
        [sys.executable, "-c", _CHILD, str(lines)], capture_output=True, text=True, timeout=LIMIT_S, check=True
    )
    seconds, used, held, peak, patterns = json.loads(ended.stdout)
    return {
        "lines": lines,
        "seconds": round(seconds, 3),
        "processor_seconds": round(used, 3),
        "lines_per_second": round(lines / seconds),
        "rss_before_mib": round(held),
        "peak_rss_mib": round(peak),
        "patterns": patterns,
    }
