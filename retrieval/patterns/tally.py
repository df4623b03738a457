"""Two windows counted side by side: how often each event happened in each, and in how many parts of it.

An event is a template at one place: a label set without what changes by itself from day to day (pod and node).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from retrieval.log_lines import LogTable
from retrieval.patterns.events import Events, events_of
from retrieval.patterns.templates import Template, find_templates
from retrieval.time_window import TimeWindow

PLACE = ("namespace", "app", "container")
# Parts of the shorter window. Wider ones hide that a burst is one event, narrower ones cut it into many.
BUCKETS = 60


@dataclass(frozen=True)
class Tally:
    """The counts of two windows; `buckets` are the parts of each, `untimed` the lines that no time places.

    `cells` has a row for each event, window and part with lines in it: `template`, `place`, `after` (which window),
    `bucket`, `lines`, `first`, `last` (nanoseconds) and `row`, the first of them in `heard`. `events` has a row
    for each event: `template`, `place`, and for both windows (`_0` before, `_1` after) `count`, `squares` (sum of the
    squared lines of each part) and `parts` that hold lines.
    """

    templates: tuple[Template, ...]
    places: tuple[Mapping[str, str], ...]
    events: pl.DataFrame
    cells: pl.DataFrame
    heard: Events
    streams: tuple[Mapping[str, str], ...]
    lines: tuple[int, int]
    buckets: tuple[int, int]
    width: int
    untimed: int


def tally(before: LogTable, after: LogTable, before_window: TimeWindow, after_window: TimeWindow) -> Tally:
    """The counts of both windows, by templates mined from the two together."""
    lengths = [window.end - window.start for window in (before_window, after_window)]
    width = max(1, min(lengths) // BUCKETS)
    old, new = _placed(before, before_window, 0), _placed(after, after_window, len(before.streams))
    streams = (*before.streams, *after.streams)
    heard = events_of(LogTable(pl.concat([old, new]), streams))
    templates = find_templates(heard.said)
    places, place_of = _places(streams)
    is_after = pl.col("stream") >= len(before.streams)
    start = pl.when(is_after).then(after_window.start).otherwise(before_window.start)
    rows = heard.heads.select(
        "stream",
        "timestamp",
        is_after.cast(pl.Int8).alias("after"),
        ((pl.col("timestamp") - start) // width).alias("bucket"),
        templates.of_line.alias("template"),
    )
    cells = _cells(rows, place_of)
    return Tally(
        templates.known,
        places,
        _events(cells),
        cells,
        heard,
        streams,
        (old.height, new.height),
        (-(-lengths[0] // width), -(-lengths[1] // width)),
        width,
        len(before) + len(after) - old.height - new.height,
    )


def _placed(table: LogTable, window: TimeWindow, first_stream: int) -> pl.DataFrame:
    """The lines of a window; a line without a time goes with the one before it."""
    rows = table.rows
    if rows["timestamp"].null_count():
        rows = rows.with_columns(pl.col("timestamp").forward_fill().over("stream"))
    moment = pl.col("timestamp")
    inside = rows.filter((moment >= window.start) & (moment < window.end))
    return inside.with_columns((pl.col("stream") + first_stream).cast(pl.UInt32))


def _places(streams: Sequence[Mapping[str, str]]) -> tuple[tuple[Mapping[str, str], ...], pl.Series]:
    places: dict[tuple[tuple[str, str], ...], int] = {}
    keys = [tuple((name, labels[name]) for name in PLACE if labels.get(name)) for labels in streams]
    of_stream = [places.setdefault(key, len(places)) for key in keys]
    return tuple(dict(key) for key in places), pl.Series("place", of_stream, dtype=pl.UInt32)


def _cells(rows: pl.DataFrame, place_of: pl.Series) -> pl.DataFrame:
    finest = (
        rows.with_row_index("row")
        .group_by("template", "stream", "after", "bucket")
        .agg(
            pl.len().alias("lines"),
            pl.col("timestamp").min().alias("first"),
            pl.col("timestamp").max().alias("last"),
            pl.col("row").min(),
        )
    )
    finest = finest.with_columns(place_of.gather(finest["stream"]))
    merged = finest.group_by("template", "place", "after", "bucket").agg(
        pl.col("lines").sum(), pl.col("first").min(), pl.col("last").max(), pl.col("row").min(), pl.col("stream")
    )
    return merged.sort("template", "place", "after", "bucket")


def _events(cells: pl.DataFrame) -> pl.DataFrame:
    lines = pl.col("lines").cast(pl.Float64)
    sums = []
    for window in (0, 1):
        here = pl.col("after") == window
        sums += [
            lines.filter(here).sum().alias(f"count_{window}"),
            (lines.filter(here) ** 2).sum().alias(f"squares_{window}"),
            here.sum().alias(f"parts_{window}"),
        ]
    return cells.group_by("template", "place", maintain_order=True).agg(sums).with_row_index("event")
