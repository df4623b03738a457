"""The registry: prompt files with strict front matter, which one is live for which intent, and their hashes."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import frontmatter
import yaml
from jinja2 import Environment, StrictUndefined, UndefinedError, meta
from jinja2.exceptions import TemplateSyntaxError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompts.active_versions import ActiveVersions

_ROLES = ("system", "user")


class PromptError(ValueError):
    """A prompt file that cannot be used, or a rendering that lacks a variable; the sentence names it."""


class ModelHints(BaseModel):
    """What a prompt was written for; the settings win where they say otherwise.

    `temperature` as samplers have it, `max_tokens` for the longest answer, `smallest` the parameters (in thousand
    millions) from which a model follows it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=32)
    smallest: float | None = Field(None, gt=0)


class FrontMatter(BaseModel):
    """What stands above a prompt; an unknown or missing key is an error. Versions are numbers with dots: 2, 2.1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: str = Field(pattern=r"^\d+(\.\d+)*$")
    intents: tuple[str, ...] = Field(min_length=1)
    variables: tuple[str, ...]
    model_hints: ModelHints = ModelHints()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt ready to be sent: messages with role and content, and the SHA-256 of exactly these."""

    messages: tuple[dict[str, str], ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One version of one prompt. `sha256` is of the file; the system part is static, so that its tokens stay cached."""

    id: str
    version: str
    intents: tuple[str, ...]
    variables: tuple[str, ...]
    system: str
    user: str
    sha256: str
    hints: ModelHints
    text: str
    bundled: bool

    @classmethod
    def parse(cls, text: str, name: str, *, bundled: bool = True) -> "Prompt":
        """The prompt in a file's text; `name` is for error messages. PromptError where it breaks a rule."""
        try:
            document = frontmatter.loads(text)
            head = FrontMatter.model_validate(document.metadata)
        except yaml.YAMLError as error:
            raise PromptError(f"{name}: the front matter is no YAML") from error
        except ValidationError as error:
            place = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise PromptError(f"{name}: {place}: {error.errors()[0]['msg']}") from error
        system, user = _parts(document.content, name)
        if _used(system, name):
            raise PromptError(f"{name}: the system part must be static, it uses {min(_used(system, name))}")
        if (used := _used(user, name)) != set(head.variables):
            raise PromptError(f"{name}: declares the variables {sorted(head.variables)} and uses {sorted(used)}")
        digest = hashlib.sha256(text.encode()).hexdigest()
        return cls(
            head.id, head.version, head.intents, head.variables, system, user, digest, head.model_hints, text, bundled
        )

    @property
    def order(self) -> list[int]:
        """The version as numbers, to compare by."""
        return [int(part) for part in self.version.split(".")]

    def pick(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Of everything that the program offers, what this version declares; PromptError where it is not offered."""
        if missing := set(self.variables) - set(variables):
            raise PromptError(f"prompt {self.id} {self.version} asks for {min(missing)}, which the program has not")
        return {name: variables[name] for name in self.variables}

    def render(self, variables: Mapping[str, str]) -> Rendered:
        """The messages with these variables; PromptError where one is missing or not declared."""
        if unknown := set(variables) - set(self.variables):
            raise PromptError(f"prompt {self.id} {self.version} has no variable {min(unknown)}")
        try:
            user = _environment().from_string(self.user).render(variables)
        except UndefinedError as error:
            raise PromptError(f"prompt {self.id} {self.version}: {error}") from error
        messages = ({"role": "system", "content": self.system}, {"role": "user", "content": user})
        joined = "\x00".join(f"{message['role']}\x00{message['content']}" for message in messages)
        return Rendered(messages, hashlib.sha256(joined.encode()).hexdigest())


class PromptRegistry:
    """The prompts of the library and of a person's own folder.

    Of each id one version is active: the one that was switched to, else the newest that comes with the program. A
    version of a person's own becomes active by switching to it, never by being there.
    """

    def __init__(self, prompts: Iterable[Prompt], active: ActiveVersions | None = None) -> None:
        self._active = active
        self._prompts: dict[tuple[str, str], Prompt] = {}
        for prompt in prompts:
            if (prompt.id, prompt.version) in self._prompts:
                raise PromptError(
                    f"prompt {prompt.id} has the version {prompt.version} twice; "
                    f"give yours another, such as {prompt.version}.1"
                )
            self._prompts[prompt.id, prompt.version] = prompt

    @classmethod
    def bundled(cls) -> "PromptRegistry":
        """The library that comes with the program, each prompt in its newest version."""
        return cls(_bundled())

    @classmethod
    def at(cls, home: Path) -> "PromptRegistry":
        """The library, with the prompts in `home/prompts/*.md` and the choices in `home/active-prompts.json`."""
        own = sorted((home / "prompts").glob("*.md"))
        added = (Prompt.parse(path.read_text("utf-8"), str(path), bundled=False) for path in own)
        return cls((*_bundled(), *added), ActiveVersions(home / "active-prompts.json"))

    def all(self) -> list[Prompt]:
        """Every version of every prompt, by id and version."""
        return sorted(self._prompts.values(), key=lambda prompt: (prompt.id, prompt.order))

    def find(self, id_: str, version: str | None = None) -> Prompt:
        """One prompt, in its active version where none is given; PromptError names what there is instead."""
        versions = [prompt for prompt in self.all() if prompt.id == id_]
        if not versions:
            raise PromptError(f"no prompt is called {id_}; there are {', '.join(sorted(self.active()))}")
        if version is None:
            return self.active()[id_]
        if (id_, version) not in self._prompts:
            there = ", ".join(prompt.version for prompt in versions)
            raise PromptError(f"prompt {id_} has no version {version}; there are {there}")
        return self._prompts[id_, version]

    def active(self) -> dict[str, Prompt]:
        """The active version of each prompt. ActiveVersionsDamaged where the choices cannot be read."""
        chosen = self._active.read() if self._active is not None else {}
        newest: dict[str, Prompt] = {}
        for prompt in self.all():
            if prompt.bundled or prompt.id not in newest:
                newest[prompt.id] = prompt
        return {id_: self._prompts.get((id_, chosen.get(id_, "")), prompt) for id_, prompt in newest.items()}

    def live(self, intent: str) -> Prompt:
        """The active prompt that serves an intent, the most particular where several do; KeyError where none does."""
        serving = [prompt for prompt in self.active().values() if intent in prompt.intents]
        if not serving:
            raise KeyError(f"no prompt serves the intent {intent}")
        return min(serving, key=lambda prompt: (len(prompt.intents), prompt.id))

    def use(self, id_: str, version: str) -> Prompt:
        """Switch to a version; PromptError where it does not exist."""
        prompt = self.find(id_, version)
        self._choices().use(id_, version)
        return prompt

    def back(self, id_: str) -> Prompt:
        """Undo the last switch; the version that is active now."""
        self.find(id_)
        self._choices().back(id_)
        return self.active()[id_]

    def _choices(self) -> ActiveVersions:
        if self._active is None:
            raise PromptError("there is no folder to keep the choice in")
        return self._active


def _bundled() -> Iterator[Prompt]:
    folder = files("prompts").joinpath("library")
    for entry in sorted((entry for entry in folder.iterdir() if entry.name.endswith(".md")), key=lambda e: e.name):
        yield Prompt.parse(entry.read_text("utf-8"), entry.name)


def _parts(content: str, name: str) -> tuple[str, str]:
    head, *rest = content.split("## user\n")
    if len(rest) != 1 or not head.startswith("## system\n"):
        raise PromptError(f"{name}: must have one part '## system' and then one part '## user'")
    return head.removeprefix("## system\n").strip(), rest[0].strip()


def _used(template: str, name: str) -> set[str]:
    try:
        return set(meta.find_undeclared_variables(_environment().parse(template)))
    except TemplateSyntaxError as error:
        raise PromptError(f"{name}: line {error.lineno}: {error.message}") from error


def _environment() -> Environment:
    # Prompts are plain text for a model, not HTML: escaping would change the log lines in them.
    return Environment(undefined=StrictUndefined, keep_trailing_newline=False, autoescape=False)  # noqa: S701
