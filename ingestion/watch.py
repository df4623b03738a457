"""Watching a job and stopping it between two batches: what is written stays, and the next run goes on from there."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from ingestion.report import OnProgress, ignore_progress
from retrieval.errors import LogAgentError

Stop = Callable[[], bool]  # whether the job is to end now


class Stopped(LogAgentError):
    """A job was told to end before it was done."""


def never() -> bool:
    """For jobs that nobody stops."""
    return False


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far a job is, and what tells it to end."""

    progress: OnProgress = ignore_progress
    stop: Stop = never


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
