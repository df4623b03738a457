"""A language model whose every request is a `chat` span below the step that runs it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from app.answer import PromptUse
from app.telemetry.attributes import messages as as_messages
from app.telemetry.attributes import of_prompt
from app.telemetry.conventions import Attribute, Content
from app.telemetry.spans import TracedSpan, chat_span
from app.triage.engine import Completion, Delta, LanguageModel, Message


class TracedModel:
    """`model`, with a span a request below `step`; `server` is its address, `prompt` what its messages are made of."""

    def __init__(
        self, model: LanguageModel, step: TracedSpan, server: str | None, prompt: PromptUse | None = None
    ) -> None:
        self._model = model
        self._step = step
        self._server = server
        self._prompt = prompt

    async def model_name(self) -> str:
        """See `LanguageModel`."""
        return await self._model.model_name()

    async def prompt_tokens(self, messages: Sequence[Message]) -> int:
        """See `LanguageModel`."""
        return await self._model.prompt_tokens(messages)

    async def context(self) -> int | None:
        """See `LanguageModel`."""
        return await self._model.context()

    async def stream(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        *,
        max_tokens: int,
        seed: int,
        temperature: float,
    ) -> AsyncGenerator[Delta, None]:
        """See `LanguageModel`."""
        name = await self._model.model_name()
        with chat_span(self._step, name, server=self._server) as span:
            span.set(
                {
                    Attribute.REQUEST_MAX_TOKENS: max_tokens,
                    Attribute.REQUEST_TEMPERATURE: temperature,
                    Attribute.REQUEST_SEED: seed,
                    Attribute.REQUEST_STREAM: True,
                    **of_prompt(self._prompt),
                }
            )
            span.content(Content.INPUT_MESSAGES, as_messages(*((each["role"], each["content"]) for each in messages)))
            deltas = self._model.stream(messages, schema, max_tokens=max_tokens, seed=seed, temperature=temperature)
            async with aclosing(deltas):
                async for delta in deltas:
                    if delta.completion is not None:
                        _measure(span, delta.completion)
                    yield delta


def _measure(span: TracedSpan, completion: Completion) -> None:
    first = completion.first_token_ms
    span.set(
        {
            Attribute.RESPONSE_MODEL: completion.model,
            Attribute.FINISH_REASONS: [completion.finish],
            Attribute.FIRST_CHUNK_SECONDS: None if first is None else first / 1000,
            Attribute.INPUT_TOKENS: completion.usage.prompt_tokens,
            Attribute.OUTPUT_TOKENS: completion.usage.completion_tokens,
            Attribute.CACHED_TOKENS: completion.usage.cached_tokens,
        }
    )
    span.content(Content.OUTPUT_MESSAGES, as_messages(("assistant", completion.text)))
