"""A server with OpenAI's `/v1/chat/completions` as the language model, for those that are not llama.cpp.

The schema goes into `response_format`; servers enforce it more or less, so nothing relies on that. llama.cpp has this
endpoint too, but its chat parser ends a good part of the answers with an error: see `app.triage.llama_cpp`.
"""

import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import httpx
from pydantic import BaseModel, Field

from app.answer import Usage
from app.triage.engine import Completion, Delta
from app.triage.model_identity import ModelIdentity
from app.triage.model_server import Health, ModelList, ModelServer

_BYTES_PER_TOKEN = 3  # of English and log lines, on the safe side
_FRAMING_TOKENS = 8  # of a chat template, around each message


class OpenAiEndpoint(ModelServer):
    """A server of OpenAI's chat completions; its `base_url` may end in `/v1` or not.

    `model` is the name to ask for, None the first that the server lists. A server that is not `constrained` is told the
    schema in words. Every method but `health` raises ModelDown.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        model: str | None = None,
        api_key: str | None = None,
        read_timeout_s: float = 120.0,
        total_timeout_s: float = 600.0,
        sampling: Mapping[str, float] | None = None,
        constrained: bool = True,
    ) -> None:
        super().__init__(
            http, api_key=api_key, read_timeout_s=read_timeout_s, total_timeout_s=total_timeout_s, sampling=sampling
        )
        self._model = model
        self._constrained = constrained
        self._prefix = "" if http.base_url.path.rstrip("/").endswith("/v1") else "/v1"

    async def health(self) -> Health:
        """Whether the server can answer now."""
        return await self._health(f"{self._prefix}/models")

    async def model_name(self) -> str:
        """The configured model, or the first that the server lists."""
        if self._model is None:
            self._model = (await self._call(f"{self._prefix}/models", ModelList)).first
        return self._model

    async def prompt_tokens(self, messages: Sequence[Mapping[str, str]]) -> int:
        """An estimate on the safe side: this kind of server has no agreed way to count."""
        return sum(-(-len(each["content"].encode()) // _BYTES_PER_TOKEN) + _FRAMING_TOKENS for each in messages)

    async def identity(self) -> ModelIdentity:
        """The name alone: this kind of server says no more."""
        return ModelIdentity((await self._call(f"{self._prefix}/models", ModelList)).first)

    async def free_slots(self) -> int | None:
        """Not known: this kind of server does not say."""
        return None

    async def context(self) -> int | None:
        """Not known: this kind of server does not say."""
        return None

    async def stream(
        self,
        messages: Sequence[Mapping[str, str]],
        schema: Mapping[str, Any],
        *,
        max_tokens: int,
        seed: int,
        temperature: float,
    ) -> AsyncGenerator[Delta, None]:
        """The answer as it is written, see `LanguageModel.stream`."""
        started = time.perf_counter()
        model = await self.model_name()
        body = {
            "model": model,
            "messages": list(messages) if self._constrained else _told(messages, schema),
            **({"response_format": _response_format(schema)} if self._constrained else {}),
            "max_tokens": max_tokens,
            "seed": seed,
            "temperature": temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
            **self._sampling,
        }
        answer = _Answer()
        async with aclosing(self._events(f"{self._prefix}/chat/completions", body, _Chunk)) as chunks:
            async for chunk in chunks:
                if chunk.error is not None and not answer.text:
                    raise self._refusal(chunk.error)
                if text := answer.add(chunk):
                    if answer.first_token_ms is None:
                        answer.first_token_ms = (time.perf_counter() - started) * 1000
                    yield Delta(text)
        if answer.finish is None:
            raise self._broken()
        yield Delta("", answer.completion(model))


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    delta: _Message = _Message()
    finish_reason: str | None = None


class _Details(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class _Chunk(BaseModel):
    """One event; the last one has no choice but the usage, and a server may send an error in any place."""

    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


class _Answer(BaseModel):
    """What of an answer has arrived."""

    text: str = ""
    finish: str | None = None
    usage: _Usage = Field(default_factory=_Usage)
    first_token_ms: float | None = None

    def add(self, chunk: _Chunk) -> str:
        """Takes in one event and returns the text that it adds.

        An error after some text is llama.cpp's chat parser giving up; whether the text is an answer shows later.
        """
        if chunk.error is not None:
            self.finish = "refused"
        self.usage = chunk.usage or self.usage
        added = ""
        for choice in chunk.choices[:1]:
            added = choice.delta.content or ""
            self.finish = choice.finish_reason or self.finish
        self.text += added
        return added

    def completion(self, model: str) -> Completion:
        """The end of the answer, in the terms of `app.triage.engine`."""
        details = self.usage.prompt_tokens_details or _Details()
        return Completion(
            text=self.text,
            finish="length" if self.finish == "length" else "refused" if self.finish == "refused" else "stop",
            usage=Usage(
                prompt_tokens=self.usage.prompt_tokens,
                cached_tokens=details.cached_tokens or 0,
                completion_tokens=self.usage.completion_tokens,
            ),
            model=model,
            first_token_ms=self.first_token_ms,
        )


def _told(messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> list[dict[str, str]]:
    """The messages with the schema behind the last one's text."""
    *before, last = ({**each} for each in messages)
    known = json.dumps({key: value for key, value in schema.items() if not key.startswith("x-")}, separators=(",", ":"))
    return [*before, {**last, "content": f"{last['content']}\n\nThe JSON Schema of the answer: {known}"}]


def _response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema as OpenAI wants it, without keywords that are for one engine (`x-…`)."""
    known = {key: value for key, value in schema.items() if not key.startswith("x-")}
    return {"type": "json_schema", "json_schema": {"name": "triage", "strict": True, "schema": known}}
