"""What one question may cost Loki and this program, and what it has cost so far."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from retrieval.errors import BadInput

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that is read for one question: lines, bytes of answers, seconds; and lines asked for at once."""

    lines: int = 50_000
    bytes: int = 32 * 2**20
    seconds: float = 20.0
    page_lines: int = 5_000

    def __post_init__(self) -> None:
        if min(self.lines, self.bytes, self.page_lines) < 1 or self.seconds <= 0:
            raise BadInput("the budget of a question has to allow at least one line, one byte and some time")

    def part(self, share: float) -> "Budget":
        """The budget of one of several queries of a question that are asked at the same time."""
        lines, size = max(1, int(self.lines * share)), max(1, int(self.bytes * share))
        return replace(self, lines=lines, bytes=size, page_lines=min(self.page_lines, lines))


class BudgetSpent(Exception):  # a signal inside this package, never shown
    """Nothing more may be read for this question."""


@dataclass
class Spending:
    """What a question has read so far, against its budget."""

    budget: Budget
    lines: int = 0
    bytes: int = 0
    pages: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds_left(self) -> float:
        """Seconds until the question's time is over; negative after."""
        return self.started + self.budget.seconds - time.monotonic()

    @property
    def out_of_time(self) -> bool:
        """Whether the seconds are what ran out."""
        return self.seconds_left <= 0

    def add(self, lines: int, size: int) -> None:
        """Count a page that was read."""
        self.lines, self.bytes, self.pages = self.lines + lines, self.bytes + size, self.pages + 1

    async def within(self, work: Awaitable[T]) -> T:
        """The result of some work that ends with the question's time at the latest; BudgetSpent after."""
        try:
            async with asyncio.timeout(max(0.0, self.seconds_left)):
                return await work
        except TimeoutError as error:
            raise BudgetSpent("seconds") from error
