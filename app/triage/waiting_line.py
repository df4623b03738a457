"""A line before a model server: as many requests at a time as it has slots, the others wait and know their place.

The server would queue them too, but says nothing of it; here a person sees how many are ahead, and can leave.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from retrieval.errors import ModelDown

Moved = Callable[[int], Awaitable[None]]


class ModelBusy(ModelDown):
    """All slots are taken and the line is full."""


class WaitingLine:
    """`slots` requests at a time; up to `most_waiting` more stand in line. All of it on one event loop."""

    def __init__(self, slots: int = 1, most_waiting: int = 8) -> None:
        self.slots = slots
        self.most_waiting = most_waiting
        self.running = 0
        self._waiting: deque[_Ticket] = deque()

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._waiting)

    @asynccontextmanager
    async def place(self, moved: Moved) -> AsyncIterator[None]:
        """A slot for as long as the block runs; `moved` hears how many are ahead (0: next), at first and at each move.

        Raises ModelBusy where the line is full. Leaving it, also while waiting, lets the others move up.
        """
        await self._enter(moved)
        try:
            yield
        finally:
            self.running -= 1
            self._move_up()

    async def _enter(self, moved: Moved) -> None:
        if self.running < self.slots and not self._waiting:
            self.running += 1
            return
        if len(self._waiting) >= self.most_waiting:
            raise ModelBusy(
                f"The language model is busy: {self.running} questions are being answered and {self.waiting} wait."
            )
        ticket = _Ticket()
        self._waiting.append(ticket)
        try:
            while not ticket.admitted:
                await moved(self._waiting.index(ticket))
                await ticket.changed.wait()
                ticket.changed.clear()
        except BaseException:
            if ticket.admitted:
                self.running -= 1
            else:
                self._waiting.remove(ticket)
            self._move_up()
            raise

    def _move_up(self) -> None:
        """Admit who fits, and let the others know that they moved."""
        while self._waiting and self.running < self.slots:
            first = self._waiting.popleft()
            first.admitted = True
            first.changed.set()
            self.running += 1
        for ticket in self._waiting:
            ticket.changed.set()


class _Ticket:
    def __init__(self) -> None:
        self.admitted = False
        self.changed = asyncio.Event()
