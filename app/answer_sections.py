"""The parts of an answer that only some kinds of question have: changes, a ranking, a summary, lines looked up."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from retrieval.logs.events.cluster_event import EventKind
from retrieval.patterns.change import ChangeKind
from retrieval.taxonomy import Severity


class Section(BaseModel):
    """Frozen and strict, as every part of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Coverage(Section):
    """What was looked at."""

    lines_matched: int = Field(ge=0)
    lines_read: int = Field(ge=0)
    truncated: bool


class Volume(Section):
    """Lines over time by severity: `buckets` are ISO start times, `series[severity]` counts per bucket."""

    buckets: list[str]
    bucket_seconds: float
    series: dict[Severity, list[int]]


class ComparedWindow(Section):
    """One of the two windows of a comparison, `[start, end)` in ISO 8601 UTC, with the query that read it."""

    start: str
    end: str
    lines: int
    query: str | None
    link: str | None
    coverage: Coverage
    volume: Volume | None


class EventRow(Section):
    """Something that happened to the cluster: a rollout, a new image, a reconciliation, a restart or a node's state.

    `time` is when it came last in its window, `count` how often; `subject` is the object as `namespace/name`.
    """

    kind: EventKind
    time: str
    text: str
    subject: str
    reason: str
    count: int
    severity: Severity
    evidence: str | None


class NearEvent(Section):
    """What happened in the cluster next to a change: in words, how many seconds before it, and its evidence."""

    text: str
    seconds_before: float
    evidence: str | None


class ChangeRow(Section):
    """One change, as in `logagent changes --json`, with the evidence that shows it in both windows.

    `sparks` are its lines over the window before and the window after; changes of one `group` came together.
    """

    kind: ChangeKind
    template: str
    labels: dict[str, str]
    severity: Severity
    before_count: int
    after_count: int
    rate_ratio: float | None
    rate_ratio_interval: tuple[float, float | None]
    p_value: float
    q_value: float
    first_seen: str | None
    last_seen: str | None
    sample: str
    score: float
    group: int
    pods: int
    sentence: str
    onset: str
    sparks: tuple[list[int], list[int]]
    component: str = ""
    evidence: list[str] = []
    near: list[NearEvent] = []


class RankingRow(Section):
    """One thing of a ranking with its counts, and the lines that show what is counted."""

    rank: int = Field(ge=1)
    name: str
    errors: int
    warnings: int
    lines: int
    share: float = Field(ge=0, le=1)
    severity: Severity
    spark: list[int]
    said: str
    evidence: list[str]


class Ranking(Section):
    """Things in the order of what the question asked for: `measure` of each `by`, most first or least first.

    `counted` says of what: every line, read here; every line, by the log source at the levels that it found; or a
    sample of the lines, where the source could not count.
    """

    by: str
    measure: str
    least: bool
    total: int
    things: int
    rows: list[RankingRow]
    counted: Literal["lines", "source", "sample"] = "lines"


class ComponentRow(Section):
    """One component in a summary: how much it wrote, its trouble by rank of `problems`, and since when."""

    component: str
    severity: Severity
    lines: int
    errors: int
    warnings: int
    spark: list[int]
    problems: list[int]
    first_seen: str | None
    last_seen: str | None
    evidence: list[str]


class Overview(Section):
    """A window by component: those in trouble in the order in which it began, then how many are quiet."""

    components: list[ComponentRow]
    quiet: list[str]
    lines: int


class Lookup(Section):
    """Lines that hold what was asked for: how many, when, where, what the newest says, and the newest as evidence."""

    needles: list[str]
    count: int
    shown: int
    first_seen: str | None
    last_seen: str | None
    places: dict[str, int]
    newest: str
    lines: list[str]


class Explained(Section):
    """A part of a command and what it does."""

    word: str
    meaning: str


class Lesson(Section):
    """One command of an answer, explained: its parts, why it is run here, and what of the CKA exam it belongs to.

    `exam_weight` is the domain's share of the exam in percent, `practise` what to do to learn it.
    """

    command: str
    parts: list[Explained]
    why: str
    exam_domain: str | None
    exam_weight: int | None
    practise: str | None
    evidence: list[str]


class Coaching(Section):
    """What coach mode adds: a lesson for each command, and one question back to the person."""

    lessons: list[Lesson]
    question: str
