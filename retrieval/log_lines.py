"""Log lines: one as a person reads it (`LogLine`), a window of them as the machine does (`LogTable`)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import polars as pl

from retrieval.selectors import Selectors, selects, values_of
from retrieval.time_window import TimeWindow

# Label names every part of the program knows; a source maps its own names to these.
LABELS = ("namespace", "pod", "container", "node", "app")

SCHEMA = pl.Schema({"position": pl.Int64, "timestamp": pl.Int64, "stream": pl.UInt32, "line": pl.String})


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: its 0-based position in the input, nanoseconds since the epoch (None if unknown), labels, text."""

    position: int
    timestamp: int | None
    labels: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class LogTable:
    """Many lines, held by column so that half a million of them cost little.

    `rows` has the columns of `SCHEMA`, oldest first (lines without a time keep their place in the input);
    `stream` indexes `streams`, the distinct label sets.
    """

    rows: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCHEMA))
    streams: Sequence[Mapping[str, str]] = ()

    def __post_init__(self) -> None:
        if self.rows.schema != SCHEMA:
            raise ValueError(f"a log table has the columns {dict(SCHEMA)}, not {dict(self.rows.schema)}")

    @classmethod
    def from_lines(cls, lines: Iterable[LogLine]) -> "LogTable":
        """A table of these lines, ordered by time."""
        streams: dict[tuple[tuple[str, str], ...], int] = {}
        rows = pl.DataFrame(
            [
                (line.position, line.timestamp, streams.setdefault(_key(line.labels), len(streams)), line.text)
                for line in lines
            ],
            schema=SCHEMA,
            orient="row",
        )
        return cls(_by_time(rows), [MappingProxyType(dict(key)) for key in streams])

    def __len__(self) -> int:
        return self.rows.height

    def __iter__(self) -> Iterator[LogLine]:
        for position, timestamp, stream, text in self.rows.iter_rows():
            yield LogLine(position, timestamp, self.streams[stream], text)

    def at(self, position: int) -> LogLine:
        """The line at this position of the input; KeyError where the table does not hold it."""
        found = self.rows.filter(pl.col("position") == position)
        if found.is_empty():
            raise KeyError(f"no line at position {position}")
        return next(iter(LogTable(found, self.streams)))

    def neighbours(self, position: int, count: int = 5) -> "LogTable":
        """The line at `position` with up to `count` lines of the same stream before and after it."""
        stream = self.rows.filter(pl.col("position") == position)["stream"]
        if stream.is_empty():
            raise KeyError(f"no line at position {position}")
        same = self.rows.filter(pl.col("stream") == stream[0]).with_row_index("nth")
        nth = same.filter(pl.col("position") == position)["nth"][0]
        return LogTable(same.slice(max(0, nth - count), min(nth, count) + count + 1).drop("nth"), self.streams)

    def within(self, window: TimeWindow) -> "LogTable":
        """The lines of a window. A line without a time cannot be placed outside it, so it stays."""
        moment = pl.col("timestamp")
        return LogTable(
            self.rows.filter(moment.is_null() | ((moment >= window.start) & (moment < window.end))), self.streams
        )

    def matching(self, selectors: Selectors) -> "LogTable":
        """The lines whose labels have all that is wanted of them."""
        if not selectors:
            return self
        wanted = [index for index, labels in enumerate(self.streams) if selects(selectors, labels)]
        return LogTable(self.rows.filter(pl.col("stream").is_in(wanted)), self.streams)

    def outside(self, selectors: Selectors) -> "LogTable":
        """The lines whose labels have none of these values."""
        if not selectors:
            return self
        wanted = [
            index
            for index, labels in enumerate(self.streams)
            if not any(labels.get(name) in values_of(selected) for name, selected in selectors.items())
        ]
        return LogTable(self.rows.filter(pl.col("stream").is_in(wanted)), self.streams)

    def together(self, other: "LogTable") -> "LogTable":
        """The lines of both by time; their positions have to be apart."""
        moved = other.rows.with_columns((pl.col("stream") + len(self.streams)).cast(pl.UInt32))
        return LogTable(_by_time(pl.concat([self.rows, moved])), (*self.streams, *other.streams))

    def with_text(self, text: pl.Series) -> "LogTable":
        """The same lines with other texts, in the same order."""
        return LogTable(self.rows.with_columns(text.alias("line")), self.streams)

    def text_bytes(self) -> int:
        """The size of all its lines' texts, in bytes of UTF-8."""
        return int(self.rows["line"].str.len_bytes().sum())

    def label_values(self, name: str) -> list[str]:
        """The values that a label takes, sorted."""
        used = set(self.rows["stream"].unique().to_list())
        return sorted({labels[name] for nth, labels in enumerate(self.streams) if nth in used and name in labels})

    def span(self) -> tuple[int, int] | None:
        """First and last timestamp in nanoseconds, or None where no line has one."""
        first, last = self.rows["timestamp"].min(), self.rows["timestamp"].max()
        return None if first is None or last is None else (int(first), int(last))  # type: ignore[arg-type]


def _key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def _by_time(rows: pl.DataFrame) -> pl.DataFrame:
    """Oldest first and stable; a line without a time follows the line before it in the input."""
    order = pl.col("timestamp").forward_fill().fill_null(0)
    return rows.sort(order, maintain_order=True)
