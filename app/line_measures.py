"""Each line of a window as an error, a warning or neither, by the level it was logged at, and counts by group."""

from collections.abc import Mapping, Sequence

import polars as pl

from app.triage.components import component_of
from app.triage.findings import Finding
from retrieval.log_lines import LogTable
from retrieval.patterns.fields import Level
from retrieval.patterns.pattern import SPARK_BUCKETS
from retrieval.patterns.window_patterns import WindowPatterns
from retrieval.taxonomy import Severity
from retrieval.time_window import TimeWindow

NEITHER, WARNING, ERROR = 0, 1, 2


def measured_lines(
    table: LogTable, found: WindowPatterns, findings: Sequence[Finding], by: str, window: TimeWindow
) -> pl.DataFrame:
    """Columns `position`, `timestamp`, `pattern`, `measure` (0 neither, 1 warning, 2 error), `group`, `bucket`.

    `by` is a label name or "component". A line whose level nothing tells counts by the severity of its pattern.
    """
    measures = {finding.number: measure_of(finding) for finding in findings}
    names = pl.Series("group", [group_of(labels, by) for labels in table.streams], dtype=pl.String)
    width = max(1, -(-(window.end - window.start) // SPARK_BUCKETS))
    return table.rows.select(
        "position",
        "timestamp",
        pattern=found.assignment,
        measure=found.assignment.replace_strict(measures, return_dtype=pl.Int8),
        group=names.gather(table.rows["stream"]),
        bucket=((pl.col("timestamp") - window.start) // width).clip(0, SPARK_BUCKETS - 1),
    )


def measure_of(finding: Finding) -> int:
    """What a line of this finding counts as."""
    level, severity = finding.pattern.level, finding.severity
    if level is Level.UNKNOWN:
        return ERROR if severity.rank >= Severity.ERROR.rank else WARNING if severity is Severity.WARN else NEITHER
    return ERROR if level >= Level.ERROR else WARNING if level is Level.WARN else NEITHER


def group_of(labels: Mapping[str, str], by: str) -> str:
    """The group of a line by its labels."""
    return component_of(labels) if by == "component" else labels.get(by) or f"without {by}"


def counted_groups(lines: pl.DataFrame) -> pl.DataFrame:
    """A row a group: `errors`, `warnings`, `lines`, `first`, `last`."""
    measure = pl.col("measure")
    return lines.group_by("group").agg(
        (measure == ERROR).sum().alias("errors"),
        (measure == WARNING).sum().alias("warnings"),
        pl.len().alias("lines"),
        pl.col("timestamp").min().alias("first"),
        pl.col("timestamp").max().alias("last"),
    )


def spark_of(lines: pl.DataFrame) -> list[int]:
    """Lines in equal parts of the window."""
    spark = [0] * SPARK_BUCKETS
    for bucket, count in lines.drop_nulls("bucket").group_by("bucket").len().iter_rows():
        spark[bucket] = count
    return spark
