"""The parts of an answer that only some kinds of question have: changes, a ranking, a summary, lines looked up."""

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
