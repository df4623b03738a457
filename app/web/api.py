"""REST and server-sent events beside the chat: the same pipeline, the same JSON as `logagent ask --json`."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.answer import Answer, Answered, CardReady, Event, ModelQueued, StepFinished, StepStarted, TriageProgress
from app.intent import LONGEST_QUESTION
from app.question import ModelUse, Question
from app.web.access import User
from app.web.running import running
from retrieval.errors import BadInput, LogAgentError
from retrieval.taxonomy import WindowSource
from retrieval.time_window import TimeWindow

# How often a waiting request is asked whether its client is still there.
LEFT_SECONDS = 0.5
NameInCookies = Callable[[Mapping[str, str]], str | None]
LabelName = Literal["namespace", "pod", "container", "node", "app"]


class NotSignedIn(LogAgentError):
    """Nobody is signed in where somebody has to be."""


def nobody(_: Mapping[str, str]) -> str | None:
    """For an API without a chat beside it."""
    return None


async def signed_in(request: Request) -> User:
    """Who asks: by the gateway's header, by name and password, or by the chat's cookie; 401 for nobody known."""
    access = running.access
    name = access.name_in_headers(request.headers)
    if name is None and (basic := request.headers.get("authorization")):
        name = await asyncio.to_thread(access.name_by_basic, basic)
    if name is None and access.closed:
        name = request.app.state.name_in_cookies(request.cookies)
    user = access.user(name)
    if user is None:
        raise NotSignedIn("sign in first: this assistant answers only to people it knows")
    return user


router = APIRouter(prefix="/api/v1", dependencies=[Depends(signed_in)])
unguarded = APIRouter(prefix="/api/v1")


class Asked(BaseModel):
    """A question over HTTP."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(description=f"1 to {LONGEST_QUESTION:,} characters")
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    now: AwareDatetime | None = None
    selectors: dict[LabelName, str] = {}
    llm: ModelUse = ModelUse.AUTO
    coach: bool = False

    def to_question(self, traceparent: str | None) -> Question:
        """The question for the pipeline; BadInput where the window cannot be."""
        return Question(
            self.question,
            window=_window(self.start, self.end),
            selectors={str(name): value for name, value in self.selectors.items()},
            now=self.now,
            model_use=self.llm,
            traceparent=traceparent,
            coach=self.coach,
        )


@router.post("/ask")
async def ask(request: Request, asked: Asked, traceparent: Annotated[str | None, Header()] = None) -> Answer:
    """The whole answer at once; a client that leaves stops the turn, and with it the model."""
    with running.turn() as pipeline:
        turn = asyncio.create_task(pipeline.run(asked.to_question(traceparent)))
        try:
            while not (await asyncio.wait({turn}, timeout=LEFT_SECONDS))[0]:
                if await request.is_disconnected():
                    break
            else:
                return turn.result()
        finally:
            turn.cancel()
    raise LogAgentError("the client left before the answer was there")


@router.post("/ask/stream")
async def ask_stream(asked: Asked, traceparent: Annotated[str | None, Header()] = None) -> StreamingResponse:
    """Server-sent events: `step_started`, `step_finished`, `card`, `queued`, `progress`, then `answer` or `error`."""
    question = asked.to_question(traceparent)
    return StreamingResponse(_events(question), media_type="text/event-stream", headers={"cache-control": "no-store"})


@unguarded.get("/state")
async def state() -> dict[str, Any]:
    """What is loaded, and which parts are configured: the page asks before anybody has signed in."""
    app = running.app
    knowledge = app.knowledge.state() if app.knowledge else None
    if knowledge and running.access.closed and "error" in knowledge:
        knowledge["error"] = "its state is told by `logagent check`"
    return {
        "knowledge": knowledge,
        "model": "configured" if app.models else None,
        "models": await app.models.state() if app.models and not running.access.closed else [],
    }


def add_to(application: FastAPI, name_in_cookies: NameInCookies = nobody) -> None:
    """The routes, and errors as one sentence each; `name_in_cookies` knows who signed in to the chat."""
    application.state.name_in_cookies = name_in_cookies
    application.include_router(router)
    application.include_router(unguarded)
    application.add_exception_handler(NotSignedIn, refused)
    application.add_exception_handler(LogAgentError, errors)
    application.add_exception_handler(RequestValidationError, unreadable)


async def refused(request: Request, error: Exception) -> JSONResponse:
    """401; a program is told how to sign in, a browser is not, for it would open a window for it."""
    by_browser = "sec-fetch-mode" in request.headers or not running.access.passwords
    headers = {} if by_browser else {"www-authenticate": 'Basic realm="k8s-log-agent", charset="UTF-8"'}
    return JSONResponse({"error": str(error)}, status_code=401, headers=headers)


async def unreadable(_: Request, error: Exception) -> JSONResponse:
    """A request that is not in the form of `Asked`: 422, with the first fault and where it is."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for it alone
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    return JSONResponse({"error": f"{place}: {first['msg']}"}, status_code=422)


async def errors(_: Request, error: Exception) -> JSONResponse:
    """An error of this program as JSON: 422 for bad input, 503 for a part that is down."""
    return JSONResponse({"error": str(error)}, status_code=422 if isinstance(error, BadInput) else 503)


def _window(start: datetime | None, end: datetime | None) -> TimeWindow | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise BadInput("give both start and end of the window, or neither")
    try:
        return TimeWindow.between(start, end, WindowSource.OPTION)
    except ValueError as error:
        raise BadInput(str(error)) from error


async def _events(question: Question) -> AsyncIterator[str]:
    """The turn as it happens; when the client leaves, the turn is cancelled and the model stops."""
    queue: asyncio.Queue[Event | LogAgentError | None] = asyncio.Queue()

    async def work() -> None:
        try:
            with running.turn() as pipeline:
                await pipeline.run(question, queue.put)
        except LogAgentError as error:
            await queue.put(error)
        finally:
            queue.put_nowait(None)

    task = asyncio.create_task(work())
    try:
        while (event := await queue.get()) is not None:
            yield _encoded(event)
        await task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _encoded(event: Event | LogAgentError) -> str:
    name, data = _message(event)
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _message(event: Event | LogAgentError) -> tuple[str, dict[str, Any]]:
    match event:
        case CardReady(answer, _, final):
            return "card", {"final": final, "answer": answer.model_dump(mode="json")}
        case Answered(answer):
            return "answer", answer.model_dump(mode="json")
        case LogAgentError():
            return "error", {"error": str(event)}
    return _on_the_way(event)


def _on_the_way(event: StepStarted | StepFinished | ModelQueued | TriageProgress) -> tuple[str, dict[str, Any]]:
    match event:
        case StepStarted(name):
            return "step_started", {"name": name}
        case StepFinished(name, summary, duration, details):
            return "step_finished", {"name": name, "summary": summary, "duration_ms": duration, "details": details}
        case ModelQueued(ahead):
            return "queued", {"ahead": ahead}
        case TriageProgress(partial):
            return "progress", {"partial": partial}
