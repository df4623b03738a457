"""`ask --json` as `contracts.md` has it, written out here: what others rely on, not what this program happens to do.

Strict: no type is converted, nothing may be missing. Fields may be added, so unknown ones are let through.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


def _with_a_zone(text: str) -> str:
    assert _ISO.fullmatch(text), f"{text} is not ISO 8601 with a zone"
    return text


T = Annotated[str, AfterValidator(_with_a_zone)]
S = Literal["INFO", "WARN", "ERROR", "CRITICAL"]
C = Literal[
    "image_pull", "crash_loop", "oom_killed", "scheduling", "probe_failure", "dns", "network_cni", "network_policy",
    "ingress_routing", "tls_certificate", "rbac_auth", "storage_volume", "disk_pressure", "node_not_ready",
    "control_plane_etcd", "config_error", "missing_dependency", "resource_limits", "rate_limit_quota",
    "gitops_reconcile", "helm_upgrade", "logging_pipeline", "tracing_metrics_pipeline", "llm_inference",
    "vector_database", "database", "admission_webhook", "version_incompatibility", "time_skew", "application_bug",
    "benign_noise",
]  # fmt: skip
Milliseconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PREFIXES = {"log": "L", "pattern": "P", "runbook": "R", "incident": "I", "event": "E"}


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class _Window(_Strict):
    start: T
    end: T
    source: Literal["question", "option", "default"]


class _Selectors(_Strict):
    namespace: str | None
    pod: str | None
    container: str | None
    node: str | None
    app: str | None


class _Coverage(_Strict):
    lines_matched: Count
    lines_read: Count
    truncated: bool


class _Evidence(_Strict):
    id: Annotated[str, Field(pattern=r"^[LPRIE][1-9]\d*$")]
    kind: Literal["log", "pattern", "runbook", "incident", "event"]
    text: Annotated[str, Field(min_length=1)]
    timestamp: T | None
    labels: dict[str, str]
    source: str
    lines: list[Count] | None
    score: float | None
    link: str | None


class _Problem(_Strict):
    rank: Annotated[int, Field(ge=1)]
    title: Annotated[str, Field(min_length=1)]
    severity: S
    component: str
    category: C
    count: Annotated[int, Field(ge=1)]
    first_seen: T
    last_seen: T
    evidence: list[str]


class _Action(_Strict):
    title: str
    command: str | None
    explanation: str
    exam_domain: str | None
    evidence: list[str]


class _Triage(_Strict):
    status: Literal["problem", "healthy", "insufficient_evidence"]
    summary: Annotated[str, Field(min_length=1)]
    root_cause: str
    category: C
    component: str
    severity: S
    confidence: Annotated[float, Field(ge=0, le=1)]
    evidence: list[str]
    actions: list[_Action]


class _Prompt(_Strict):
    id: str
    version: str
    sha256: Sha256
    rendered_sha256: Sha256


class _Usage(_Strict):
    prompt_tokens: Count
    cached_tokens: Count
    completion_tokens: Count


class _Timings(_Strict):
    intent: Milliseconds
    logs: Milliseconds
    patterns: Milliseconds
    retrieval: Milliseconds
    prompt: Milliseconds
    first_token: Milliseconds | None
    generate: Milliseconds | None
    total: Milliseconds


class _Compared(_Strict):
    start: T
    end: T
    lines: Count


class _Change(_Strict):
    kind: Literal["new", "gone", "increased", "decreased"]
    template: str
    labels: dict[str, str]
    severity: S
    before_count: Count
    after_count: Count
    rate_ratio: float | None
    p_value: float
    q_value: float
    first_seen: T | None
    last_seen: T | None
    sample: str
    score: float
    sentence: str
    evidence: list[str]


class ContractAnswer(_Strict):
    """One answer of contract 1."""

    contract: Literal[1]
    question: str
    intent: Literal["triage", "summary", "changes", "ranking", "howto", "lookup"]
    window: _Window
    selectors: _Selectors
    query: str | None
    coverage: _Coverage
    evidence: list[_Evidence]
    problems: list[_Problem]
    before: _Compared | None
    after: _Compared | None
    changes: list[_Change]
    triage: _Triage
    engine: Literal["llama.cpp", "extractive"]
    model: str | None
    prompt: _Prompt | None
    usage: _Usage | None
    timings_ms: _Timings
    warnings: list[str]
    trace_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


def conforming(document: Any, lines: int | None = None) -> ContractAnswer:
    """The answer, after asserting all that the contract says; `lines` is how many lines the input has."""
    answer = ContractAnswer.model_validate(document)
    ids = [item.id for item in answer.evidence]
    assert len(set(ids)) == len(ids)
    assert cited(answer) <= set(ids), "an id is cited that does not exist"
    assert [problem.rank for problem in answer.problems] == list(range(1, len(answer.problems) + 1))
    for item in answer.evidence:
        assert item.id[0] == PREFIXES[item.kind]
        assert (item.lines is not None) == (item.kind in ("log", "pattern", "event"))
        assert lines is None or all(0 <= line < lines for line in item.lines or ())
    assert answer.coverage.lines_read <= answer.coverage.lines_matched
    assert answer.coverage.truncated == (answer.coverage.lines_read < answer.coverage.lines_matched)
    assert (answer.engine == "llama.cpp") == (answer.model is not None)
    return answer


def cited(answer: ContractAnswer) -> set[str]:
    """Every id that triage, actions, problems and changes cite."""
    of_actions = (id_ for action in answer.triage.actions for id_ in action.evidence)
    of_problems = (id_ for problem in answer.problems for id_ in problem.evidence)
    of_changes = (id_ for change in answer.changes for id_ in change.evidence)
    return {*answer.triage.evidence, *of_actions, *of_problems, *of_changes}
