"""A case's lines hidden in 10,000 lines of other captures, as one window of a busy cluster would hold them."""

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import polars as pl

from evals.dataset.cases import Case, CaseLine
from retrieval.log_lines import SCHEMA, LogTable

LINES = 10_000
_HOUR = 3600 * 10**9
_BEGIN = 1_763_672_400 * 10**9
# A line's labels, as sorted pairs, and its text.
Ordinary = tuple[tuple[tuple[str, str], ...], str]


def ordinary_lines(captures: Sequence[Case]) -> dict[str, list[Ordinary]]:
    """What each capture printed before its fault, by id; all of it where there was none."""
    return {case.id: [_ordinary(line) for line in _before_fault(case)] for case in captures}


def _before_fault(case: Case) -> Sequence[CaseLine]:
    return case.logs[: min(case.expected.key_lines, default=0)] if case.expected.status == "problem" else case.logs


def _ordinary(line: CaseLine) -> Ordinary:
    return tuple(sorted(line.labels.model_dump().items())), line.line


def haystack(case: Case, ordinary: Mapping[str, Sequence[Ordinary]], seed: int) -> tuple[LogTable, set[int]]:
    """The window of an hour, and the positions of the case's key lines in it.

    The case keeps its own pace somewhere in the hour; the other lines are drawn from other captures and spread evenly.
    A pod of theirs that has the name of one of the case's is another replica.
    """
    draw = random.Random(f"{case.id}/{seed}")
    pool = [line for id_, lines in ordinary.items() if id_ != case.id for line in lines]
    began = min(line.nanoseconds or 0 for line in case.logs)
    start = _BEGIN + draw.randrange(_HOUR // 20, _HOUR * 9 // 10)
    placed = [(start + (line.nanoseconds or 0) - began, nth, _ordinary(line)) for nth, line in enumerate(case.logs)]
    placed += [(_BEGIN + draw.randrange(_HOUR), -1, line) for line in draw.choices(pool, k=LINES - len(placed))]
    placed.sort(key=lambda each: each[:2])
    pods, streams = {line.labels.pod for line in case.logs}, dict[tuple[tuple[str, str], ...], int]()
    rows = []
    for position, (moment, nth, (labels, text)) in enumerate(placed):
        own = nth >= 0 or dict(labels).get("pod") not in pods
        key = labels if own else tuple((k, f"{v}-replica" if k == "pod" else v) for k, v in labels)
        rows.append((position, moment, streams.setdefault(key, len(streams)), text))
    table = LogTable(pl.DataFrame(rows, schema=SCHEMA, orient="row"), [MappingProxyType(dict(key)) for key in streams])
    return table, {position for position, (_, nth, _) in enumerate(placed) if nth in case.expected.key_lines}
