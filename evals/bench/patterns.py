"""Lines per second and grouping accuracy of pattern mining, against Drain3 alone on the same lines in the same run."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl
from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

from evals.bench.grouping import grouping_accuracy
from evals.bench.labelled import Labelled, captured, made
from evals.bench.lines import sample_window
from retrieval.patterns.templates import find_templates
from retrieval.patterns.window_patterns import find_patterns

LINES = 100_000
RUNS = 9
LABELLED_LINES = 6_000
# The masking of Drain3's own example file.
_EXAMPLE_MASKS = (
    (r"((?<=[^A-Za-z0-9])|^)(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))((?=[^A-Za-z0-9])|$)", "ID"),
    (r"((?<=[^A-Za-z0-9])|^)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})((?=[^A-Za-z0-9])|$)", "IP"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9a-f]{6,} ?){3,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9A-F]{4} ?){4,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)(0x[a-f0-9A-F]+)((?=[^A-Za-z0-9])|$)", "HEX"),
    (r"((?<=[^A-Za-z0-9])|^)([\-\+]?\d+)((?=[^A-Za-z0-9])|$)", "NUM"),
)


def patterns() -> dict[str, Any]:
    """Ratios of lines per second, median of the runs with least and most, runs alternating; and grouping accuracy.

    Drain3 is timed as it is by default, without masking, and its accuracy is also given with the masks of its example.
    """
    table, _ = sample_window(LINES)
    texts = table.rows["line"].to_list()
    find_patterns(table)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(RUNS):
        ours.append(LINES / _seconds(partial(find_patterns, table)))
        theirs.append(LINES / _seconds(partial(_drain, texts, ())))
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return {
        "ratio_to_drain3": statistics.median(ratios),
        "ratio_to_drain3_range": [min(ratios), max(ratios)],
        "lines_per_second": statistics.median(ours),
        "drain3_lines_per_second": statistics.median(theirs),
        "lines": LINES,
        "distinct_lines": table.rows["line"].n_unique(),
        "runs": RUNS,
        "grouping_accuracy": {"captured": _accuracy(captured(LABELLED_LINES)), "made": _accuracy(made(LABELLED_LINES))},
    }


def _accuracy(sample: Labelled) -> Mapping[str, float | int]:
    found = find_templates(pl.Series("line", sample.lines)).of_line.to_list()
    return {
        "ours": grouping_accuracy(found, sample.labels),
        "drain3": grouping_accuracy(_drain(sample.lines, ()), sample.labels),
        "drain3_masked": grouping_accuracy(_drain(sample.lines, _EXAMPLE_MASKS), sample.labels),
        "lines": len(sample.lines),
        "statements": len(set(sample.labels)),
    }


def _drain(texts: Sequence[str], masks: Sequence[tuple[str, str]]) -> list[int]:
    """The cluster of each line by Drain3 alone."""
    config = TemplateMinerConfig()
    config.profiling_enabled = False
    config.masking_instructions = [MaskingInstruction(pattern, name) for pattern, name in masks]
    miner = TemplateMiner(config=config)
    return [miner.add_log_message(text)["cluster_id"] for text in texts]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
