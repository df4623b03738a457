"""What came of a case: a line of `predictions.jsonl`, and that line beside what was expected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from evals.dataset.cases import Case, Expected
from retrieval.taxonomy import Category, EvidenceKind, Severity, Status


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Citation(_Model):
    """One cited evidence id; `lines` are its positions in the case's logs, empty where it is of a runbook."""

    id: str
    kind: EvidenceKind
    lines: tuple[int, ...]
    valid: bool


class Prediction(_Model):
    """The verdict on a case; `key_lines` are all positions that its citations name, most important first."""

    status: Status
    severity: Severity
    component: str
    category: Category
    root_cause: str
    summary: str
    key_lines: tuple[int, ...]
    confidence: float = Field(ge=0, le=1)
    citations: tuple[Citation, ...]


class Record(_Model):
    """A case's outcome: a prediction, or the error that prevented one. `usage` counts a model's tokens.

    `fell_back`: whether a model was asked and the extractive verdict stands; None where none was asked.
    `repeats` are further predictions of the same case, where the experiment asks for them; None for one that failed.
    """

    id: str
    prediction: Prediction | None
    latency_ms: float
    usage: Mapping[str, int] | None
    error: str | None
    repeats: tuple[Prediction | None, ...] = ()
    fell_back: bool | None = None

    @property
    def flaky(self) -> bool:
        """Whether its repeats come to another verdict: status, category or severity."""
        verdicts = {
            (one.status, one.category, one.severity) if one else None for one in (self.prediction, *self.repeats)
        }
        return len(verdicts) > 1


@dataclass(frozen=True, slots=True)
class Scored:
    """A case and its outcome."""

    case: Case
    record: Record

    @property
    def expected(self) -> Expected:
        """What a senior engineer would answer."""
        return self.case.expected

    @property
    def prediction(self) -> Prediction | None:
        """What was answered; None after an error."""
        return self.record.prediction

    @property
    def correct(self) -> bool:
        """Whether both status and category are the expected ones."""
        return self.says(lambda p, e: p.status is e.status and p.category is e.category)

    def says(self, holds: Callable[[Prediction, Expected], bool]) -> bool:
        """Whether there is a prediction and it `holds` against what was expected."""
        return self.prediction is not None and holds(self.prediction, self.expected)
