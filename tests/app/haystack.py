"""A case's lines hidden in 10,000 lines of other captures, as one window of a busy cluster would hold them."""

import random
from collections.abc import Sequence

from evals.dataset.cases import Case, CaseLine
from retrieval.log_lines import LogLine, LogTable

LINES = 10_000
_HOUR = 3600 * 10**9
_BEGIN = 1_763_672_400 * 10**9


def ordinary_lines(captures: Sequence[Case]) -> dict[str, list[CaseLine]]:
    """What each capture printed before its fault, by id; all of it where there was none."""
    return {case.id: list(case.logs[: min(case.expected.key_lines, default=0)]) if case.expected.status == "problem"
            else list(case.logs) for case in captures}  # fmt: skip


def haystack(case: Case, ordinary: dict[str, list[CaseLine]], seed: int) -> tuple[LogTable, set[int]]:
    """The window of an hour, and the positions of the case's key lines in it.

    The case keeps its own pace somewhere in the hour; the other lines are drawn from other captures and spread evenly.
    A pod of theirs that has the name of one of the case's is another replica.
    """
    draw = random.Random(f"{case.id}/{seed}")
    pool = [line for id_, lines in ordinary.items() if id_ != case.id for line in lines]
    own, pods = list(case.logs), {line.labels.pod for line in case.logs}
    began = min(line.nanoseconds or 0 for line in own)
    start = _BEGIN + draw.randrange(_HOUR // 20, _HOUR * 9 // 10)
    placed = [(start + (line.nanoseconds or 0) - began, nth, line) for nth, line in enumerate(own)]
    placed += [(_BEGIN + draw.randrange(_HOUR), -1, line) for line in draw.choices(pool, k=LINES - len(own))]
    lines, keys = [], set()
    for position, (moment, nth, line) in enumerate(sorted(placed, key=lambda each: each[:2])):
        labels = dict(line.labels.model_dump())
        if nth < 0 and line.labels.pod in pods:
            labels["pod"] = f"{labels['pod']}-replica"
        lines.append(LogLine(position, moment, labels, line.line))
        if nth in case.expected.key_lines:
            keys.add(position)
    return LogTable.from_lines(lines), keys
