"""The chat's handlers. Chainlit runs this file by its path when it is mounted; everything it does is done elsewhere."""

import asyncio
from uuid import uuid4

import chainlit as cl
import structlog
from chainlit.input_widget import Switch

from app.question import Question
from app.ui.answer_message import AnswerMessage
from app.ui.ingest_job import asks_to_ingest, ingest_folder, offer_folders, offers_ingestion
from app.ui.notice import say
from app.ui.rating import keep_rated, offer_rating, rate
from app.ui.side_panel import open_evidence
from app.ui.sign_in import current_user
from app.ui.starters import starters
from app.ui.step_trail import StepTrail
from app.ui.turn import ShownTurn
from app.ui.turn_memory import TurnMemory
from app.web.running import running
from retrieval.errors import LogAgentError

_MEMORY = "turn_memory"
COACH = "coach"
_log = structlog.get_logger("chat")


@cl.set_starters  # type: ignore[untyped-decorator]  # chainlit is not followed by mypy
async def offer_questions(user: cl.User | None = None, _language: object = None) -> list[cl.Starter]:
    """The starters."""
    return starters(may_ingest=offers_ingestion(user))


@cl.action_callback("ingest_folder")  # type: ignore[untyped-decorator]
async def ingest(action: cl.Action) -> None:
    """A folder was chosen."""
    await ingest_folder(str(action.payload.get("folder", "")), dry_run=bool(action.payload.get("dry_run")))


@cl.action_callback("rate_answer")  # type: ignore[untyped-decorator]
async def rate_answer(action: cl.Action) -> None:
    """Somebody said whether an answer was right."""
    correction = action.payload.get("correction")
    turn = str(action.payload.get("turn", ""))
    await rate(turn, _memory().find(turn), None if correction is None else str(correction))


@cl.action_callback("keep_rated")  # type: ignore[untyped-decorator]
async def keep_rated_answers(_: cl.Action) -> None:
    """An admin keeps what others rated."""
    await keep_rated()


@cl.on_chat_start  # type: ignore[untyped-decorator]
async def offer_settings() -> None:
    """The switches behind the gear beside the question."""
    coach = Switch(
        id=COACH,
        label="Coach mode",
        initial=False,
        description="Explains each command, names its CKA exam domain and what to practise, and asks a question back.",
    )
    await cl.ChatSettings([coach]).send()


@cl.on_message  # type: ignore[untyped-decorator]
async def answer(message: cl.Message) -> None:
    """One question, answered on the screen; whatever goes wrong is said in a sentence and the chat goes on."""
    if asks_to_ingest(message):
        await offer_folders()
        return
    if current_user() is None:
        await say("You are not signed in any more", hint="Sign in again.")
        return
    turn, memory, trail = uuid4().hex, _memory(), StepTrail()
    shown = ShownTurn(trail, AnswerMessage(turn, _trace_link), lambda remembered: memory.keep(turn, remembered))
    await trail.open()
    try:
        asked = Question(
            message.content,
            conversation=cl.context.session.thread_id,
            opened_by=_opened_by(),
            earlier=memory.earlier,
            coach=_coached(),
        )
        with running.turn() as pipeline:
            whole = await pipeline.run(asked, shown)
            await trail.close(whole.timings_ms.total)
            await offer_rating(turn, whole)
    except LogAgentError as error:
        await trail.abandon("no answer")
        await say(str(error))
    except asyncio.CancelledError:
        await shown.stopped()
        await trail.abandon("stopped by you")
        raise
    except Exception:  # noqa: BLE001
        # The edge of the chat: the framework would show the exception's own text, which may quote a log line.
        _log.exception("a question could not be answered", trace_id=shown.trace_id)
        await trail.abandon("a failure")
        await say(
            f"Something went wrong inside the assistant (trace {shown.trace_id or 'none'})",
            hint="Ask again; if it stays, look for the trace in the log.",
        )


@cl.action_callback("open_evidence")  # type: ignore[untyped-decorator]
async def show_evidence(action: cl.Action) -> None:
    """A citation was clicked."""
    remembered = _memory().find(str(action.payload.get("turn", "")))
    item = remembered.evidence.get(str(action.payload.get("id", ""))) if remembered else None
    if remembered is None or item is None:
        await cl.context.emitter.send_toast("This answer is no longer held; ask again to open its evidence.", "info")
        return
    await open_evidence(remembered, item, running.app.knowledge)


def _opened_by() -> str | None:
    """The gateway's span of the websocket, which lasts as long as the page is open."""
    environ = getattr(cl.context.session, "environ", None) or {}
    return environ.get("HTTP_TRACEPARENT")


def _trace_link(trace_id: str) -> str | None:
    traces = running.app.traces
    return traces.link(trace_id) if traces else None


def _coached() -> bool:
    return bool((cl.user_session.get("chat_settings") or {}).get(COACH))


def _memory() -> TurnMemory:
    memory = cl.user_session.get(_MEMORY)
    if not isinstance(memory, TurnMemory):
        memory = TurnMemory()
        cl.user_session.set(_MEMORY, memory)
    return memory
