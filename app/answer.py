"""The answer to one question, as the contract has it (`ask --json`, contract 1), and the events on the way to it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from app.answer_sections import (
    ChangeRow,
    Coaching,
    ComparedWindow,
    Coverage,
    EventRow,
    Lookup,
    Overview,
    Ranking,
    Section,
    Volume,
)
from app.follow_up import Earlier
from retrieval.log_lines import LogTable
from retrieval.taxonomy import Category, EvidenceKind, IntentKind, Severity, Status, WindowSource

CONTRACT = 1
# How a warning ends that says why no model worded the answer, though one was asked.
WITHOUT_MODEL = "This answer was put together without a model."
StepName = Literal[
    "intent", "logs", "redact", "patterns", "retrieval", "evidence", "card", "prompt", "generate", "verify"
]
STEPS: tuple[StepName, ...] = (
    "intent", "logs", "redact", "patterns", "retrieval", "evidence", "card", "prompt", "generate", "verify",
)  # fmt: skip


class Window(Section):
    """The window looked at, `[start, end)` in ISO 8601 UTC, and who chose it."""

    start: str
    end: str
    source: WindowSource


class Selectors(Section):
    """The label values that every line had to have, several that will do as "llm, shop"; None where any would do."""

    namespace: str | None = None
    pod: str | None = None
    container: str | None = None
    node: str | None = None
    app: str | None = None


class EvidenceItem(Section):
    """One citable item; see `retrieval.evidence.Evidence`."""

    id: str
    kind: EvidenceKind
    text: str
    timestamp: str | None
    labels: dict[str, str]
    source: str
    lines: list[int] | None
    score: float | None
    link: str | None


class Problem(Section):
    """One ranked problem of the evidence card; computed, never written by a model."""

    rank: int = Field(ge=1)
    title: str
    severity: Severity
    component: str
    category: Category
    count: int = Field(ge=1)
    first_seen: str
    last_seen: str
    evidence: list[str] = Field(min_length=1)


class Action(Section):
    """One thing to do. The command comes from a runbook or the read-only set, never from a log line."""

    title: str
    command: str | None
    explanation: str
    exam_domain: str | None
    evidence: list[str]


class Triage(Section):
    """The verdict, with the ids of the evidence it rests on."""

    status: Status
    summary: str
    root_cause: str
    category: Category
    component: str
    severity: Severity
    confidence: float = Field(ge=0, le=1)
    evidence: list[str]
    actions: list[Action]


class PromptUse(Section):
    """Which prompt was used: registry id and version, hash of its file, hash of what was sent."""

    id: str
    version: str
    sha256: str
    rendered_sha256: str


class Usage(Section):
    """Tokens as the server counted them."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int


class Timings(Section):
    """Milliseconds by step; None where the step did not run."""

    intent: float = 0.0
    logs: float = 0.0
    redact: float = 0.0
    patterns: float = 0.0
    retrieval: float = 0.0
    evidence: float = 0.0
    card: float = 0.0
    prompt: float = 0.0
    first_token: float | None = None
    generate: float | None = None
    verify: float = 0.0
    total: float = 0.0


class PatternRow(Section):
    """One pattern of the window, for the table: counts by time bucket in `spark`."""

    id: str | None
    template: str
    severity: Severity
    count: int
    first_seen: str | None
    last_seen: str | None
    labels: dict[str, str]
    spark: list[int]
    samples: list[str]


class Answer(Section):
    """Everything that one question came to. Every id in `triage` and `problems` exists in `evidence`."""

    contract: int = CONTRACT
    question: str
    intent: IntentKind
    window: Window
    selectors: Selectors
    query: str | None
    link: str | None = None
    coverage: Coverage
    evidence: list[EvidenceItem]
    problems: list[Problem]
    patterns: list[PatternRow] = Field(default_factory=list)
    volume: Volume | None = None
    before: ComparedWindow | None = None
    after: ComparedWindow | None = None
    changes: list[ChangeRow] = Field(default_factory=list)
    events: list[EventRow] = Field(default_factory=list)
    ranking: Ranking | None = None
    overview: Overview | None = None
    lookup: Lookup | None = None
    coaching: Coaching | None = None
    triage: Triage
    engine: Literal["llama.cpp", "extractive"]
    model: str | None
    prompt: PromptUse | None
    usage: Usage | None
    timings_ms: Timings
    warnings: list[str]
    trace_id: str


# --- events, in the order in which `app.pipeline.run` yields them -------------------------------------------------


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step began."""

    name: StepName


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step ended: what it did, in one line fit for the screen, and how long it took in milliseconds."""

    name: StepName
    summary: str
    duration_ms: float
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CardReady:
    """The answer so far, whose triage is the extractive one: shown at once.

    `lines` is the redacted window, for the neighbours of a cited line; `final` says that no model will be asked;
    `earlier` is what a question that goes on from this one keeps.
    """

    answer: Answer
    lines: LogTable
    final: bool
    earlier: Earlier | None = None


@dataclass(frozen=True, slots=True)
class ModelQueued:
    """The model answers others first: so many questions here are ahead, or (None) those of other programs."""

    ahead: int | None


@dataclass(frozen=True, slots=True)
class TriageProgress:
    """The model's triage so far, as far as its JSON has arrived: any of the keys of `Triage`, values may be cut."""

    partial: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """The end: the whole answer."""

    answer: Answer


Event = StepStarted | StepFinished | CardReady | ModelQueued | TriageProgress | Answered
