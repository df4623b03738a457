"""The events that may have changed, each with its samples, charts and the moment of its change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from retrieval.patterns.change import Change, ChangeKind
from retrieval.patterns.fields import trouble_words
from retrieval.patterns.line_fields import fields_of
from retrieval.patterns.pattern import SPARK_BUCKETS, Pattern
from retrieval.patterns.ranking import ranked_score
from retrieval.patterns.tally import Tally
from retrieval.time_window import TimeWindow

Cell = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ComparedEvent:
    """One event as people see it, with its lines in the windows before and after."""

    pattern: Pattern
    labels: Mapping[str, str]
    before: int
    after: int
    pods: int
    sparks: tuple[tuple[int, ...], tuple[int, ...]]


class Details:
    """Details of some events of a tally, by their numbers."""

    def __init__(self, counted: Tally, windows: tuple[TimeWindow, TimeWindow], numbers: Sequence[int]) -> None:
        self._counted = counted
        self._windows = windows
        self._numbers = numbers
        wanted = counted.events.filter(pl.col("event").is_in(list(numbers))).select("event", "template", "place")
        self._cells: dict[int, list[Cell]] = {number: [] for number in numbers}
        for cell in counted.cells.join(wanted, on=("template", "place"), maintain_order="left").iter_rows(named=True):
            self._cells[cell["event"]].append(cell)
        self._events = {number: self._event(self._cells[number]) for number in numbers}

    @property
    def patterns(self) -> list[Pattern]:
        """The events as patterns over both windows, in the order of their numbers."""
        return [self._events[number].pattern for number in self._numbers]

    def event(self, number: int) -> ComparedEvent:
        """The event of this number."""
        return self._events[number]

    def onset(self, number: int, kind: ChangeKind) -> int:
        """When it changed: first line where it is new, last line where it is gone, else where its rate bends most."""
        cells = self._cells[number]
        if kind is ChangeKind.NEW:
            return int(cells[0]["first"])
        if kind is ChangeKind.GONE:
            return int(cells[-1]["last"])
        return self._bend(cells)

    def _event(self, cells: Sequence[Cell]) -> ComparedEvent:
        counted = self._counted
        template = counted.templates[cells[0]["template"]]
        labels = counted.places[cells[0]["place"]]
        sides = [[cell for cell in cells if cell["after"] == window] for window in (0, 1)]
        counts = [sum(cell["lines"] for cell in side) for side in sides]
        told = sides[1] or sides[0]
        rows = sorted({told[0]["row"], told[len(told) // 2]["row"], told[-1]["row"]})
        streams = {stream for cell in told for stream in cell["stream"]}
        pods = {counted.streams[stream].get("pod") for stream in streams} - {None}
        texts = tuple(counted.heard.texts(rows))
        pattern = Pattern(
            template=template.text,
            level=template.level,
            trouble=trouble_words(template.text),
            count=sum(counts),
            first_seen=min(cell["first"] for cell in cells),
            last_seen=max(cell["last"] for cell in cells),
            labels=labels,
            sample_positions=tuple(counted.heard.heads["position"].gather(rows).to_list()),
            samples=texts,
            fields=fields_of(texts[0]),
        )
        pattern = replace(pattern, score=ranked_score(pattern, max(1, sum(counted.lines))))
        sparks = (self._spark(sides[0], 0), self._spark(sides[1], 1))
        return ComparedEvent(pattern, labels, counts[0], counts[1], len(pods), sparks)

    def _spark(self, cells: Sequence[Cell], window: int) -> tuple[int, ...]:
        bars = [0] * SPARK_BUCKETS
        for cell in cells:
            bars[cell["bucket"] * SPARK_BUCKETS // self._counted.buckets[window]] += cell["lines"]
        return tuple(bars)

    def _bend(self, cells: Sequence[Cell]) -> int:
        """Where the sum of deviations from the common rate is farthest from zero (CUSUM)."""
        before, after = self._counted.buckets
        lines = np.zeros(before + after)
        for cell in cells:
            lines[cell["bucket"] + cell["after"] * before] = cell["lines"]
        bend = int(np.argmax(np.abs(np.cumsum(lines - lines.mean())[:-1]))) + 1
        first, second = self._windows
        return (
            first.start + bend * self._counted.width
            if bend < before
            else (second.start + (bend - before) * self._counted.width)
        )


def grouped(changes: Sequence[Change], width: int) -> list[int]:
    """A group number for each change: those of one kind whose onsets lie within `width` of the group's first.

    Groups are numbered from 1 in the order of `changes`, so that the most important change is of group 1.
    """
    by_onset = sorted(range(len(changes)), key=lambda n: (changes[n].kind, changes[n].onset))
    leader: dict[int, int] = {}
    start = by_onset[0] if by_onset else 0
    for number in by_onset:
        first, change = changes[start], changes[number]
        if first.kind is not change.kind or change.onset - first.onset > width:
            start = number
        leader[number] = start
    groups: dict[int, int] = {}
    return [groups.setdefault(leader[number], len(groups) + 1) for number in range(len(changes))]
