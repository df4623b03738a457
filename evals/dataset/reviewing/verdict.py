"""What a person said about one case, kept in a file of its own; the dataset itself is never changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.dataset.cases import Case, IsoTime
from retrieval.errors import BadInput
from retrieval.taxonomy import Category, Severity, Status

Text = Annotated[str, Field(min_length=1)]
Decision = Literal["accept", "correct", "reject"]


class Verdict(BaseModel):
    """A person's labels, given before the case's own were shown, and what they decided after."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    case_sha256: Text
    reviewer: Text
    at: IsoTime
    status: Status
    severity: Severity
    category: Category
    component: Text
    key_lines: tuple[Annotated[int, Field(ge=0)], ...]
    decision: Decision
    root_cause: Text | None = None  # of a candidate, which has none yet
    note: str

    def differs(self, case: Case) -> list[str]:
        """The labels in which it differs from the case's."""
        names = ("status", "severity", "category", "component")
        return [name for name in names if getattr(self, name) != getattr(case.expected, name)]


def labelled(case: Case, verdict: Verdict) -> Case:
    """The case with a person's labels in the place of its guesses."""
    expected = case.expected.model_copy(
        update={
            "status": verdict.status,
            "severity": verdict.severity,
            "category": verdict.category,
            "component": verdict.component,
            "key_lines": verdict.key_lines,
            "root_cause": verdict.root_cause or case.expected.root_cause,
        }
    )
    return case.model_copy(update={"expected": expected})


def append(path: Path, verdict: Verdict) -> None:
    """Adds one verdict to the file at once, so that none is lost when the review is stopped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(verdict.model_dump_json() + "\n")


def read_verdicts(path: Path) -> list[Verdict]:
    """The verdicts of a file, none where there is no file yet; BadInput, naming the line, for anything else in it."""
    if not path.exists():
        return []
    try:
        raw = path.read_bytes().split(b"\n")
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    return [_parse(text, f"{path}, line {number}") for number, text in enumerate(raw, start=1) if text.strip()]


def _parse(text: bytes, place: str) -> Verdict:
    try:
        return Verdict.model_validate_json(text)
    except ValidationError as error:
        raise BadInput(f"{place}: {error.errors(include_url=False)[0]['msg']}") from error


def agreement(pairs: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """The share of pairs that agree, and Cohen's kappa (1 perfect, 0 as by chance); (0, 0) where there are none."""
    if not pairs:
        return 0.0, 0.0
    observed = sum(one == other for one, other in pairs) / len(pairs)
    names = {name for pair in pairs for name in pair}
    chance = sum(
        sum(one == name for one, _ in pairs) * sum(other == name for _, other in pairs) for name in names
    ) / len(pairs) ** 2  # fmt: skip
    return observed, 1.0 if chance == 1 else (observed - chance) / (1 - chance)
