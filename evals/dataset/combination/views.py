"""Parts of captures that are cases of their own, kept as data in `views.yaml`."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from evals.dataset.cases import Case, Expected
from retrieval.errors import BadInput
from retrieval.taxonomy import Category, Severity, Status

Text = Annotated[str, Field(min_length=1)]


class View(BaseModel):
    """A part of a capture with a question and an answer of its own; nothing is wrong in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    of: Text
    from_: Annotated[str | None, Field(alias="from")] = None
    until: str | None = None
    question: Text
    status: Status = Status.HEALTHY
    component: Text
    root_cause: Text
    summary: Text
    key_lines: tuple[Text, ...] = ()
    tags: tuple[Text, ...] = ()

    def case(self, capture: Case) -> Case:
        """The case of this part; BadInput where a boundary or a key line is not in the capture."""
        first = 0 if self.from_ is None else self._position(capture, self.from_)
        last = len(capture.logs) if self.until is None else self._position(capture, self.until)
        logs = capture.logs[first:last]
        keys = [nth for nth, line in enumerate(logs) if any(re.search(each, line.line) for each in self.key_lines)]
        if bool(keys) != bool(self.key_lines) or not logs:
            raise BadInput(f"view {self.id!r}: none of its lines matches its key_lines")
        return Case(
            id=self.id,
            origin=capture.origin,
            source=f"{capture.source}; part of {capture.id}",
            question=self.question,
            tags=(capture.tags[0], *self.tags),
            logs=logs,
            expected=Expected(
                status=self.status,
                severity=Severity.INFO,
                component=self.component,
                category=Category.BENIGN_NOISE,
                root_cause=self.root_cause,
                summary=self.summary,
                key_lines=tuple(keys),
                runbooks=(),
            ),
        )

    def _position(self, capture: Case, pattern: str) -> int:
        for position, line in enumerate(capture.logs):
            if re.search(pattern, line.line):
                return position
        raise BadInput(f"view {self.id!r}: no line of {capture.id} matches {pattern!r}")


def views(captures: Mapping[str, Case]) -> Iterator[Case]:
    """The cases of all views of these captures (by id); views of captures that are not there are passed over."""
    table = yaml.safe_load((files("evals.dataset") / "views.yaml").read_text(encoding="utf-8"))
    for view in (View.model_validate(value) for value in table):
        if view.of in captures:
            yield view.case(captures[view.of])
