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

    `outside` are label values none of which a line may have.

    `terms` are words of the question that name no label; a source may use them to choose what to read first
    when its budget does not allow everything, never to hide lines. `holding` are texts that every line has to
    hold, case not counting; of several in a tuple one will do. `share` is the part of a question's budget that this
    query may spend. Where not all lines are read, those of each value of `count_by` (label names) are counted.
    """

    window: TimeWindow
    selectors: Selectors = field(default_factory=dict)
    terms: tuple[str, ...] = ()
    holding: tuple[str | tuple[str, ...], ...] = ()
    share: float = 1.0
    outside: Selectors = field(default_factory=dict)
    count_by: tuple[str, ...] = ()


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
class LineCount:
    """How many lines have these labels, counted by the source itself, and how many of them at a level of trouble.

    `errors` and `warnings` are None where the source knows no levels.
    """

    labels: Mapping[str, str]
    lines: int
    errors: int | None
    warnings: int | None


@dataclass(frozen=True, slots=True)
class LogRead:
    """What a source answered: lines, coverage, the query that ran (LogQL; None for an archive) and warnings.

    `beside` is the query that read events of the same things beside it; `counts` holds exact counts by the labels of
    `LogQuery.count_by`, where not every line was read and the source can count.
    """

    table: LogTable
    coverage: Coverage
    query: str | None = None
    link: str | None = None
    warnings: tuple[str, ...] = ()
    beside: str | None = None
    counts: tuple[LineCount, ...] | None = None


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
