"""One question under way: the parts it is answered with, and what its steps hand on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Generic, TypeVar

from app.answer_sections import Lookup, Ranking
from app.change_events import ChangeEvent
from app.comparison import Comparison
from app.follow_up import Earlier
from app.intent import Intent
from app.knowledge_query import Knowledge
from app.question import ModelUse, Question
from app.steps.running import Steps
from app.telemetry.setup import Telemetry
from app.telemetry.spans import TracedSpan
from app.triage.findings import Finding, ProblemGroup
from app.triage.model_pool import ModelPool
from prompts.registry import PromptRegistry
from retrieval.log_lines import LogTable
from retrieval.logs.source import LogRead, LogSource
from retrieval.patterns.window_patterns import WindowPatterns
from retrieval.selectors import Selectors
from retrieval.taxonomy import IntentKind
from retrieval.time_window import TimeWindow

T = TypeVar("T")


@dataclass(frozen=True)
class Parts:
    """What a pipeline works with; made and closed by `app.bootstrap`. `models` is None where none is configured.

    `max_tokens` and `temperature` go before what a prompt says of itself, and after what a model's profile says.
    """

    logs: LogSource
    knowledge: Knowledge | None
    prompts: PromptRegistry
    telemetry: Telemetry
    models: ModelPool | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int = 7
    total_seconds: float = 180.0
    evidence_tokens: int = 1_500
    window_hours: float = 1.0
    zone: tzinfo = UTC


@dataclass
class Turn:
    """The question, its running steps and span, and the warnings so far; a part that is down is remembered here.

    `unread` is how many of the question's windows could not be read; where none could, `logs_down` holds.
    """

    question: Question
    parts: Parts
    steps: Steps
    span: TracedSpan
    warnings: list[str] = field(default_factory=list)
    logs_down: bool = False
    unread: int = 0
    knowledge_down: bool = False

    @property
    def models(self) -> ModelPool | None:
        """The models to ask, None where none is configured or none is wanted."""
        return None if self.question.model_use is ModelUse.OFF else self.parts.models

    def asks_model(self, kind: IntentKind) -> bool:
        """Whether a model is asked; of a ranking and a lookup, which are computed whole, only where one is required."""
        computed = kind in (IntentKind.RANKING, IntentKind.LOOKUP)
        return self.models is not None and (not computed or self.question.model_use is ModelUse.REQUIRE)

    @property
    def nothing_to_go_on(self) -> bool:
        """Whether neither logs nor runbooks could be read."""
        return self.logs_down and (self.knowledge_down or self.parts.knowledge is None)


@dataclass(frozen=True)
class Asked:
    """What the intent step made of the question: the windows and selectors after the options had their say.

    `before` is the window that `window` is compared with, None where the question is not about change.
    """

    intent: Intent
    window: TimeWindow
    selectors: Selectors
    before: TimeWindow | None = None

    @property
    def earlier(self) -> Earlier:
        """What a question that goes on from this one keeps."""
        return Earlier(self.intent, self.window, self.before, self.selectors)


@dataclass(frozen=True)
class Sides(Generic[T]):
    """Something of the window asked about, and of the window that it is compared with where there is one."""

    after: T
    before: T | None = None


@dataclass(frozen=True)
class Looked:
    """What the first four steps found: redacted lines, their patterns, and the problems among these.

    With a comparison, `lines` are those of both windows, and findings and problems are those of the changes.
    """

    asked: Asked
    read: LogRead
    lines: LogTable
    found: WindowPatterns
    findings: Sequence[Finding]
    problems: Sequence[ProblemGroup]
    comparison: Comparison | None = None
    event_ids: Mapping[ChangeEvent, str] = field(default_factory=dict)
    ranking: Ranking | None = None
    lookup: Lookup | None = None
