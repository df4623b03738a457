"""The patterns of a window of lines, counted and ranked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from retrieval.log_lines import LogTable
from retrieval.patterns.events import Events, events_of
from retrieval.patterns.fields import Level, named_level, trouble_words
from retrieval.patterns.line_fields import fields_of
from retrieval.patterns.pattern import SPARK_BUCKETS, Pattern
from retrieval.patterns.ranking import ranked_score
from retrieval.patterns.templates import Template, find_templates

# Label that Loki adds to each line; a better witness of the level than words in the text.
_LEVEL_LABELS = ("level", "detected_level", "severity")
# Labels whose values name who wrote a line.
_WORKLOAD = ("app", "container", "pod")


@dataclass(frozen=True)
class WindowPatterns:
    """Ranked patterns, most telling first, and for each row of the table the index of its pattern.

    Lines that go on another one (a stack trace) have its pattern; `pattern_of` is the pattern of each event.
    """

    patterns: tuple[Pattern, ...]
    assignment: pl.Series
    lines: int
    events: Events
    pattern_of: pl.Series

    def pattern_at(self, table: LogTable, position: int) -> int:
        """The index of the pattern of the line at this position of the input."""
        return int(self.assignment.filter(table.rows["position"] == position)[0])

    def rows_of(self, table: LogTable, pattern: int) -> LogTable:
        """The lines of one pattern."""
        return LogTable(table.rows.filter(self.assignment == pattern), table.streams)

    def positions_of(self, pattern: int, most: int) -> tuple[int, ...]:
        """Positions of the events of one pattern: their first lines, and those that tell of an exception."""
        return self.events.positions((self.pattern_of == pattern).arg_true(), most)

    def quote(self, position: int) -> tuple[str, tuple[int, ...]]:
        """What to quote of the event that begins at this position, and the positions of the quoted lines."""
        event = (self.events.heads["position"] == position).arg_true()
        if event.is_empty():
            raise KeyError(f"no event begins at position {position}")
        return self.events.quotes(int(event[0]))


def find_patterns(table: LogTable, start: int | None = None, end: int | None = None) -> WindowPatterns:
    """The patterns of a table; `start` and `end` (nanoseconds) bound the small charts, by default the table's span."""
    events = events_of(table)
    templates = find_templates(events.said)
    counted = _counted(events, templates.of_line, _bucket(table, start, end))
    unranked = _patterns(counted, templates.known, events, table)
    base = [sum(parts) for parts in zip(*(pattern.spark for pattern in unranked), strict=True)]
    patterns = [replace(pattern, score=ranked_score(pattern, len(events.heads), base)) for pattern in unranked]
    best_first = sorted(range(len(patterns)), key=lambda n: (-patterns[n].score, patterns[n].sample_positions[0]))
    place = pl.Series("pattern", sorted(range(len(best_first)), key=best_first.__getitem__), dtype=pl.Int64)
    pattern_of = place.gather(templates.of_line)
    assignment = pattern_of.gather(events.of_row)
    return WindowPatterns(tuple(patterns[n] for n in best_first), assignment, len(table), events, pattern_of)


def _bucket(table: LogTable, start: int | None, end: int | None) -> pl.Expr:
    span = table.span() or (0, 0)
    first = span[0] if start is None else start
    last = span[1] + 1 if end is None else end
    width = max(1, -(-(last - first) // SPARK_BUCKETS))
    return ((pl.col("timestamp") - first) // width).clip(0, SPARK_BUCKETS - 1).alias("bucket")


def _counted(events: Events, template: pl.Series, bucket: pl.Expr) -> pl.DataFrame:
    """A row a template, in template order: count, times, streams, charts, and the first, middle and last event."""
    moment, event = pl.col("timestamp"), pl.col("event")
    rows = events.heads.select("timestamp", "stream", bucket, template.alias("template")).with_row_index("event")
    cells = rows.group_by("template", "stream", "bucket").agg(
        pl.len().alias("count"), moment.min().alias("first_seen"), moment.max().alias("last_seen"),
        event.min().alias("first"), event.max().alias("last"),
    )  # fmt: skip
    middle = rows.group_by("template").agg(event.get(pl.len() // 2).alias("middle"))
    return (
        cells.group_by("template")
        .agg(
            pl.col("count").sum(), pl.col("first_seen").min(), pl.col("last_seen").max(),
            pl.col("stream").unique().alias("streams"), pl.col("first").min(), pl.col("last").max(),
            pl.col("bucket").alias("buckets"), pl.col("count").alias("counts"),
        )
        .join(middle, on="template")
        .sort("template")
    )  # fmt: skip


def _patterns(counted: pl.DataFrame, templates: Sequence[Template], events: Events, table: LogTable) -> list[Pattern]:
    """One pattern a template, in template order."""
    samples = [sorted(set(places)) for places in counted.select("first", "middle", "last").iter_rows()]
    wanted = [event for places in samples for event in places]
    texts = dict(zip(wanted, events.texts(wanted), strict=True))
    positions = dict(zip(wanted, events.heads["position"].gather(wanted).to_list(), strict=True))
    workloads = [{labels[name] for name in _WORKLOAD if labels.get(name)} for labels in table.streams]
    found = []
    for group, places in zip(counted.iter_rows(named=True), samples, strict=True):
        template, shown = templates[group["template"]], tuple(texts[place] for place in places)
        labels = _shared([table.streams[stream] for stream in group["streams"]])
        pattern = Pattern(
            template=template.text,
            level=_labelled(labels) if template.level is Level.UNKNOWN else template.level,
            trouble=trouble_words(template.text),
            count=group["count"],
            first_seen=group["first_seen"],
            last_seen=group["last_seen"],
            labels=labels,
            sample_positions=tuple(positions[place] for place in places),
            samples=shown,
            spark=_spark(group["buckets"], group["counts"]),
            fields=fields_of(shown[0]),
            workloads=frozenset().union(*(workloads[stream] for stream in group["streams"])),
        )
        found.append(pattern)
    return found


def _shared(label_sets: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The labels that all these sets have, by name."""
    shared = set(label_sets[0].items())
    for labels in label_sets[1:]:
        shared &= labels.items()
    return dict(sorted(shared))


def _labelled(labels: Mapping[str, str]) -> Level:
    return next((known for name in _LEVEL_LABELS if (known := named_level(labels.get(name)))), Level.UNKNOWN)


def _spark(buckets: Sequence[int | None], counts: Sequence[int]) -> tuple[int, ...]:
    """Events in equal parts of the window; those without a time are in none."""
    spark = [0] * SPARK_BUCKETS
    for bucket, count in zip(buckets, counts, strict=True):
        if bucket is not None:
            spark[bucket] += count
    return tuple(spark)
