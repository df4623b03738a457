"""An end that waits for the answers under way: chats as well, whose websockets the web server would close at once."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

# What of a question stands beside its model: reading logs and runbooks before it, sending the rest after it.
BESIDE_THE_MODEL = 30.0
_LOOK_SECONDS = 0.1
# From the end of a turn to its last words on the page.
_LAST_WORDS_SECONDS = 0.5


class Turns:
    """How many questions are being answered; `ending` once no new ones are to be taken."""

    def __init__(self) -> None:
        self.under_way = 0
        self.ending = False

    @contextmanager
    def one(self) -> Iterator[None]:
        """One question, for as long as the block runs."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1


class DrainingServer(uvicorn.Server):
    """A web server that, once told to end, takes no connections and ends when `turns` are through or nobody is left.

    `seconds` bounds how long it waits for them. A second Ctrl+C ends it at once.
    """

    def __init__(
        self, config: uvicorn.Config, turns: Turns, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(config)
        self._turns = turns
        self._seconds = seconds
        self._clock = clock

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        self._turns.ending = True
        for server in self.servers:
            server.close()
        end = self._clock() + self._seconds
        waited = False
        while self._turns.under_way and self.server_state.connections and not self.force_exit and self._clock() < end:
            waited = True
            await asyncio.sleep(_LOOK_SECONDS)
        if waited and not self.force_exit:
            await asyncio.sleep(_LAST_WORDS_SECONDS)
        await super().shutdown(sockets)
