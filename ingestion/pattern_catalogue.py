"""The pattern catalogue of past windows: logs read slice by slice, and of each slice only its counted patterns kept."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import polars as pl

from ingestion.report import Failure, Progress
from ingestion.watch import Part, Stopped, Watch
from retrieval.errors import LogSourceDown
from retrieval.log_lines import LogTable
from retrieval.logs.source import LogQuery, LogRead
from retrieval.patterns.novelty import PLACE
from retrieval.patterns.window_patterns import find_patterns
from retrieval.redaction import redact_table, redact_texts
from retrieval.time_window import TimeWindow
from retrieval.timestamps import to_datetime

SLICE = timedelta(hours=6)
MOST_FAILURES = 3  # slices in a row that fail before the rest is not asked for
Read = Callable[[LogQuery], Awaitable[LogRead]]
Place = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class CountedPattern:
    """One event at one place: lines by day, first and last time (nanoseconds), and a line of it."""

    template: str
    place: Place
    sample: str
    days: dict[date, int]
    first: int
    last: int

    def add(self, other: "CountedPattern") -> None:
        """Count the lines of another one as this one's."""
        for day, lines in other.days.items():
            self.days[day] = self.days.get(day, 0) + lines
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)


@dataclass(slots=True)
class Catalogue:
    """What some days of logs came to, for the days that were read as a whole or as far as they are over."""

    patterns: list[CountedPattern] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    failed_days: set[date] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)
    lines_matched: int = 0
    lines_read: int = 0
    untimed: int = 0

    @property
    def notes(self) -> list[str]:
        """What a person should know of how it was made."""
        notes = [f"{self.lines_read:,} of {self.lines_matched:,} lines read, on {len(self.days)} days"]
        if self.lines_read < self.lines_matched:
            notes.append("days with more lines than the budget are sampled, and their counts are estimates")
        if self.untimed:
            notes.append(f"{self.untimed:,} lines without a time are on no day")
        return notes


async def read_catalogue(read: Read, since: timedelta, now: datetime, watch: Watch) -> Catalogue:
    """The patterns of the days since then, today as far as it is over; slices that cannot be read are named."""
    catalogue = Catalogue()
    slices = list(_slices(since, now))
    in_a_row = 0
    for number, window in enumerate(slices, start=1):
        if watch.stop():
            raise Stopped(f"stopped after {number - 1} of {len(slices)} slices; nothing was changed")
        day = to_datetime(window.start).date()
        try:
            with watch.part(Part.LOAD, 1):
                answer = await read(LogQuery(window))
        except LogSourceDown as error:
            in_a_row += 1
            catalogue.failed_days.add(day)
            catalogue.failures.append(Failure(str(window), str(error)))
            if in_a_row == MOST_FAILURES:
                break
            continue
        in_a_row = 0
        catalogue.days.add(day)
        _count(catalogue, answer, day, watch)
        watch.progress(Progress(number, len(slices), str(window), doing="reading slices of logs"))
    return catalogue


def _slices(since: timedelta, now: datetime) -> Iterator[TimeWindow]:
    """From the first day's midnight in UTC, each within one day."""
    start = (now - since).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while start < now:
        end = min(start + SLICE, now)
        yield TimeWindow.between(start, end)
        start = end


def _count(catalogue: Catalogue, answer: LogRead, day: date, watch: Watch) -> None:
    coverage = answer.coverage
    timed = answer.table.rows.drop_nulls("timestamp")
    catalogue.untimed = max(catalogue.untimed, len(answer.table) - timed.height)
    catalogue.lines_matched += coverage.lines_matched
    catalogue.lines_read += coverage.lines_read
    if timed.is_empty():
        return
    with watch.part(Part.REDACT, timed.height):
        table = redact_table(LogTable(timed, answer.table.streams)).table
    share = coverage.lines_matched / max(1, coverage.lines_read)
    with watch.part(Part.CHUNK, timed.height):
        catalogue.patterns.extend(_by_place(table, day, share))


def _by_place(table: LogTable, day: date, share: float) -> Iterator[CountedPattern]:
    """The patterns of one slice by the place of their lines; `share` is of matching lines to those that were read."""
    found = find_patterns(table)
    places, of_stream = _places(table.streams)
    rows = table.rows.with_columns(
        found.assignment.alias("pattern"), pl.lit(of_stream).gather(pl.col("stream")).alias("place")
    )
    groups = rows.group_by("pattern", "place").agg(
        pl.len().alias("lines"),
        pl.col("timestamp").min().alias("first"),
        pl.col("timestamp").max().alias("last"),
        pl.col("line").first().alias("sample"),
    )
    for group in groups.sort("pattern", "place").iter_rows(named=True):
        yield CountedPattern(
            template=found.patterns[group["pattern"]].template,
            place=places[group["place"]],
            sample=group["sample"],
            days={day: round(group["lines"] * share)},
            first=group["first"],
            last=group["last"],
        )


def _places(streams: Sequence[Mapping[str, str]]) -> tuple[list[Place], pl.Series]:
    """The distinct places of some streams, without secrets in their labels, and which one each stream is at."""
    known: dict[Place, int] = {}
    labels = [[(name, stream[name]) for name in PLACE if stream.get(name)] for stream in streams]
    clean = iter(redact_texts([value for pairs in labels for _, value in pairs])[0]) if any(labels) else iter(())
    numbers = [known.setdefault(tuple((name, next(clean)) for name, _ in pairs), len(known)) for pairs in labels]
    return list(known), pl.Series("place", numbers, dtype=pl.UInt32)
