"""The parts of an answer as span attributes: counts, hashes and names from closed sets, never their text."""

import json
from collections import Counter
from collections.abc import Iterable
from urllib.parse import urlsplit

from app.answer import Answer, PromptUse, Usage
from app.telemetry.conventions import EVIDENCE_BY_KIND, Attribute
from app.telemetry.guard import Value, as_name
from retrieval.taxonomy import EvidenceKind

Attributes = dict[Attribute, Value | None]


def of_answer(answer: Answer) -> Attributes:
    """Everything that the root span of a turn says about its answer."""
    triage = answer.triage
    given = answer.selectors.model_dump(exclude_none=True)
    return {
        Attribute.INTENT: answer.intent,
        Attribute.ENGINE: answer.engine,
        Attribute.REQUEST_MODEL: as_name(answer.model) if answer.model else None,
        Attribute.WINDOW_START: answer.window.start,
        Attribute.WINDOW_END: answer.window.end,
        Attribute.WINDOW_SOURCE: answer.window.source,
        Attribute.SELECTORS: sorted(given),
        Attribute.LINES_MATCHED: answer.coverage.lines_matched,
        Attribute.LINES_READ: answer.coverage.lines_read,
        Attribute.TRUNCATED: answer.coverage.truncated,
        Attribute.PATTERNS: len(answer.patterns),
        Attribute.PROBLEMS: len(answer.problems),
        Attribute.WARNINGS: len(answer.warnings),
        Attribute.STATUS: triage.status,
        Attribute.SEVERITY: triage.severity,
        Attribute.CATEGORY: triage.category,
        Attribute.CONFIDENCE: triage.confidence,
        Attribute.CITATIONS: len(triage.evidence),
        Attribute.ACTIONS: len(triage.actions),
        **of_evidence(item.kind for item in answer.evidence),
        **of_prompt(answer.prompt),
        **of_usage(answer.usage),
    }


def of_evidence(kinds: Iterable[EvidenceKind]) -> Attributes:
    """How many pieces of evidence there are, in all and of each kind; zeros are said."""
    counts = Counter(kinds)
    return {
        Attribute.EVIDENCE: counts.total(),
        **{attribute: counts[kind] for kind, attribute in EVIDENCE_BY_KIND.items()},
    }


def of_prompt(prompt: PromptUse | None) -> Attributes:
    """Which prompt was used: id, version and both hashes."""
    if prompt is None:
        return {}
    return {
        Attribute.PROMPT_ID: as_name(prompt.id),
        Attribute.PROMPT_VERSION: as_name(prompt.version),
        Attribute.PROMPT_SHA256: prompt.sha256,
        Attribute.PROMPT_RENDERED_SHA256: prompt.rendered_sha256,
    }


def of_fitting(static_tokens: int, dynamic_tokens: int, left_out: int) -> Attributes:
    """How long a prompt is: its fixed part, which the server's cache holds, and the rest; what did not fit."""
    return {
        Attribute.PROMPT_STATIC_TOKENS: static_tokens,
        Attribute.PROMPT_DYNAMIC_TOKENS: dynamic_tokens,
        Attribute.EVIDENCE_LEFT_OUT: left_out,
    }


def of_usage(usage: Usage | None) -> Attributes:
    """Tokens as the server counted them; the cached ones are part of the input."""
    if usage is None:
        return {}
    return {
        Attribute.INPUT_TOKENS: usage.prompt_tokens,
        Attribute.CACHED_TOKENS: usage.cached_tokens,
        Attribute.OUTPUT_TOKENS: usage.completion_tokens,
    }


def of_server(address: str | None) -> Attributes:
    """Host and port of an `http(s)://…` address; nothing of its path, user or password."""
    try:
        parts = urlsplit(address or "")
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return {}
    return {Attribute.SERVER_ADDRESS: parts.hostname, Attribute.SERVER_PORT: port} if parts.hostname else {}


def messages(*said: tuple[str, str]) -> str:
    """Messages, each a role and a text, in the JSON form of `gen_ai.input.messages` and `gen_ai.output.messages`."""
    forms = [{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in said]
    return json.dumps(forms, ensure_ascii=False)
