"""A case's lines as a log source, so that the pipeline reads them as it reads Loki or files."""

from collections.abc import Mapping, Sequence

from evals.dataset.cases import Case
from retrieval.log_lines import LABELS, LogLine, LogTable
from retrieval.logs.source import Coverage, LogQuery, LogRead
from retrieval.time_window import TimeWindow


class CaseSource:
    """A `LogSource` of one case; positions are those of the case's `logs`."""

    def __init__(self, case: Case) -> None:
        self._table = LogTable.from_lines(
            LogLine(position, line.nanoseconds, line.labels.model_dump(), line.line)
            for position, line in enumerate(case.logs)
        )

    @property
    def table(self) -> LogTable:
        """All its lines."""
        return self._table

    async def read(self, query: LogQuery) -> LogRead:
        """The lines of the window that have the labels asked for."""
        table = self._table.within(query.window).matching(query.selectors)
        return LogRead(table, Coverage(len(table), len(table), truncated=False))

    async def label_values(self, window: TimeWindow | None = None) -> Mapping[str, Sequence[str]]:
        """The values of each known label."""
        return {name: self._table.label_values(name) for name in LABELS}

    async def extent(self) -> TimeWindow | None:
        """From the first line's time to just after the last one's; None where no line has a time."""
        span = self._table.span()
        return None if span is None else TimeWindow(span[0], span[1] + 1)

    async def aclose(self) -> None:
        """Nothing is held."""
