"""REST and server-sent events beside the chat: the same pipeline, the same JSON as `logagent ask --json`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.answer import Answer, Answered, CardReady, Event, ModelQueued, StepFinished, StepStarted, TriageProgress
from app.intent import LONGEST_QUESTION
from app.question import ModelUse, Question
from app.web.running import running
from retrieval.errors import BadInput, LogAgentError
from retrieval.taxonomy import WindowSource
from retrieval.time_window import TimeWindow

router = APIRouter(prefix="/api/v1")
# How often a waiting request is asked whether its client is still there.
LEFT_SECONDS = 0.5
LabelName = Literal["namespace", "pod", "container", "node", "app"]


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
    turn = asyncio.create_task(running.app.pipeline.run(asked.to_question(traceparent)))
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


@router.get("/state")
async def state() -> dict[str, Any]:
    """What is loaded, and which parts are configured."""
    app = running.app
    return {
        "knowledge": app.knowledge.state() if app.knowledge else None,
        "model": "configured" if app.models else None,
        "models": await app.models.state() if app.models else [],
    }


def add_to(application: FastAPI) -> None:
    """The routes, and errors as one sentence each."""
    application.include_router(router)
    application.add_exception_handler(LogAgentError, errors)
    application.add_exception_handler(RequestValidationError, unreadable)


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
            await running.app.pipeline.run(question, queue.put)
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
