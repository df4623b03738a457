"""A candidate for a case: lines of a live system and what could be told of them; a person decides what they mean."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.dataset.cases import Case, CaseLine, Expected, Origin
from retrieval.errors import BadInput
from retrieval.taxonomy import Category, Severity, Status

Text = Annotated[str, Field(min_length=1)]


class Candidate(BaseModel):
    """The line that was found (`logs[found]`) among its neighbours, and the guesses about it; secrets are redacted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    filter: Text
    query: Text
    severity: Severity
    category: Category
    component: Text
    signature: Text
    count: Annotated[int, Field(ge=1)]
    question: Text
    found: Annotated[int, Field(ge=0)]
    logs: tuple[CaseLine, ...]

    def draft(self) -> Case:
        """The case that it may become, with the guesses for labels."""
        calm = self.severity is Severity.INFO
        return Case(
            id=self.id,
            origin=Origin.REPORTED,
            source=f"Loki: {self.query}",
            question=self.question,
            tags=(self.component, "extracted"),
            logs=self.logs,
            expected=Expected(
                status=Status.HEALTHY if calm else Status.PROBLEM,
                severity=self.severity,
                component=self.component,
                category=Category.BENIGN_NOISE if calm else self.category,
                root_cause="Not told yet: a person has to say it.",
                summary=None,
                key_lines=(self.found,),
                runbooks=(),
            ),
        )


def is_candidates(path: Path) -> bool:
    """Whether a file holds candidates and not cases, by the fields of its first line."""
    try:
        with path.open("rb") as file:
            first = json.loads(file.readline())
    except (OSError, ValueError):
        return False  # whatever it is, reading it as cases says what is wrong with it
    return isinstance(first, dict) and "signature" in first


def write_candidates(path: Path, candidates: Iterable[Candidate]) -> None:
    """Writes them as JSONL, making the folder where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(each.model_dump_json() + "\n" for each in candidates), encoding="utf-8", newline="\n")


def read_candidates(path: Path) -> list[Candidate]:
    """The candidates of a JSONL file; BadInput, naming file, line and field, where one is not as it has to be."""
    try:
        raw = path.read_bytes().split(b"\n")
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    found = []
    for number, text in enumerate(raw, start=1):
        if text.strip():
            try:
                found.append(Candidate.model_validate_json(text))
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                place = ".".join(str(part) for part in first["loc"])
                raise BadInput(f"{path}, line {number}: {place + ': ' if place else ''}{first['msg']}") from error
    return found
