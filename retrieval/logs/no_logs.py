"""A log source without logs, for questions that need none: how something is done, what something means."""

from collections.abc import Mapping, Sequence

from retrieval.log_lines import LogTable
from retrieval.logs.source import Coverage, LogQuery, LogRead
from retrieval.time_window import TimeWindow


class NoLogs:
    """A `LogSource` that holds nothing and is never down."""

    async def read(self, query: LogQuery) -> LogRead:
        """Nothing."""
        return LogRead(LogTable(), Coverage(0, 0, truncated=False))

    async def label_values(self, window: TimeWindow | None = None) -> Mapping[str, Sequence[str]]:
        """None."""
        return {}

    async def extent(self) -> TimeWindow | None:
        """None."""
        return None

    async def aclose(self) -> None:
        """Nothing to give back."""
