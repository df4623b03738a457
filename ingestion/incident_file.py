"""The file of incidents: JSONL of answers (`ask --json`) and of cases, each line read strictly.

An answer counts as confirmed by whoever ingests it. It may carry a `review`, strict like a case: `{"verdict":
"confirmed" | "corrected", "root_cause": str | null, "note": str | null, "by": str | null, "at": T | null}`; the root
cause of a correction takes the place of the answer's. Fields may be added to answers, so unknown ones of the answer
itself are passed over.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingestion.report import Failure
from retrieval.errors import BadInput
from retrieval.taxonomy import Category, EvidenceKind, Severity, Status

MOST_BYTES = 50_000_000
MOST_LINES = 12  # log lines kept of an incident
Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Incident:
    """One past problem as a person left it; not redacted yet."""

    id: str
    status: Status
    severity: Severity
    category: Category
    component: str
    root_cause: str
    summary: str
    when: str
    namespaces: tuple[str, ...]
    lines: tuple[str, ...]
    steps: tuple[str, ...]
    note: str
    corrected: bool


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Review(_Strict):
    """What a person said of an answer."""

    verdict: Literal["confirmed", "corrected"]
    root_cause: Text | None = None
    note: Text | None = None
    by: Text | None = None
    at: Text | None = None

    @model_validator(mode="after")
    def _a_correction_corrects(self) -> Self:
        if self.verdict == "corrected" and not (self.root_cause or self.note):
            raise ValueError("a correction names the root_cause or has a note")
        return self


class _Window(_Part):
    start: Text
    end: Text


class _Evidence(_Part):
    id: Text
    kind: EvidenceKind
    text: str
    labels: dict[str, str]


class _Action(_Part):
    title: Text
    command: str | None


class _Triage(_Part):
    status: Status
    summary: str
    root_cause: str
    category: Category
    component: str
    severity: Severity
    evidence: tuple[str, ...]
    actions: tuple[_Action, ...]


class _Answer(_Part):
    contract: Literal[1]
    question: Text
    window: _Window
    evidence: tuple[_Evidence, ...]
    triage: _Triage
    trace_id: str
    review: Review | None = None

    @model_validator(mode="after")
    def _what_is_cited_exists(self) -> Self:
        missing = {*self.triage.evidence} - {item.id for item in self.evidence}
        if missing:
            raise ValueError(f"triage.evidence: {min(missing)} is not among the evidence")
        return self

    def incident(self) -> Incident:
        triage, review = self.triage, self.review
        cited = [item for item in self.evidence if item.id in triage.evidence]
        logs = [item for item in cited if item.kind in (EvidenceKind.LOG, EvidenceKind.PATTERN, EvidenceKind.EVENT)]
        return Incident(
            id=(self.trace_id.strip("0") and self.trace_id) or _digest(self.model_dump_json()),
            status=triage.status,
            severity=triage.severity,
            category=triage.category,
            component=triage.component,
            root_cause=(review and review.root_cause) or triage.root_cause,
            summary=triage.summary,
            when=self.window.end,
            namespaces=tuple(sorted({item.labels["namespace"] for item in cited if item.labels.get("namespace")})),
            lines=tuple(item.text for item in logs[:MOST_LINES]),
            steps=tuple(f"{each.title}: `{each.command}`" if each.command else each.title for each in triage.actions),
            note=(review and review.note) or "",
            corrected=review is not None and review.verdict == "corrected",
        )


class _CaseLine(_Strict):
    ts: str | None
    labels: dict[Literal["namespace", "pod", "container", "node", "app"], str]
    line: str


class _Expected(_Strict):
    status: Status
    severity: Severity
    component: Text
    category: Category
    root_cause: Text
    summary: Text | None
    key_lines: tuple[Annotated[int, Field(ge=0)], ...]
    runbooks: tuple[Text, ...]


class _Case(_Strict):
    id: Text
    origin: Literal["captured", "synthetic", "reported"]
    source: Text
    question: Text
    tags: tuple[Text, ...]
    logs: tuple[_CaseLine, ...]
    expected: _Expected

    @model_validator(mode="after")
    def _key_lines_exist(self) -> Self:
        if beyond := [each for each in self.expected.key_lines if each >= len(self.logs)]:
            raise ValueError(f"expected.key_lines: {beyond[0]} is out of range, the case has {len(self.logs)} lines")
        return self

    def incident(self) -> Incident:
        expected = self.expected
        key = [self.logs[position] for position in expected.key_lines]
        return Incident(
            id=self.id,
            status=expected.status,
            severity=expected.severity,
            category=expected.category,
            component=expected.component,
            root_cause=expected.root_cause,
            summary=expected.summary or "",
            when=max((line.ts for line in self.logs if line.ts), default=""),
            namespaces=tuple(sorted({line.labels["namespace"] for line in key if line.labels.get("namespace")})),
            lines=tuple(line.line for line in key[:MOST_LINES]),
            steps=(),
            note="",
            corrected=False,
        )


def read_incidents(path: Path) -> tuple[list[Incident], list[Failure]]:
    """The incidents of a file in its order, and the lines that cannot be taken; BadInput where it is no such file."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path} has more than {MOST_BYTES:,} bytes: split it")
        raw = path.read_bytes().split(b"\n")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error
    incidents: list[Incident] = []
    failures: list[Failure] = []
    seen: dict[str, int] = {}
    for number, text in enumerate(raw, start=1):
        if not text.strip():
            continue
        try:
            incident = _parsed(text)
            if incident.id in seen:
                raise BadInput(f"it has the id {incident.id}, which line {seen[incident.id]} has already")
        except BadInput as error:
            failures.append(Failure(f"{path.name}, line {number}", str(error)))
            continue
        seen[incident.id] = number
        incidents.append(incident)
    if not incidents and not failures:
        raise BadInput(f"{path} holds no incident; it has one JSON object a line")
    return incidents, failures


def _parsed(text: bytes) -> Incident:
    try:
        loaded = json.loads(text)
    except ValueError as error:
        raise BadInput("it is no JSON object in UTF-8") from error
    if not isinstance(loaded, dict):
        raise BadInput("it is no JSON object")
    kind: type[_Answer] | type[_Case] = _Case if "expected" in loaded else _Answer
    try:
        return kind.model_validate(loaded).incident()
    except ValidationError as error:
        raise BadInput(_first(error.errors(include_url=False, include_input=False))) from error


def _first(errors: Sequence[object]) -> str:
    first, more = errors[0], len(errors) - 1
    assert isinstance(first, dict)  # noqa: S101  pydantic's own
    place = ".".join(str(part) for part in first["loc"])
    return f"{place + ': ' if place else ''}{first['msg'].removeprefix('Value error, ')}" + (
        f" (and {more} more)" if more else ""
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
