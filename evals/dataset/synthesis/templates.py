"""The failure templates and streams, read strictly from `evals/dataset/templates/*.yaml` and `streams.yaml`."""

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evals.dataset.synthesis.frames import FRAMES
from retrieval.errors import BadInput
from retrieval.taxonomy import Category, Severity, Status

_LINE = re.compile(
    r"(?P<key>\*?)(?P<stream>[a-z-]+)(?: x(?P<times>\d+))?(?: (?P<head>[^|]+))? \| ?(?P<text>.*)", re.DOTALL
)
_ORDINARY = re.compile(r"(?:(?P<head>[^|]+) )?\| ?(?P<text>.*)", re.DOTALL)

Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LineTemplate(_Strict):
    """One line to print, and how often: whose it is, what its frame needs, its text, whether it is a key line."""

    stream: str
    head: str
    text: str
    times: int = 1
    key: bool = False

    @classmethod
    def parse(cls, written: str) -> Self:
        """Reads `*stream x3 head | text`; `*` marks a key line."""
        match = _LINE.fullmatch(written)
        if match is None:
            raise ValueError(f"a line is 'stream [xN] [level caller] | text', not {written[:60]!r}")
        return cls(
            stream=match["stream"],
            head=match["head"] or "",
            text=match["text"],
            times=int(match["times"] or 1),
            key=match["key"] == "*",
        )


class Stream(_Strict):
    """Who prints: labels, frame, and what it prints on an ordinary day."""

    labels: dict[str, str]
    format: str
    ordinary: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known_format(self) -> Self:
        if self.format not in FRAMES:
            raise ValueError(f"there is no format {self.format!r}")
        return self

    def ordinary_lines(self, name: str) -> list[LineTemplate]:
        """Its ordinary lines."""
        matches = [_ORDINARY.fullmatch(each) for each in self.ordinary]
        return [LineTemplate(stream=name, head=match["head"] or "", text=match["text"]) for match in matches if match]


class Template(_Strict):
    """One failure, its labels, and the ways in which real components put it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    category: Category
    severity: Severity
    component: Text
    status: Status = Status.PROBLEM
    tags: tuple[Text, ...] = ()
    question: Annotated[tuple[Text, ...], Field(min_length=1)]
    root_cause: Text
    summary: Text
    phrasings: Annotated[tuple[tuple[Text, ...], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _lines_read(self) -> Self:
        for phrasing in self.lines:
            unknown = sorted({line.stream for line in phrasing} - set(streams()))
            if unknown:
                raise ValueError(f"there is no stream {unknown[0]!r}")
            if not any(line.key for line in phrasing) and self.status is not Status.INSUFFICIENT_EVIDENCE:
                raise ValueError("each phrasing of a template marks at least one key line with *")
        return self

    @property
    def lines(self) -> list[list[LineTemplate]]:
        """The phrasings, parsed."""
        return [[LineTemplate.parse(line) for line in phrasing] for phrasing in self.phrasings]


@cache
def streams() -> dict[str, Stream]:
    """Every stream by its name."""
    table = _yaml(_folder() / "streams.yaml")
    return {name: Stream.model_validate(value) for name, value in table.items()}


@cache
def templates() -> tuple[Template, ...]:
    """Every template, sorted by id; BadInput, naming file and template, where one is not as it has to be."""
    found: list[Template] = []
    for file in sorted((_folder() / "templates").iterdir(), key=lambda each: each.name):
        found += [_template(file.name, value) for value in _yaml(file)]
    names = [template.id for template in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"two templates are called {twice[0]!r}")
    return tuple(sorted(found, key=lambda template: template.id))


def _template(file: str, value: dict[str, Any]) -> Template:
    try:
        return Template.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{file}, template {value.get('id')!r}: {place}: {first['msg']}") from error


def _folder() -> Traversable:
    return files("evals.dataset")


def _yaml(file: Traversable) -> Any:  # noqa: ANN401  # what stands in the file, checked by the caller
    return yaml.safe_load(file.read_text(encoding="utf-8"))
