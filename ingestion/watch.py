"""Watching a job and stopping it between two batches: what is written stays, and the next run goes on from there."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from types import FrameType

from ingestion.report import OnProgress, ignore_progress
from retrieval.errors import LogAgentError

Stop = Callable[[], bool]  # whether the job is to end now


class Part(StrEnum):
    """A part of a job that is timed by itself; each may come several times, batch by batch."""

    LOAD = "load"
    REDACT = "redact"
    DIFF = "diff"
    CHUNK = "chunk"
    EMBED = "embed"
    UPSERT = "upsert"
    DELETE = "delete"


OnPart = Callable[[Part, int], AbstractContextManager[object]]  # entered around a part, with how many items it is given


class Stopped(LogAgentError):
    """A job was told to end before it was done."""


def never() -> bool:
    """For jobs that nobody stops."""
    return False


def untimed(_part: Part, _items: int) -> AbstractContextManager[None]:
    """For jobs whose parts nobody times."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far a job is, what tells it to end, and what stands around each of its parts."""

    progress: OnProgress = ignore_progress
    stop: Stop = never
    part: OnPart = untimed


@contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """A `Stop` that SIGINT and SIGTERM set; the second signal ends the process as it otherwise would."""
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        asked.append(number)
        signal.signal(number, before[number])

    before = {number: signal.getsignal(number) for number in (int(signal.SIGINT), int(signal.SIGTERM))}
    for number in before:
        signal.signal(number, ask)
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
