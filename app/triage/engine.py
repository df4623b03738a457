"""The model's triage of one request: asked once, repaired at most once, and never taken on trust.

    stream ──► verify ──► Triage                     first attempt
                 └─ rejected or cut ──► stream ──► verify ──► Triage, or Rejected

What a language model has to offer for it is `LanguageModel`, as `LlamaCpp` and `OpenAiEndpoint` do.
"""

import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from app.answer import Action, Triage, Usage
from app.triage.schema import TriageChoices, reply_schema
from app.triage.verification import Rejection, partial_reply, repair_message, verify
from retrieval.errors import ModelDown
from retrieval.evidence import Evidence

Message = Mapping[str, str]
MAX_CALLS = 2


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of an answer: all of its text, why it ended, and what the server counted and measured.

    `finish` is "length" where the token limit cut it and "refused" where the server's own parser gave up on it at the
    end; `first_token_ms` counts from the request; `timings` are the server's, in milliseconds and tokens.
    """

    text: str
    finish: Literal["stop", "length", "refused"]
    usage: Usage
    model: str | None = None
    first_token_ms: float | None = None
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delta:
    """A further piece of the answer; the last one carries the completion."""

    text: str
    completion: Completion | None = None


class LanguageModel(Protocol):
    """A server that writes JSON after a schema."""

    async def model_name(self) -> str:
        """What the answer names as its model; raises ModelDown."""

    async def prompt_tokens(self, messages: Sequence[Message]) -> int:
        """How many tokens the server reads in these messages, its chat template included; raises ModelDown."""

    async def context(self) -> int | None:
        """The tokens that one request may hold, prompt and answer together; None where the server does not say."""

    def stream(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        *,
        max_tokens: int,
        seed: int,
        temperature: float,
    ) -> AsyncGenerator[Delta, None]:
        """The answer to chat messages (`role`, `content`) as it is written; only the last item has a completion.

        Closing the generator frees the server. Raises ModelDown; an answer that is cut short is no error.
        """


class Rejected(ModelDown):
    """The model answered, and its answer cannot stand; `reasons` say why, `usage` what it cost."""

    def __init__(self, reasons: tuple[str, ...], usage: Usage, attempts: int) -> None:
        super().__init__(f"The language model's answer was not usable: {'; '.join(reasons)}.")
        self.reasons = reasons
        self.usage = usage
        self.attempts = attempts


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """A verified triage and what it took: tokens summed over the attempts, milliseconds from the first request."""

    triage: Triage
    usage: Usage
    model: str | None
    first_token_ms: float | None
    generate_ms: float
    attempts: int


class ModelTriage:
    """Asks `model` for the triage, with at most two calls.

    `max_tokens` bounds the first answer; one that it cuts is asked for again with twice as many. The schema alone keeps
    a fluent answer to about 300 tokens; 1,400 is room for one whose tokens are single bytes. Progress is given at most
    every `progress_s` seconds.
    """

    def __init__(
        self,
        model: LanguageModel,
        *,
        max_tokens: int = 1400,
        temperature: float = 0.0,
        seed: int = 0,
        progress_s: float = 0.05,
    ) -> None:
        self._model = model
        self._max_tokens = max_tokens
        self._temperature = temperature
        self._seed = seed
        self._progress_s = progress_s

    async def run(
        self,
        messages: Sequence[Message],
        choices: TriageChoices,
        evidence: Collection[Evidence],
        candidate_actions: Mapping[str, Action],
    ) -> AsyncGenerator[dict[str, Any] | ModelAnswer, None]:
        """What can be shown so far, every now and then, and at the end the answer.

        The dicts have keys of `Triage` (see `partial_reply`); one of the repair replaces those before it. Raises
        Rejected after the second answer that cannot stand, and ModelDown where the server fails.
        """
        schema, started = reply_schema(choices), time.perf_counter()
        max_tokens, completions = self._max_tokens, list[Completion]()
        while True:
            async with aclosing(self._attempt(messages, schema, max_tokens, len(completions))) as items:
                async for item in items:
                    if isinstance(item, Completion):
                        completions.append(item)
                    elif shown := partial_reply(item, choices, candidate_actions):
                        yield shown
            last = completions[-1]
            verdict = verify(last.text, choices, evidence, candidate_actions)
            if isinstance(verdict, Triage):
                break
            if last.finish == "length":
                verdict, max_tokens = Rejection((f"it was cut after {max_tokens} tokens",)), max_tokens * 2
            if len(completions) == MAX_CALLS:
                raise Rejected(verdict.reasons, _summed(completions), len(completions))
            messages = _with_note(messages, repair_message(verdict))
        yield ModelAnswer(
            triage=verdict,
            usage=_summed(completions),
            model=last.model,
            first_token_ms=completions[0].first_token_ms,
            generate_ms=(time.perf_counter() - started) * 1000,
            attempts=len(completions),
        )

    async def _attempt(
        self, messages: Sequence[Message], schema: Mapping[str, Any], max_tokens: int, before: int
    ) -> AsyncGenerator[str | Completion, None]:
        """The text so far, every now and then, and then the completion; the repair draws with another seed."""
        written, shown_at = "", 0.0
        deltas = self._model.stream(
            messages, schema, max_tokens=max_tokens, seed=self._seed + before, temperature=self._temperature
        )
        async with aclosing(deltas):
            async for delta in deltas:
                written += delta.text
                if delta.completion is not None:
                    yield delta.completion
                elif (now := time.monotonic()) - shown_at >= self._progress_s:
                    shown_at = now
                    yield written


def _with_note(messages: Sequence[Message], note: str) -> list[Message]:
    """The messages with a note after the last one's text: most of the prompt stays in the server's cache.

    Not as turns of their own: many chat templates refuse roles that do not alternate, and a small model that reads its
    wrong answer repeats it.
    """
    *before, last = messages
    return [*before, {**last, "content": f"{last['content']}\n\n{note}"}]


def _summed(completions: Sequence[Completion]) -> Usage:
    return Usage(
        prompt_tokens=sum(each.usage.prompt_tokens for each in completions),
        cached_tokens=sum(each.usage.cached_tokens for each in completions),
        completion_tokens=sum(each.usage.completion_tokens for each in completions),
    )
