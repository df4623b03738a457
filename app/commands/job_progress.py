"""The progress of a job on stderr: a bar with rate and time left on a terminal, now and then a plain line elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

from ingestion.report import OnProgress, Progress

PLAIN_SECONDS = 10.0  # between two lines in a Job's log


@contextmanager
def shown_progress() -> Iterator[OnProgress]:
    """What a job calls with its progress."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield PlainProgress(sys.stderr)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("comparing", total=None)

        def show(progress: Progress) -> None:
            bar.update(task, description=progress.doing, completed=progress.done, total=progress.total)

        yield show


class PlainProgress:
    """Writes a line every ten seconds and one at the end of each part: how many, how fast, how long still."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._began = self._said = clock()

    def __call__(self, progress: Progress) -> None:
        """Write a line, unless one was just written."""
        now = self._clock()
        if progress.done < progress.total and now - self._said < PLAIN_SECONDS:
            return
        self._said = now
        rate = progress.done / max(now - self._began, 1e-9)
        left = (progress.total - progress.done) / rate if rate else 0.0
        self._stream.write(
            f"{progress.doing}: {progress.done:,} of {progress.total:,}, {rate:.1f} a second, about {left:.0f} s left\n"
        )
        self._stream.flush()


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        """For example `41.3/s`."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="dim")
