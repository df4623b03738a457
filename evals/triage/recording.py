"""A model's answers recorded and replayed byte for byte, so that the model's path is measured where no model runs.

A recording is JSONL: one request a line, by the digest of everything that it asked. A request that was not recorded is
refused with a sentence: a changed prompt must not pass as the recorded one.
"""

import hashlib
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.answer import Usage
from app.model_profiles import ModelProfile
from app.triage.engine import Completion, Delta, Message
from app.triage.model_identity import ModelIdentity
from app.triage.model_pool import ModelPool, ServedModel, ServerModel
from app.triage.model_server import Health
from app.triage.waiting_line import WaitingLine
from retrieval.errors import BadInput, ModelDown


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordedEnd(_Strict):
    """The completion of a recorded answer; see `Completion`."""

    text: str
    finish: str
    usage: Usage
    model: str | None
    first_token_ms: float | None


class RecordedAnswer(_Strict):
    """One line of a recording: the pieces as they came; `error` where the model gave none."""

    request: str
    pieces: tuple[str, ...]
    end: RecordedEnd | None
    error: str | None


class RecordedFacts(_Strict):
    """The first line of a recording: what the server said of itself; token counts by the digest of what was counted."""

    model: str
    context: int | None


def digest(messages: Sequence[Message], schema: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """The SHA-256 of everything that decides an answer."""
    told = json.dumps([list(map(dict, messages)), schema, dict(options)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


class RecordingModel:
    """`model`, and every answer of it appended to a file."""

    def __init__(self, model: ServerModel, path: Path) -> None:
        self._model = model
        self._path = path
        self._begun = False

    async def model_name(self) -> str:
        """See `LanguageModel`."""
        return await self._model.model_name()

    async def prompt_tokens(self, messages: Sequence[Message]) -> int:
        """See `LanguageModel`; kept, since how much evidence fits depends on it."""
        tokens = await self._model.prompt_tokens(messages)
        await self._append({"counted": digest(messages, {}, {}), "tokens": tokens})
        return tokens

    async def context(self) -> int | None:
        """See `LanguageModel`."""
        return await self._model.context()

    async def health(self) -> Health:
        """See `ServerModel`."""
        return await self._model.health()

    async def identity(self) -> ModelIdentity:
        """See `ServerModel`."""
        return await self._model.identity()

    async def free_slots(self) -> int | None:
        """See `ServerModel`."""
        return await self._model.free_slots()

    async def stream(
        self, messages: Sequence[Message], schema: Mapping[str, Any], *, max_tokens: int, seed: int, temperature: float
    ) -> AsyncGenerator[Delta, None]:
        """See `LanguageModel`."""
        options = {"max_tokens": max_tokens, "seed": seed, "temperature": temperature}
        request, pieces = digest(messages, schema, options), []
        answer = self._model.stream(messages, schema, max_tokens=max_tokens, seed=seed, temperature=temperature)
        try:
            async with aclosing(answer):
                async for delta in answer:
                    pieces.append(delta.text)
                    if (end := delta.completion) is not None:
                        kept = RecordedEnd(
                            text=end.text, finish=end.finish, usage=end.usage, model=end.model,
                            first_token_ms=end.first_token_ms,
                        )  # fmt: skip
                        line = RecordedAnswer(request=request, pieces=tuple(pieces), end=kept, error=None)
                        await self._append(line.model_dump(mode="json"))
                    yield delta
        except ModelDown as error:
            line = RecordedAnswer(request=request, pieces=tuple(pieces), end=None, error=str(error))
            await self._append(line.model_dump(mode="json"))
            raise

    async def _append(self, line: Mapping[str, Any]) -> None:
        if not self._begun:
            self._begun = True
            facts = RecordedFacts(model=await self.model_name(), context=await self.context())
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._write(facts.model_dump(mode="json"), "w")
        self._write(line, "a")

    def _write(self, line: Mapping[str, Any], mode: str) -> None:
        with self._path.open(mode, encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


class ReplayedModel:
    """The model of a recording; it answers what was asked then, in the same pieces, and nothing else."""

    def __init__(self, path: Path) -> None:
        """Raises BadInput where the file is no recording."""
        self._path = path
        self._answers: dict[str, RecordedAnswer] = {}
        self._tokens: dict[str, int] = {}
        try:
            first, *lines = [line for line in path.read_text("utf-8").split("\n") if line]
            self._facts = RecordedFacts.model_validate_json(first)
            for line in lines:
                self._take(json.loads(line))
        except OSError as error:
            raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
        except (ValueError, ValidationError, KeyError, TypeError) as error:
            raise BadInput(f"{path}: this is no recording of a model's answers") from error

    def _take(self, line: Mapping[str, Any]) -> None:
        if "counted" in line:
            self._tokens[str(line["counted"])] = int(line["tokens"])
            return
        answer = RecordedAnswer.model_validate(line)
        self._answers[answer.request] = answer

    async def model_name(self) -> str:
        """See `LanguageModel`."""
        return self._facts.model

    async def prompt_tokens(self, messages: Sequence[Message]) -> int:
        """See `LanguageModel`; ModelDown where these messages were not counted in the recording."""
        try:
            return self._tokens[digest(messages, {}, {})]
        except KeyError as error:
            raise self._unknown() from error

    async def context(self) -> int | None:
        """See `LanguageModel`."""
        return self._facts.context

    async def health(self) -> Health:
        """See `ServerModel`."""
        return "ready"

    async def identity(self) -> ModelIdentity:
        """See `ServerModel`."""
        return ModelIdentity(self._facts.model)

    async def free_slots(self) -> int | None:
        """See `ServerModel`."""
        return None

    async def stream(
        self, messages: Sequence[Message], schema: Mapping[str, Any], *, max_tokens: int, seed: int, temperature: float
    ) -> AsyncGenerator[Delta, None]:
        """See `LanguageModel`; ModelDown where this request is not in the recording."""
        options = {"max_tokens": max_tokens, "seed": seed, "temperature": temperature}
        answer = self._answers.get(digest(messages, schema, options))
        if answer is None:
            raise self._unknown()
        for number, piece in enumerate(answer.pieces, start=1):
            last = number == len(answer.pieces) and answer.end is not None
            yield Delta(piece, Completion(**dict(answer.end)) if last and answer.end else None)
        if answer.error is not None:
            raise ModelDown(answer.error)

    def _unknown(self) -> ModelDown:
        return ModelDown(
            f"The recording {self._path} does not hold this request: prompt, evidence or sampling changed since."
        )


def recorded_pool(models: ModelPool, path: Path) -> ModelPool:
    """The one model of a pool, recorded; BadInput where it holds several, whose answers one file cannot tell apart."""
    if len(models.served) > 1:
        raise BadInput("only one model can be recorded; set LLM_URL instead of LLM_PROFILES")
    served = models.served[0]
    return ModelPool([ServedModel(served.profile, RecordingModel(served.model, path), served.address, served.line)])


def replayed_pool(path: Path) -> ModelPool:
    """A pool of the recorded model alone; BadInput where the file is no recording."""
    profile = ModelProfile.model_validate({"name": "replay", "file": path})
    return ModelPool([ServedModel(profile, ReplayedModel(path), "", WaitingLine(1, 1000))])
