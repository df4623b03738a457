"""The patterns of a window of lines, counted and ranked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from retrieval.log_lines import LogTable
from retrieval.patterns.fields import Level, named_level, trouble_words
from retrieval.patterns.line_fields import fields_of
from retrieval.patterns.pattern import SPARK_BUCKETS, Pattern
from retrieval.patterns.ranking import ranked_score
from retrieval.patterns.templates import Template, find_templates

# Label that Loki adds to each line; a better witness of the level than words in the text.
_LEVEL_LABELS = ("level", "detected_level", "severity")


@dataclass(frozen=True)
class WindowPatterns:
    """Ranked patterns, most telling first, and for each row of the table the index of its pattern."""

    patterns: tuple[Pattern, ...]
    assignment: pl.Series
    lines: int

    def pattern_at(self, table: LogTable, position: int) -> int:
        """The index of the pattern of the line at this position of the input."""
        return int(self.assignment.filter(table.rows["position"] == position)[0])

    def rows_of(self, table: LogTable, pattern: int) -> LogTable:
        """The lines of one pattern."""
        return LogTable(table.rows.filter(self.assignment == pattern), table.streams)


def find_patterns(table: LogTable, start: int | None = None, end: int | None = None) -> WindowPatterns:
    """The patterns of a table; `start` and `end` (nanoseconds) bound the small charts, by default the table's span."""
    if not len(table):
        return WindowPatterns((), pl.Series("pattern", [], dtype=pl.Int64), 0)
    templates = find_templates(table.rows["line"])
    rows = table.rows.with_columns(templates.of_line.alias("template"), _bucket(table, start, end))
    patterns = [
        replace(pattern, score=ranked_score(pattern, len(table))) for pattern in _counted(rows, templates.known, table)
    ]
    best_first = sorted(range(len(patterns)), key=lambda n: (-patterns[n].score, patterns[n].sample_positions[0]))
    place = pl.Series("pattern", sorted(range(len(best_first)), key=best_first.__getitem__), dtype=pl.Int64)
    assignment = place.gather(rows["template"])
    return WindowPatterns(tuple(patterns[n] for n in best_first), assignment, len(table))


def _bucket(table: LogTable, start: int | None, end: int | None) -> pl.Expr:
    span = table.span() or (0, 0)
    first = span[0] if start is None else start
    last = span[1] + 1 if end is None else end
    width = max(1, -(-(last - first) // SPARK_BUCKETS))
    return ((pl.col("timestamp") - first) // width).clip(0, SPARK_BUCKETS - 1).alias("bucket")


def _counted(rows: pl.DataFrame, templates: Sequence[Template], table: LogTable) -> list[Pattern]:
    """One pattern a template, in template order."""
    row = pl.col("row")
    groups = (
        rows.with_row_index("row")
        .group_by("template")
        .agg(
            pl.len().alias("count"),
            pl.col("timestamp").min().alias("first_seen"),
            pl.col("timestamp").max().alias("last_seen"),
            pl.col("stream").unique().alias("streams"),
            row.first().alias("first"),
            row.get(pl.len() // 2).alias("middle"),
            row.last().alias("last"),
        )
        .sort("template")
    )
    sparks = _sparks(rows, len(templates))
    return [
        _pattern(group, templates[group["template"]], sparks[group["template"]], table)
        for group in groups.iter_rows(named=True)
    ]


def _pattern(group: Mapping[str, Any], template: Template, spark: tuple[int, ...], table: LogTable) -> Pattern:
    samples = table.rows[sorted({group["first"], group["middle"], group["last"]})]
    label_sets = [table.streams[stream] for stream in group["streams"]]
    labels = dict(set.intersection(*(set(labels.items()) for labels in label_sets)))
    text, level, texts = template.text, template.level, tuple(samples["line"].to_list())
    if level is Level.UNKNOWN:
        level = next((known for name in _LEVEL_LABELS if (known := named_level(labels.get(name)))), level)
    return Pattern(
        template=text,
        level=level,
        trouble=trouble_words(text),
        count=group["count"],
        first_seen=group["first_seen"],
        last_seen=group["last_seen"],
        labels=dict(sorted(labels.items())),
        sample_positions=tuple(samples["position"].to_list()),
        samples=texts,
        spark=spark,
        fields=fields_of(texts[0]),
    )


def _sparks(rows: pl.DataFrame, templates: int) -> list[tuple[int, ...]]:
    """Lines of each template in equal parts of the window; lines without a time are in none."""
    sparks = [[0] * SPARK_BUCKETS for _ in range(templates)]
    counts = rows.drop_nulls("bucket").group_by("template", "bucket").len()
    for template, bucket, count in counts.iter_rows():
        sparks[template][bucket] = count
    return [tuple(spark) for spark in sparks]
