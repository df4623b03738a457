"""The end of the web server, with a real websocket and real time."""

import asyncio
import socket
import time
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app.web.draining import DrainingServer, Turns


@asynccontextmanager
async def served(turns, seconds):
    """A server whose websocket says a word every 50 ms, three of them in one turn, after it was sent a question."""

    async def app(scope, receive, send):
        if scope["type"] != "websocket":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        with turns.one():
            for word in ("one", "two", "three"):
                await asyncio.sleep(0.05)
                await send({"type": "websocket.send", "text": word})
        await receive()

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_level="critical", lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    server = DrainingServer(config, turns, seconds)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield server, f"127.0.0.1:{listener.getsockname()[1]}", task
    finally:
        server.should_exit = True
        await task


async def hear(chat, said):
    """Note every word until the connection is closed."""
    while True:
        said.append(await chat.recv())


async def test_a_websocket_hears_its_whole_answer_before_the_end():
    """The server is told to end after the first word: the others still come, and then the connection is closed."""
    async with served(Turns(), seconds=30) as (server, place, task), connect(f"ws://{place}/") as chat:
        await chat.send("what is failing?")
        said = [await chat.recv()]
        server.should_exit = True
        with pytest.raises(ConnectionClosed):
            await hear(chat, said)
        assert said == ["one", "two", "three"]
        await asyncio.wait_for(task, 5)


async def test_an_answer_that_nobody_hears_is_not_waited_for():
    """The page was closed: its turn may go on in the process, and the end does not wait for it."""
    turns = Turns()
    async with served(turns, seconds=30) as (server, place, task):
        with turns.one():
            async with connect(f"ws://{place}/"):
                pass
            began = time.monotonic()
            server.should_exit = True
            await asyncio.wait_for(task, 5)
            assert time.monotonic() - began < 3


async def test_nobody_new_is_let_in_while_it_ends():
    """The socket is closed at once, though a turn is under way, and new questions are to be refused."""
    turns = Turns()
    async with served(turns, seconds=30) as (server, place, _), connect(f"ws://{place}/"):
        with turns.one():
            server.should_exit = True
            await asyncio.sleep(0.3)
            assert turns.ending
            async with httpx.AsyncClient() as http:
                with pytest.raises(httpx.ConnectError):
                    await http.get(f"http://{place}/")


async def test_an_answer_that_never_ends_is_not_waited_for_longer_than_allowed():
    """Kubernetes would kill the process, and the last spans with it."""
    turns = Turns()
    async with served(turns, seconds=0.3) as (server, place, task), connect(f"ws://{place}/"):
        with turns.one():
            began = time.monotonic()
            server.should_exit = True
            await asyncio.wait_for(task, 5)
            assert 0.3 <= time.monotonic() - began < 3


async def test_without_a_turn_the_end_is_at_once():
    """A restart costs no waiting."""
    async with served(Turns(), seconds=30) as (server, _, task):
        await asyncio.sleep(0.1)
        began = time.monotonic()
        server.should_exit = True
        await asyncio.wait_for(task, 5)
        assert time.monotonic() - began < 2
