"""Two windows side by side: their lines, what changed between them, and the trouble among the changes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from app.answer_sections import Volume
from app.change_events import ChangeEvent, near
from app.triage.findings import Finding, find_findings
from retrieval.log_lines import LogTable
from retrieval.logs.source import LogRead
from retrieval.patterns.change import Change, ChangeKind, Changes
from retrieval.patterns.masking import KEEP, MEANT_NUMBERS, masked
from retrieval.patterns.tally import PLACE
from retrieval.taxonomy import Severity
from retrieval.time_window import TimeWindow

_PLACEHOLDER = re.compile(r"<[a-z*]+>")
_WORD = re.compile(r"[A-Za-z][A-Za-z.]{2,}[A-Za-z]")
_MOST_WORDS = 12
MOST_OWN = 200
WORSENING = (ChangeKind.NEW, ChangeKind.INCREASED)


@dataclass(frozen=True)
class Comparison:
    """Two windows, what was read of each, what changed, and how many changes a restriction left out.

    `changes` are the ones to show, most important first; `lines` holds both windows' lines, each position once.
    `failed` says that a window could not be read, so that nothing is compared. `events` are what happened in the
    cluster in both windows, oldest first.
    """

    windows: tuple[TimeWindow, TimeWindow]
    reads: tuple[LogRead, LogRead]
    tables: tuple[LogTable, LogTable]
    lines: LogTable
    found: Changes
    changes: tuple[Change, ...]
    volumes: tuple[Volume | None, Volume | None] = (None, None)
    left_out: int = 0
    failed: bool = False
    events: tuple[ChangeEvent, ...] = ()
    nearby: tuple[tuple[tuple[ChangeEvent, float], ...], ...] = ()

    def near(self, number: int) -> list[tuple[ChangeEvent, float]]:
        """What happened next to a change, by the change's number, with how many seconds before it."""
        return list(self.nearby[number]) if self.nearby else []

    def with_events(self, events: Sequence[ChangeEvent]) -> "Comparison":
        """The comparison with what happened in the cluster, each change knowing what happened next to it."""
        if not events:
            return self
        nearby = []
        for number, change in enumerate(self.changes):
            sides = self.positions(number, MOST_OWN)
            nearby.append(tuple(near(change, events, [*sides[0], *sides[1]])))
        return replace(self, events=tuple(events), nearby=tuple(nearby))

    def positions(self, number: int, most: int) -> tuple[list[int], list[int]]:
        """Positions of a change's lines in the window before and in the window after, at most so many of each."""
        change = self.changes[number]
        before, after = (
            lines_of(change, table, count, most)
            for table, count in zip(self.tables, (change.before_count, change.after_count), strict=True)
        )
        return before, after

    @property
    def counts(self) -> tuple[int, int]:
        """The lines compared of each window."""
        return self.found.before_lines, self.found.after_lines


def placed_apart(before: LogTable, after: LogTable, *, of_input: bool) -> tuple[LogTable, LogTable]:
    """Both tables with positions that they do not share; positions `of_input` are apart already."""
    if of_input or before.rows.is_empty():
        return before, after
    beyond = int(before.rows["position"].max()) + 1  # type: ignore[arg-type]  # not empty
    return before, LogTable(after.rows.with_columns(pl.col("position") + beyond), after.streams)


def side_by_side(before: LogTable, after: LogTable) -> LogTable:
    """The lines of both; a line without a time is in every window of an archive, and here once."""
    moved = after.rows.with_columns((pl.col("stream") + len(before.streams)).cast(pl.UInt32))
    rows = pl.concat([before.rows, moved]).unique("position", keep="last", maintain_order=True)
    return LogTable(rows, (*before.streams, *after.streams))


def lines_of(change: Change, table: LogTable, count: int, most: int) -> list[int]:
    """Positions in one window of lines that show a change, first ones first; none where `count` is 0."""
    if not count:
        return []
    wanted = {name: change.labels.get(name) for name in PLACE}
    streams = [n for n, labels in enumerate(table.streams) if all(labels.get(k) == v for k, v in wanted.items())]
    rows = table.rows.filter(pl.col("stream").is_in(streams))
    for word in dict.fromkeys(_WORD.findall(_PLACEHOLDER.sub(" ", change.pattern.template))[:_MOST_WORDS]):
        rows = rows.filter(pl.col("line").str.contains(word, literal=True))
    if rows["line"].str.contains(MEANT_NUMBERS).any():
        rows = rows.filter(_means(change.pattern.template))
    return [int(position) for position in rows["position"].head(min(count, most))]


def _means(template: str) -> pl.Expr:
    """Whether a line has no exit code and no class of status but those of the template: 200 is no 502."""
    known = [f"{KEEP}{word}" for word in re.findall(r"\w+", template)]
    return masked("line").str.extract_all(rf"{KEEP}\w+").list.eval(pl.element().is_in(known)).list.all()


def findings_of(changes: Sequence[Change], after: TimeWindow) -> list[Finding]:
    """The changes as findings, numbered by their place; what is gone or rarer is no trouble now."""
    patterns = [
        replace(
            change.pattern,
            count=max(1, change.after_count),
            first_seen=None if change.pattern.first_seen is None else max(change.pattern.first_seen, after.start),
        )
        for change in changes
    ]
    judged = {finding.number: finding for finding in find_findings(patterns)}
    return [
        replace(
            judged[number],
            severity=change.severity if change.kind in WORSENING else Severity.INFO,
            score=change.score,
        )
        for number, change in enumerate(changes)
    ]
