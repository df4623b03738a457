"""Rating an answer in the chat: right, or what it was instead; kept as an incident once an admin says so."""

import asyncio

import chainlit as cl

from app.answer import Answer
from app.rated_answers import RatedAnswers
from app.ui.notice import say
from app.ui.screen_element import screen_element
from app.ui.sign_in import current_user
from app.web.running import running
from retrieval.errors import LogAgentError
from retrieval.taxonomy import Status

_ANSWERS = "answers"
_REMEMBERED = 5


async def offer_rating(turn: str, answer: Answer) -> None:
    """The two buttons under an answer that found a problem."""
    if answer.triage.status is not Status.PROBLEM or running.app.knowledge is None:
        return
    answers = {**(cl.user_session.get(_ANSWERS) or {}), turn: answer}
    cl.user_session.set(_ANSWERS, dict(list(answers.items())[-_REMEMBERED:]))
    message = cl.Message(content="")
    await message.send()
    await screen_element("Rating", {"turn": turn}).send(for_id=message.id)


async def rate(turn: str, correction: str | None) -> None:
    """Note the rating; an admin's is an incident at once, everybody else's when an admin keeps it."""
    user, answer = current_user(), (cl.user_session.get(_ANSWERS) or {}).get(turn)
    if user is None or answer is None:
        await cl.context.emitter.send_toast("This answer is no longer held; ask again to rate it.", "info")
        return
    try:
        await asyncio.to_thread(_rated().rate, answer, correction, user.name, keep=user.admin)
        if user.admin:
            await _keep()
            await say("Kept as a past incident", "note", hint="Answers to problems like this one will cite it.")
        else:
            await say("Noted", "note", hint="It becomes a past incident when an admin keeps it.")
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
    knowledge = running.app.knowledge
    assert knowledge is not None  # noqa: S101  nothing is offered without
    report = await asyncio.to_thread(knowledge.keep_incidents, _rated().kept)
    return len(report.added) + len(report.changed) + report.unchanged


def _rated() -> RatedAnswers:
    return RatedAnswers(running.app.settings.app.home)
