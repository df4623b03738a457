"""Log files and folders as a log source."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl

from retrieval.errors import UnreadableLogs
from retrieval.log_lines import LABELS, SCHEMA, LogTable
from retrieval.logs.formats.finding import find
from retrieval.logs.formats.log_format import Streams
from retrieval.logs.formats.reading import READ, ReadFile, read
from retrieval.logs.formats.text_blocks import Budget, TooLarge
from retrieval.logs.source import Coverage, LogQuery, LogRead
from retrieval.selectors import values_of
from retrieval.time_window import LONGEST, TimeWindow
from retrieval.timestamps import NANOSECONDS

MAX_BYTES = 512 << 20
MAX_LINES = 200_000

# Lines worth keeping when a window holds more than the budget; the ranking of patterns looks closer afterwards.
_TELLING = (
    r"(?i:error|warn|fail|fatal|panic|exception|critical|denied|refused|timed? ?out|oom|evict|killed|back-?off"
    r"|unhealthy|unable|cannot|invalid|not found|unavailable)|^[EWF]\d{4} "
)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """All lines in columns of `READ`, oldest first; the label sets that `stream` indexes; what there is to know."""

    rows: pl.DataFrame
    streams: Sequence[Mapping[str, str]]
    label_values: Mapping[str, Sequence[str]]
    extent: TimeWindow | None
    warnings: tuple[str, ...]


class ArchiveSource:
    """A `LogSource` over log files and folders, read at the first question and kept until `aclose`.

    Positions count from 0 over all files in the order offered, those of a folder sorted by path. A line without a time
    of its own goes with the line before it in its stream (a stack trace); where none has one, it is in every window.
    `max_bytes` bounds the unpacked text of all files, `max_lines` the lines of one answer.
    Every method raises UnreadableLogs, with a sentence for each path at fault, and then holds nothing.
    """

    def __init__(self, paths: Iterable[str | Path], *, max_bytes: int = MAX_BYTES, max_lines: int = MAX_LINES) -> None:
        self._paths = [Path(path) for path in paths]
        self._max_bytes = max_bytes
        self._max_lines = max_lines
        self._loading = asyncio.Lock()
        self._loaded: _Loaded | None = None

    def look(self) -> None:
        """Raise UnreadableLogs now where a path is missing or holds no logs; reads only what that takes."""
        find(self._paths, self._max_bytes)

    async def read(self, query: LogQuery) -> LogRead:
        """The lines of a window that have the labels asked for.

        Where there are more than `max_lines`, those that speak of a fault or of a term of the question are kept first,
        then the newest; the answer then is `truncated` and a warning says how many were left out.
        """
        loaded = await self._load()
        return await asyncio.to_thread(self._answer, loaded, query)

    async def label_values(self, window: TimeWindow | None = None) -> Mapping[str, Sequence[str]]:
        """The values of each name of `LABELS`, sorted, whatever the window."""
        return (await self._load()).label_values

    async def extent(self) -> TimeWindow | None:
        """From the first time to just after the last, or None where no line has a time.

        Times that lie years away from all others (a device without a clock) do not stretch it past its longest.
        """
        return (await self._load()).extent

    async def aclose(self) -> None:
        """Let go of the lines."""
        self._loaded = None

    def arranged(self, files: Sequence[ReadFile]) -> Sequence[ReadFile]:
        """The files as this source shows them: as they are. A source that moves them in time says otherwise."""
        return files

    async def _load(self) -> _Loaded:
        async with self._loading:
            if self._loaded is None:
                self._loaded = await asyncio.to_thread(self._read_all)
            return self._loaded

    def _read_all(self) -> _Loaded:
        found = find(self._paths, self._max_bytes)
        streams, budget, position = Streams(), Budget(self._max_bytes), 0
        files: list[ReadFile] = []
        warnings = list(found.warnings)
        for file in found.files:
            try:
                files.append(read(file, position, streams, budget))
            except TooLarge:
                raise
            except UnreadableLogs as error:
                if file.named:
                    raise
                warnings.append(f"{error}; skipped")
                continue
            position += files[-1].positions
        warnings.extend(chain.from_iterable(file.warnings for file in files))
        rows = _oldest_first(pl.concat([pl.DataFrame(schema=READ), *(file.rows for file in self.arranged(files))]))
        table = LogTable(rows.select(SCHEMA.names()), streams.labels())
        values = {name: table.label_values(name) for name in LABELS}
        return _Loaded(rows, table.streams, values, _extent(rows["timestamp"].drop_nulls()), tuple(warnings))

    def _answer(self, loaded: _Loaded, query: LogQuery) -> LogRead:
        placed = pl.col("placed")
        inside = placed.is_null() | ((placed >= query.window.start) & (placed < query.window.end))
        rows = loaded.rows.filter(inside).select(SCHEMA.names())
        for texts in query.holding:
            rows = rows.filter(pl.col("line").str.contains_any(list(values_of(texts)), ascii_case_insensitive=True))
        matched = LogTable(rows, loaded.streams).matching(query.selectors).outside(query.outside)
        kept = matched if len(matched) <= self._max_lines else _most_telling(matched, query.terms, self._max_lines)
        left_out = len(matched) - len(kept)
        warnings = list(loaded.warnings)
        if left_out:
            warnings.append(
                f"{left_out:,} of {len(matched):,} lines were left out; those that speak of faults, then the newest,"
                " were kept"
            )
        coverage = Coverage(lines_matched=len(matched), lines_read=len(kept), truncated=left_out > 0)
        return LogRead(kept, coverage, warnings=tuple(warnings))


def _oldest_first(rows: pl.DataFrame) -> pl.DataFrame:
    """By time and stable; a line that no time places stays behind the line before it in the input."""
    order = rows["placed"].forward_fill().fill_null(0)
    return rows if order.is_sorted() else rows.sort(order, maintain_order=True)


def _extent(times: pl.Series) -> TimeWindow | None:
    if times.is_empty():
        return None
    half = LONGEST.days * 86_400 * NANOSECONDS // 2
    median = times.sort()[len(times) // 2]
    near = times.filter(times.is_between(median - half, median + half - 1))
    first, last = near.min(), near.max()
    return TimeWindow(first, last + 1)  # type: ignore[arg-type,operator]  # integers, as the column is


def _most_telling(table: LogTable, terms: Sequence[str], count: int) -> LogTable:
    """The newest `count` lines that speak of a fault or a term, topped up with the newest others, in time order."""
    line = pl.col("line")
    telling = line.str.contains(_TELLING)
    if any(terms):
        telling |= line.str.contains_any([term for term in terms if term], ascii_case_insensitive=True)
    ranked = table.rows.select(telling.alias("telling"), pl.int_range(pl.len(), dtype=pl.Int64).alias("nth")).sort(
        "telling", "nth", descending=True
    )
    return LogTable(table.rows[ranked["nth"].head(count).sort()], table.streams)
