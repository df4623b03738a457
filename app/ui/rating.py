"""Rating an answer in the chat: right, or what it was instead.

Each rating is a draft case for a dataset; that of a problem is kept as an incident as well, once an admin says so.
"""

import asyncio

import chainlit as cl

from app.answer import Answer
from app.draft_cases import DraftCases
from app.rated_answers import RatedAnswers
from app.telemetry.spans import record_feedback
from app.traced_ingestion import traced_ingestion
from app.ui.notice import say
from app.ui.screen_element import screen_element
from app.ui.sign_in import current_user
from app.ui.turn_memory import RememberedTurn
from app.web.running import running
from ingestion.report import Report
from ingestion.watch import Watch
from retrieval.errors import BadInput, LogAgentError
from retrieval.taxonomy import IntentKind, Status

_ANSWERS = "answers"
_REMEMBERED = 5
_DRAFTED = "It is a draft case too: `logagent dataset drafts list`."


async def offer_rating(turn: str, answer: Answer) -> None:
    """The two buttons under a verdict; that all is well may be as wrong as any other."""
    if answer.triage.status is not Status.PROBLEM and answer.intent is not IntentKind.TRIAGE:
        return
    answers = {**(cl.user_session.get(_ANSWERS) or {}), turn: answer}
    cl.user_session.set(_ANSWERS, dict(list(answers.items())[-_REMEMBERED:]))
    message = cl.Message(content="")
    await message.send()
    await screen_element("Rating", {"turn": turn}).send(for_id=message.id)


async def rate(turn: str, remembered: RememberedTurn | None, correction: str | None) -> None:
    """Note the rating: a draft case, and of a problem an incident, an admin's at once, another's when one keeps it.

    `remembered` has the lines around the answer's evidence.
    """
    user, answer = current_user(), (cl.user_session.get(_ANSWERS) or {}).get(turn)
    if user is None or answer is None or remembered is None:
        await cl.context.emitter.send_toast("This answer is no longer held; ask again to rate it.", "info")
        return
    is_incident = answer.triage.status is Status.PROBLEM and running.app.knowledge is not None
    try:
        if correction is not None and not correction.strip():
            raise BadInput("say what the root cause was")
        lines = [line for places in remembered.excerpts.values() for place in places for line in place]
        fresh = await asyncio.to_thread(_drafts().add, answer, lines, correction)
        if is_incident:
            await asyncio.to_thread(_rated().rate, answer, correction, user.name, keep=user.admin)
        verdict = "confirmed" if correction is None else "corrected"
        record_feedback(running.app.telemetry, trace_id=answer.trace_id, verdict=verdict, engine=answer.engine)
        if is_incident and user.admin:
            await _keep()
            await say("Kept as a past incident", "note", hint=f"Answers to problems like this will cite it. {_DRAFTED}")
        elif is_incident:
            await say("Noted", "note", hint=f"It becomes a past incident when an admin keeps it. {_DRAFTED}")
        else:
            await say("Noted", "note", hint=_DRAFTED if fresh else "It was decided on before.")
    except LogAgentError as error:
        await say(str(error))


async def keep_rated() -> None:
    """Keep what others rated; for admins alone."""
    user = current_user()
    if user is None or not user.admin:
        await say("Only an admin may keep rated answers")
        return
    try:
        await asyncio.to_thread(_rated().keep_waiting)
        await say(f"{await _keep()} incidents are known now", "note")
    except LogAgentError as error:
        await say(str(error))


def waiting() -> int:
    """How many rated answers wait for an admin."""
    return _rated().waiting()


async def _keep() -> int:
    report = await asyncio.to_thread(_kept)
    return len(report.added) + len(report.changed) + report.unchanged


def _drafts() -> DraftCases:
    return DraftCases(running.app.settings.app.home)


def _kept() -> Report:
    app = running.app
    assert app.knowledge is not None  # noqa: S101  nothing is offered without
    with traced_ingestion(app.telemetry, app.settings, "incidents") as job:
        report = app.knowledge.keep_incidents(_rated().kept, job.watched(Watch()))
        job.done(report)
    return report


def _rated() -> RatedAnswers:
    return RatedAnswers(running.app.settings.app.home)
