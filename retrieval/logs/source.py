"""What the pipeline asks of a log source, and what it gets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from retrieval.log_lines import LogTable
from retrieval.selectors import Selectors
from retrieval.time_window import TimeWindow


@dataclass(frozen=True, slots=True)
class LogQuery:
    """The lines wanted: a window, and label values all of which must hold (names of `log_lines.LABELS`).

    `terms` are words of the question that name no label; a source may use them to choose what to read first
    when its budget does not allow everything, never to hide lines. `holding` are texts that every line has to
    hold, case not counting. `share` is the part of a question's budget that this query may spend.
    """

    window: TimeWindow
    selectors: Selectors = field(default_factory=dict)
    terms: tuple[str, ...] = ()
    holding: tuple[str, ...] = ()
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an answer looked at: lines that matched, lines read, and whether some were left out."""

    lines_matched: int
    lines_read: int
    truncated: bool

    def __post_init__(self) -> None:
        if not 0 <= self.lines_read <= self.lines_matched:
            raise ValueError(f"{self.lines_read} lines read of {self.lines_matched} that matched")


@dataclass(frozen=True, slots=True)
class LogRead:
    """What a source answered: lines, coverage, the query that ran (LogQL; None for an archive) and warnings."""

    table: LogTable
    coverage: Coverage
    query: str | None = None
    link: str | None = None
    warnings: tuple[str, ...] = ()


class LogSource(Protocol):
    """A place that logs can be read from. Errors are `retrieval.errors.LogSourceDown`."""

    async def read(self, query: LogQuery) -> LogRead:
        """The lines of a window, as many as the source's budget allows."""

    async def label_values(self, window: TimeWindow | None = None) -> Mapping[str, Sequence[str]]:
        """Known values by label name (of `log_lines.LABELS`), for the intent rules; empty where unknown.

        A live source knows those of the last hours, and of a `window` where one is given.
        """

    async def extent(self) -> TimeWindow | None:
        """The window that an archive covers; None for a live source, whose end is now."""

    async def aclose(self) -> None:
        """Give back what it holds."""
