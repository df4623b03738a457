"""Named model profiles: where a model is served, what it can do, how it samples, and which questions it gets.

They stand in a YAML file (`LLM_PROFILES`); the settings `LLM_URL` and `LLM_MODEL_PATH` are one profile without a file.
The order counts: the first profile that serves a question and is ready answers it.
"""

import os
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import (
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from app.settings import ModelSettings
from retrieval.errors import BadInput
from retrieval.taxonomy import IntentKind

# `constrained`: the server holds an answer to a JSON Schema; without it the schema is told in words.
# `thinking-switch`: its chat template takes `enable_thinking`.
Capability = Literal["constrained", "thinking-switch"]
API_KEY = "LLM_API_KEY"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sampling(_Strict):
    """How the next token is drawn; what is left out is the server's default."""

    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=0)
    min_p: float | None = Field(None, ge=0, le=1)
    repeat_penalty: float | None = Field(None, gt=0, le=2)

    def beside_temperature(self) -> dict[str, float]:
        """What a request carries beside the temperature."""
        return self.model_dump(exclude_none=True, exclude={"temperature"})


class Serves(_Strict):
    """Which questions a profile gets: of these kinds (any where empty), with at most so many tokens of evidence."""

    intents: tuple[IntentKind, ...] = ()
    most_evidence_tokens: int | None = Field(None, ge=1)

    def takes(self, intent: IntentKind, evidence_tokens: int) -> bool:
        """Whether a question of this kind and size is for it."""
        fits = self.most_evidence_tokens is None or evidence_tokens <= self.most_evidence_tokens
        return fits and (not self.intents or intent in self.intents)


class ModelTraits(_Strict):
    """How a model is used, wherever it is served. `model` is a part of the name it should report.

    `context` is the tokens of one request, for a file what it is started with; `slots` the requests at a time (what
    the server says where not given); `waiting` how many more may wait for one.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,40}$")
    model: str | None = None
    quantization: str | None = None
    context: int = Field(4096, ge=1024, le=131_072)
    slots: int | None = Field(None, ge=1, le=64)
    waiting: int = Field(8, ge=0, le=1000)
    sampling: Sampling = Sampling()
    max_tokens: int | None = Field(None, ge=32, le=4096)
    capabilities: tuple[Capability, ...] = ("constrained", "thinking-switch")
    serves: Serves = Serves()


class ModelProfile(ModelTraits):
    """One model: an address or a GGUF file, and how to use it."""

    url: AnyHttpUrl | None = None
    file: Path | None = None
    api: Literal["llama.cpp", "openai"] = "llama.cpp"
    api_key_variable: str | None = Field(None, pattern=r"^[A-Z][A-Z0-9_]*$")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.url is None) == (self.file is None):
            raise ValueError("give either url or file")
        return self

    @property
    def api_key(self) -> SecretStr | None:
        """The key in the environment variable that the profile names; the file itself holds no secret."""
        value = os.environ.get(self.api_key_variable) if self.api_key_variable else None
        return SecretStr(value) if value else None


class _File(_Strict):
    profiles: tuple[ModelProfile, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [profile.name for profile in self.profiles]
        if len(set(names)) < len(names):
            raise ValueError("a name stands twice")
        return self


def read_profiles(path: Path) -> tuple[ModelProfile, ...]:
    """The profiles of a YAML file, in order. BadInput names the file and the field that cannot be used."""
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
        return _File.model_validate(document).profiles
    except OSError as error:
        raise BadInput(f"the model profiles {path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"the model profiles {path} are no YAML") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadInput(f"the model profiles {path}: {place}: {first['msg']}") from error


def profiles_of(settings: ModelSettings) -> tuple[ModelProfile, ...]:
    """The profiles that are configured, in either way; none is an answer too. BadInput where both ways are used."""
    given = [settings.url is not None, settings.model_path is not None, settings.profiles is not None]
    if sum(given) > 1:
        raise BadInput("set only one of LLM_URL, LLM_MODEL_PATH and LLM_PROFILES")
    if settings.profiles is not None:
        return read_profiles(settings.profiles)
    if not any(given):
        return ()
    api: Literal["llama.cpp", "openai"] = "openai" if settings.api == "openai" else "llama.cpp"
    return (
        ModelProfile(
            name="default", url=settings.url, file=settings.model_path, api=api, context=settings.context,
            api_key_variable=API_KEY,
        ),
    )  # fmt: skip
