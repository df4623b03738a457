"""One question → one answer, in ten steps. No agent loop: a fixed, bounded path with at most two model calls.

    1 intent ─ 2 logs ─ 3 redact ─ 4 patterns ─ 5 retrieval ─ 6 evidence ─ 7 card ─► shown at once
                                                     8 prompt ─ 9 generate ─ 10 verify ─► shown

A source that is down becomes a warning on the answer; only "no evidence source at all" is an error.
"""

from dataclasses import replace

from app.answer import Answer, Answered
from app.coaching import coaching_of
from app.question import ModelUse, Question
from app.steps.asking import Grounds, Request, generate_step, prompt_step, verify_step
from app.steps.knowing import evidence_step, retrieval_step
from app.steps.looking import intent_step, logs_step, patterns_step, redact_step
from app.steps.running import Emit, Steps, unheard
from app.steps.showing import card_step
from app.telemetry.attributes import of_answer
from app.telemetry.spans import turn_span
from app.triage.actions import candidate_actions
from app.turn import Parts, Turn
from retrieval.errors import BadInput, NoEvidenceSource
from retrieval.redaction import redact_text


class Pipeline:
    """Answers questions with the same parts, any number at a time."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def run(self, question: Question, emit: Emit = unheard) -> Answer:
        """The answer to a question; `emit` hears every step, the card, the model's words and the answer.

        Raises BadInput for a question that cannot be read, NoEvidenceSource where neither logs nor runbooks can be had,
        and ModelDown where a model is required and does not answer. Cancelling it stops the model too.
        """
        parts = self._parts
        # A question may quote a secret; from here on nobody sees it, the answer included.
        question = replace(question, text=redact_text(question.text)[0])
        if question.model_use is ModelUse.REQUIRE and parts.models is None:
            raise BadInput("a language model is required and none is configured; set LLM_URL or LLM_MODEL_PATH")
        with turn_span(
            parts.telemetry,
            traceparent=question.traceparent,
            conversation=question.conversation,
            opened_by=question.opened_by,
        ) as span:
            turn = Turn(question, parts, Steps(span, emit), span)
            answer = await self._answer(turn)
            if question.coach:
                answer = answer.model_copy(update={"coaching": coaching_of(answer)})
            span.set(of_answer(answer))
        await emit(Answered(answer))
        return answer

    async def request(self, question: Question) -> Request:
        """What the model would be asked for this question, without asking it. Raises as `run` does."""
        question = replace(question, text=redact_text(question.text)[0])
        with turn_span(self._parts.telemetry) as span:
            turn = Turn(question, self._parts, Steps(span, unheard), span)
            return await prompt_step(turn, await self._grounds(turn))

    async def _answer(self, turn: Turn) -> Answer:
        grounds = await self._grounds(turn)
        answer = grounds.card
        if turn.asks_model(grounds.looked.asked.intent.kind):
            request = await prompt_step(turn, grounds)
            answer = await generate_step(turn, request, answer)
        return await verify_step(turn, answer)

    async def _grounds(self, turn: Turn) -> Grounds:
        """The first seven steps: everything but the model."""
        asked = await intent_step(turn)
        reads = await logs_step(turn, asked)
        lines = await redact_step(turn, reads)
        looked = await patterns_step(turn, asked, reads, lines)
        documents = await retrieval_step(turn, looked)
        if turn.nothing_to_go_on:
            raise NoEvidenceSource(f"nothing can be answered now: {' '.join(turn.warnings)}")
        looked, selection = await evidence_step(turn, looked, documents)
        actions = candidate_actions(documents, looked.problems, selection, asked.intent.kind)
        return Grounds(looked, selection, actions, await card_step(turn, looked, selection, actions))
