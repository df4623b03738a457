"""REST and server-sent events; where the connection itself matters, on a real server on the loopback interface."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app.bootstrap import App, open_app
from app.pipeline import Pipeline
from app.settings import Settings
from app.web import api
from app.web.running import running
from retrieval.logs.archive import ArchiveSource
from retrieval.logs.source import LogQuery, LogRead
from tests.command_line import CAPTURES, case_lines
from tests.contract.answer_contract import conforming

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ETCD = CAPTURES / "etcd-disk-full.jsonl"
ASKED = {"question": "why does etcd not start?"}


def application() -> FastAPI:
    """The API without the chat, whose framework takes seconds to import."""
    application = FastAPI()
    api.add_to(application)
    return application


@asynccontextmanager
async def served() -> AsyncIterator[httpx.AsyncClient]:
    """The API on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(), log_level="warning", access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as http:
        yield http
    server.should_exit = True
    await task


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    settings = Settings.read(
        app={"home": tmp_path}, knowledge={"embedding_model": "off"}, model={"url": None}, loki={"url": None}
    )
    async with open_app(settings, logs=[ETCD]) as app:
        yield app


@pytest.fixture
async def http(app: App) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url="http://logagent") as http:
        with running.serving(app):
            yield http


async def test_an_answer_keeps_the_contract(app: App) -> None:
    """POST /api/v1/ask on a real server answers with the same JSON as the command line."""
    async with served() as http:
        with running.serving(app):
            answer = await http.post("/api/v1/ask", json=ASKED)
    assert answer.status_code == 200
    assert conforming(answer.json(), len(case_lines("etcd-disk-full"))).triage.status == "problem"


async def test_window_and_selectors(http: httpx.AsyncClient) -> None:
    """A window and label values of the request hold for the answer."""
    window = {"start": "2026-11-20T21:00:00Z", "end": "2026-11-20T21:00:01Z", "selectors": {"namespace": "nowhere"}}
    answer = conforming((await http.post("/api/v1/ask", json={**ASKED, **window})).json())
    assert (answer.window.start, answer.window.end) == (window["start"], window["end"])
    assert (answer.window.source, answer.selectors.namespace) == ("option", "nowhere")
    assert answer.coverage.lines_matched == 0


async def test_the_callers_traceparent_is_the_parent(http: httpx.AsyncClient) -> None:
    """A request with a traceparent is answered in the caller's trace, without one in a trace of its own."""
    answers = [await http.post("/api/v1/ask", json=ASKED, headers=h) for h in ({"traceparent": CALLER}, {})]
    ids = [answer.json()["trace_id"] for answer in answers]
    assert ids[0] == CALLER[3:35] != ids[1]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"question": ""}, "ask a question: this one is empty"),
        ({"question": "why? " * 4000}, "characters; 4,000 is the most"),
        ({"question": "since 2027-01-01"}, "before it starts"),
        ({**ASKED, "start": "2026-11-20T21:00:00Z"}, "both start and end"),
        ({**ASKED, "start": "2026-11-20T21:00:00Z", "end": "2026-11-20T20:00:00Z"}, "before it starts"),
        ({**ASKED, "start": "2026-11-20T21:00:00", "end": "2026-11-20T22:00:00"}, "start: "),
        ({**ASKED, "llm": "require"}, "set LLM_URL or LLM_MODEL_PATH"),
        ({**ASKED, "llm": "always"}, "llm: "),
        ({**ASKED, "selectors": {"colour": "red"}}, "selectors.colour"),
        ({**ASKED, "mood": "good"}, "mood: "),
        ({}, "question: Field required"),
    ],
)
async def test_bad_questions_are_422_with_a_sentence(http: httpx.AsyncClient, body: object, says: str) -> None:
    """What cannot be read is refused with status 422 and one sentence under `error`."""
    answer = await http.post("/api/v1/ask", json=body)
    assert (answer.status_code, list(answer.json())) == (422, ["error"])
    assert says in answer.json()["error"]


async def events_of(http: httpx.AsyncClient, body: object) -> list[tuple[str, dict[str, object]]]:
    text = (await http.post("/api/v1/ask/stream", json=body)).text
    return [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for name, data in (message.split("\n", 1) for message in text.strip().split("\n\n"))
    ]


async def test_a_stream_ends_in_the_answer(http: httpx.AsyncClient) -> None:
    """The stream tells each step, then the card, and ends with an answer that keeps the contract."""
    events = await events_of(http, ASKED)
    names = [name for name, _ in events]
    assert names == [*["step_started", "step_finished"] * 7, "card", "step_started", "step_finished", "answer"]
    assert [data["name"] for name, data in events if name == "step_started"][:2] == ["intent", "logs"]
    card = next(data for name, data in events if name == "card")
    assert card["final"] is True
    conforming(card["answer"])
    assert conforming(events[-1][1]).triage.status == "problem"


async def test_a_bad_question_ends_the_stream_with_its_sentence(http: httpx.AsyncClient) -> None:
    """A question that is refused while it streams ends with an error event."""
    name, data = (await events_of(http, {"question": "on 2026-99-99"}))[-1]
    assert name == "error"
    assert "2026-99-99" in str(data["error"])


async def test_once_it_is_ending_nobody_new_is_answered(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 and the sentence, over both ways; another process may be up in a moment."""
    monkeypatch.setattr(running.turns, "ending", True)
    refused = await http.post("/api/v1/ask", json=ASKED)
    assert refused.status_code == 503
    assert "restarting" in refused.json()["error"]
    streamed = await http.post("/api/v1/ask/stream", json=ASKED)
    assert "restarting" in streamed.text
    assert "event: error" in streamed.text


async def test_before_the_start_the_api_says_so(http: httpx.AsyncClient) -> None:
    """While the parts are still being opened, a question is answered with 503."""
    app, running._app = running._app, None
    try:
        answer = await http.post("/api/v1/ask", json=ASKED)
    finally:
        running._app = app
    assert answer.status_code == 503
    assert "still starting" in answer.json()["error"]


class Endless(ArchiveSource):
    """Logs whose reading never ends; `left` is set when it is cancelled."""

    def __init__(self) -> None:
        super().__init__([ETCD])
        self.begun, self.left = asyncio.Event(), asyncio.Event()

    async def read(self, query: LogQuery) -> LogRead:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.left.set()
            raise
        raise AssertionError("never")


async def test_a_client_that_leaves_cancels_the_turn(app: App) -> None:
    """When the reader of a stream closes the connection, the work for it ends within a moment."""
    logs = Endless()
    slow = replace(app, pipeline=Pipeline(replace(app.pipeline._parts, logs=logs)))
    async with served() as http:
        with running.serving(slow):
            async with http.stream("POST", "/api/v1/ask/stream", json=ASKED) as answer:
                arriving = answer.aiter_text()
                assert "step_started" in await anext(arriving)
                await asyncio.wait_for(logs.begun.wait(), 5)
            await asyncio.wait_for(logs.left.wait(), 5)


async def test_a_client_that_leaves_a_plain_question_cancels_the_turn(app: App) -> None:
    """When the client hangs up before the whole answer is there, the work for it ends within a moment."""
    logs = Endless()
    slow = replace(app, pipeline=Pipeline(replace(app.pipeline._parts, logs=logs)))
    async with served() as http:
        with running.serving(slow):
            asking = asyncio.create_task(http.post("/api/v1/ask", json=ASKED))
            await asyncio.wait_for(logs.begun.wait(), 5)
            asking.cancel()
            await asyncio.wait_for(logs.left.wait(), 5)
