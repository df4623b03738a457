"""Loki as a log source: one question's window, read within its budget."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl

from retrieval.log_lines import LABELS, SCHEMA, LogTable
from retrieval.logs.loki import clocks
from retrieval.logs.loki.budget import Budget, BudgetSpent, Spending
from retrieval.logs.loki.budgeted import BudgetedReading, describe
from retrieval.logs.loki.client import LokiClient, Retries
from retrieval.logs.loki.connection import LokiConnection
from retrieval.logs.loki.counting import counts_by
from retrieval.logs.loki.explore import Explore
from retrieval.logs.loki.failures import LokiFailure
from retrieval.logs.loki.labels import LabelMap, Streams
from retrieval.logs.loki.logql import LineFilter, LogExpression
from retrieval.logs.loki.reading import Part, Reader, Row
from retrieval.logs.loki.selection import Selection
from retrieval.logs.loki.volume import Volume, measure
from retrieval.logs.source import Coverage, LineCount, LogQuery, LogRead
from retrieval.selectors import values_of
from retrieval.time_window import TimeWindow

_RECENT = timedelta(hours=6)
_UNREAD_SHOWN = 3


@dataclass
class _Answer:
    """What one read has come to: its lines, how many matched, and what is to be said about it."""

    rows: list[Row] = field(default_factory=list)
    matched: int = 0
    truncated: bool = False
    warnings: list[str] = field(default_factory=list)
    counts: tuple[LineCount, ...] | None = None


class LokiSource:
    """Reads windows of log lines from one Loki. Made in the composition root, closed there with `aclose`.

    `grafana_url` and `grafana_datasource` (uid) make the link of each answer; `clock` is what "now" is.
    """

    def __init__(
        self,
        connection: LokiConnection,
        *,
        labels: LabelMap | None = None,
        budget: Budget | None = None,
        retries: Retries | None = None,
        explore: Explore | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._labels = labels or LabelMap()
        self._budget = budget or Budget()
        self._client = LokiClient(connection, retries)
        self._selection = Selection(self._client, self._labels)
        self._explore = explore
        self._clock = clock

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def extent(self) -> TimeWindow | None:
        """None: its end is now."""
        return None

    async def discover(self) -> frozenset[str]:
        """The labels that Loki has indexed in the last hours: reaches it, and knows how to select from then on."""
        return await self._selection.indexed(self._recent())

    async def label_values(self, window: TimeWindow | None = None) -> Mapping[str, Sequence[str]]:
        """Values of the window, by default of the last hours, for those of `log_lines.LABELS` that Loki has indexed."""
        try:
            return await Spending(self._budget).within(self._values(window or self._recent()))
        except BudgetSpent as error:
            raise self._too_slow() from error

    async def _values(self, window: TimeWindow) -> Mapping[str, Sequence[str]]:
        await self._selection.indexed(window)
        lists = await asyncio.gather(*(self._selection.values(name, window) for name in LABELS))
        return {name: values for name, values in zip(LABELS, lists, strict=True) if values}

    async def read(self, query: LogQuery) -> LogRead:
        """The lines of a window: all of them, or within the budget the part that `warnings` states."""
        spending = Spending(self._budget.part(query.share))
        streams = Streams(self._labels)
        reader = Reader(self._client, streams, spending)
        try:
            selecting = self._selection.expression(query.selectors, query.window, outside=query.outside)
            expression = await spending.within(selecting)
            expression = expression.where(*(LineFilter(values_of(texts)) for texts in query.holding if any(texts)))
            answer = await self._lines(query, expression, reader)
        except BudgetSpent as error:
            raise self._too_slow() from error
        several = any(len(values_of(selected)) > 1 for selected in query.selectors.values())
        if not answer.rows or several:
            with suppress(BudgetSpent, LokiFailure):
                answer.warnings += await spending.within(self._selection.unknown(query.selectors, query.window))
        text = str(expression)
        return LogRead(
            table=await asyncio.to_thread(_table, answer.rows, streams.labels),
            coverage=Coverage(max(answer.matched, len(answer.rows)), len(answer.rows), answer.truncated),
            query=text,
            link=self._explore.link(text, query.window) if self._explore else None,
            warnings=tuple(answer.warnings),
            counts=answer.counts,
        )

    async def _lines(self, query: LogQuery, expression: LogExpression, reader: Reader) -> _Answer:
        """Read what fits one page at once; of more, measure the volume first (asked for beside that page)."""
        now = self._clock()
        spending = reader.spending
        volume_asked = asyncio.ensure_future(self._volume(expression, query.window))
        ahead_asked = asyncio.ensure_future(clocks.newest_after(self._client, expression, query.window, now))
        try:
            part, line_bytes = await reader.first(expression, query.window)
            if part is not None:
                answer = _Answer(part.rows, len(part.rows))
            else:
                answer = await self._beyond_a_page(query, expression, reader, volume_asked, line_bytes)
            newest = max((row[0] for row in answer.rows), default=None)
            with suppress(BudgetSpent):
                newest = await spending.within(ahead_asked) or newest
        finally:
            volume_asked.cancel()
            ahead_asked.cancel()
            await asyncio.gather(volume_asked, ahead_asked, return_exceptions=True)
        answer.warnings += clocks.warnings(query.window, newest, self._client.server_time, now)
        return answer

    async def _beyond_a_page(
        self, query: LogQuery, expression: LogExpression, reader: Reader, volume: Awaitable[Volume | None], size: int
    ) -> _Answer:
        """What is larger than a page, counted by the labels that the query names while it is read."""
        counting = asyncio.ensure_future(self._counts(query, expression))
        try:
            answer = await self._large(query, expression, reader, await reader.spending.within(volume), size)
            if answer.truncated:
                with suppress(BudgetSpent):
                    answer.counts = await reader.spending.within(counting)
        finally:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)
        return answer

    async def _counts(self, query: LogQuery, expression: LogExpression) -> tuple[LineCount, ...] | None:
        if not query.count_by:
            return None
        return await counts_by(self._client, self._labels, expression, query.window, query.count_by)

    async def _volume(self, expression: LogExpression, window: TimeWindow) -> Volume | None:
        indexed = await self._selection.indexed(window)
        return await measure(self._client, expression, window, self._selection.grouping("namespace", indexed))

    async def _large(
        self, query: LogQuery, expression: LogExpression, reader: Reader, volume: Volume | None, line_bytes: int
    ) -> _Answer:
        budget = reader.spending.budget
        fits = volume is not None and volume.total <= min(budget.lines, budget.bytes // max(1, line_bytes))
        if volume is not None and fits:
            part = await reader.complete(expression, query.window, volume.total)
            answer = _complete(part, volume.total)
        else:
            reading = BudgetedReading(self._client, reader, query.window, line_bytes)
            done = await reading.read(expression, volume, query.terms)
            answer = _Answer(
                [row for one in done for row in one.part.rows],
                volume.total if volume else 0,
                truncated=not all(one.part.whole for one in done),
            )
            answer.warnings.append(describe(done, volume.total if volume else None, budget.lines))
        if reader.failures:
            if not answer.rows:
                raise reader.failures[0]
            answer.warnings.append(f"A part could not be read. {reader.failures[0]}")
        elif reader.spending.out_of_time:
            answer.warnings.append(f"Reading ended after the {self._budget.seconds:g} s of a question.")
        return answer

    def _too_slow(self) -> LokiFailure:
        return LokiFailure(f"Loki did not answer within the {self._budget.seconds:g} s of a question.")

    def _recent(self) -> TimeWindow:
        return TimeWindow.last(_RECENT, self._clock())


def _complete(part: Part, measured: int) -> _Answer:
    """A window that was to be read completely, and what of it was not."""
    answer = _Answer(part.rows, len(part.rows) + part.left_out, truncated=not part.whole)
    if part.left_out:
        answer.warnings.append(
            f"{part.left_out:,} lines share one nanosecond with more lines than Loki gives at once and were left out."
        )
    if part.unread:
        answer.matched = max(answer.matched, measured)
        unread = _merged(part.unread)
        shown = "; ".join(str(window) for window in unread[:_UNREAD_SHOWN])
        more = f" and {len(unread) - _UNREAD_SHOWN} more parts" if len(unread) > _UNREAD_SHOWN else ""
        answer.warnings.append(
            f"Read {len(part.rows):,} of {answer.matched:,} lines, the newest first; not read: {shown}{more}."
        )
    return answer


def _merged(windows: Sequence[TimeWindow]) -> list[TimeWindow]:
    """Adjoining windows put together, newest first."""
    merged: list[TimeWindow] = []
    for window in sorted(windows, key=lambda one: one.start, reverse=True):
        if merged and window.end >= merged[-1].start:
            merged[-1] = TimeWindow(window.start, merged[-1].end, window.source)
        else:
            merged.append(window)
    return merged


def _table(rows: list[Row], streams: Sequence[Mapping[str, str]]) -> LogTable:
    """The rows as a table, oldest first; lines of one nanosecond keep the order in which Loki gave them."""
    columns = {
        "timestamp": [row[0] for row in rows],
        "stream": [row[1] for row in rows],
        "line": [row[2] for row in rows],
    }
    types = {name: SCHEMA[name] for name in columns}
    frame = pl.DataFrame(columns, schema=types).sort("timestamp", maintain_order=True)
    positions = pl.int_range(pl.len(), dtype=pl.Int64).alias("position")
    return LogTable(frame.with_columns(positions).select(SCHEMA.names()), streams)
