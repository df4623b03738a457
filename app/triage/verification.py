"""From what a model wrote to a `Triage`, or the reasons why not.

Constraint engines fail open: with a grammar or vocabulary they cannot handle they stop constraining and answer with
status 200. So every answer is parsed, validated and checked against the evidence here, whichever server it came from.
The model writes two texts and chooses the rest; commands come from the candidate actions alone.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import from_json

from app.answer import Action, Triage
from app.triage.prompt_text import untagged
from app.triage.schema import (
    MAX_ROOT_CAUSE,
    MAX_SUMMARY,
    Confidence,
    TriageChoices,
    TriageReply,
    reply_model,
)
from retrieval.evidence import Evidence
from retrieval.taxonomy import Category, EvidenceKind, Severity, Status

CONFIDENCE: Mapping[Confidence, float] = {"low": 0.3, "medium": 0.6, "high": 0.9}

_LIMITS = {"root_cause": MAX_ROOT_CAUSE, "summary": MAX_SUMMARY}
_OBSERVATIONS = tuple(kind.prefix for kind in (EvidenceKind.LOG, EvidenceKind.PATTERN, EvidenceKind.EVENT))
_THINKING = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A\s*```\w*")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_MAX_REASONS = 4
_MAX_REASON = 160


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an answer cannot stand: short sentences, for the repair request and for the warning on the answer."""

    reasons: tuple[str, ...]


def verify(
    text: str, choices: TriageChoices, evidence: Collection[Evidence], candidate_actions: Mapping[str, Action]
) -> Triage | Rejection:
    """The triage that `text` holds, whose every id exists and whose texts are inert; never raises on any text.

    `candidate_actions` maps the action ids of `choices` to the actions that they stand for.
    """
    try:
        reply = _parsed(text, choices)
    except ValidationError as error:
        return Rejection(tuple(_reason(each["loc"], each["msg"]) for each in error.errors()[:_MAX_REASONS]))
    except (ValueError, RecursionError) as error:
        return Rejection((_shortened(f"it is not one JSON object: {error}"),))
    reasons = (
        *_missing(reply, {item.id for item in evidence}, candidate_actions),
        *_contradictions(reply, choices),
    )
    if reasons:
        return Rejection(reasons)
    return _triage(reply, choices, candidate_actions)


def repair_message(rejection: Rejection) -> str:
    """What the one repair request says to the model."""
    reasons = untagged("; ".join(rejection.reasons))
    return f"Your last answer was refused: {reasons}. Answer again with one complete JSON object."


def partial_reply(
    text: str, choices: TriageChoices, candidate_actions: Mapping[str, Action] | None = None
) -> dict[str, Any]:
    """What of a `Triage` can be shown while `text` is still arriving; never raises.

    Only root cause and summary may be cut short. A choice appears once it is complete and if it exists; `confidence` is
    a number and `actions` are dumped `Action`s, as in `Triage`. Keys follow the order in which they arrived.
    """
    complete, growing = _partial_json(text, "on"), _partial_json(text, "trailing-strings")
    shown: dict[str, Any] = {}
    for key, value in growing.items():
        if key in _LIMITS and isinstance(value, str):
            shown[key] = inert(value, _LIMITS[key])
        elif key in complete and key in TriageReply.model_fields:
            chosen = _partial_choice(key, complete[key], choices, candidate_actions or {})
            if chosen is not None:
                shown[key] = chosen
    return shown


def confidence_word(confidence: float) -> Confidence:
    """The word for a confidence of 0 to 1: the one whose own number is nearest."""
    return min(CONFIDENCE, key=lambda word: abs(CONFIDENCE[word] - confidence))


def inert(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters, without terminal sequences, control and bidi characters.

    Private and unassigned characters go too; Markdown and HTML are left to whoever renders the text.
    """
    if not text.isprintable():
        plain = _ANSI.sub("", text)
        text = "".join(c for c in plain if c.isspace() or unicodedata.category(c)[0] != "C")
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _unwrapped(text: str) -> str:
    """The text without a leading block of thought and without a Markdown fence around it."""
    return _FENCE.sub("", _THINKING.sub("", text)).rstrip().removesuffix("```")


def _parsed(text: str, choices: TriageChoices) -> TriageReply:
    """The reply; texts are made inert and ids counted once before their lengths are checked."""
    data = from_json(_unwrapped(text))
    if not isinstance(data, dict):
        raise ValueError(f"a {type(data).__name__} stands where the object should be")
    for key, limit in _LIMITS.items():
        if isinstance(data.get(key), str):
            data[key] = inert(data[key], limit)
    for key in ("evidence", "actions"):
        if isinstance(data.get(key), list) and all(isinstance(each, str) for each in data[key]):
            data[key] = list(dict.fromkeys(data[key]))
    return reply_model(choices).model_validate(data)


def _missing(reply: TriageReply, evidence_ids: Collection[str], candidates: Collection[str]) -> tuple[str, ...]:
    """The ids that the answer cites and that stand for nothing."""
    cited = [each for each in reply.evidence if each not in evidence_ids]
    chosen = [each for each in reply.actions if each not in candidates]
    return tuple(f"{each} does not exist" for each in (*cited, *chosen))


def _contradictions(reply: TriageReply, choices: TriageChoices) -> tuple[str, ...]:
    """What in the verdict cannot be true together."""
    reasons = []
    if reply.status is Status.PROBLEM:
        observed = [each for each in choices.evidence_ids if each.startswith(_OBSERVATIONS)]
        if not set(observed).intersection(reply.evidence):
            reasons.append("status problem needs at least one log line, pattern or event as evidence")
        if reply.category == Category.BENIGN_NOISE:
            reasons.append("status problem and category benign_noise exclude each other")
    if reply.status is Status.HEALTHY and reply.severity.rank > Severity.WARN.rank:
        reasons.append(f"status healthy and severity {reply.severity} exclude each other")
    return tuple(reasons)


def _triage(reply: TriageReply, choices: TriageChoices, candidate_actions: Mapping[str, Action]) -> Triage:
    """The contract's triage. A category names a failure: a healthy window has none but benign noise, where offered."""
    healthy = reply.status is Status.HEALTHY and Category.BENIGN_NOISE in choices.categories
    return Triage(
        status=reply.status,
        summary=reply.summary,
        root_cause=reply.root_cause,
        category=Category.BENIGN_NOISE if healthy else Category(reply.category),
        component=reply.component,
        severity=reply.severity,
        confidence=CONFIDENCE[reply.confidence],
        evidence=reply.evidence,
        actions=[candidate_actions[each] for each in reply.actions],
    )


def _partial_json(text: str, allow_partial: Literal["on", "trailing-strings"]) -> dict[str, Any]:
    try:
        data = from_json(_unwrapped(text), allow_partial=allow_partial)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _partial_choice(key: str, value: object, choices: TriageChoices, candidates: Mapping[str, Action]) -> object:
    """The value as `Triage` has it, or None where it is not (yet) one of the choices."""
    offered: dict[str, Collection[str]] = {
        "status": list(Status),
        "severity": list(Severity),
        "category": choices.categories,
        "component": choices.components,
    }
    if key in offered:
        return value if value in offered[key] else None
    if key == "confidence":
        return next((number for word, number in CONFIDENCE.items() if word == value), None)
    chosen = list(dict.fromkeys(each for each in value if isinstance(each, str))) if isinstance(value, list) else []
    if key == "evidence":
        return [each for each in chosen if each in choices.evidence_ids]
    return [candidates[each].model_dump() for each in chosen if each in candidates]


def _reason(location: tuple[int | str, ...], message: str) -> str:
    """A validator's message with the place it speaks of; the value itself is not repeated."""
    return _shortened(f"{'.'.join(str(part) for part in location) or 'answer'}: {message}")


def _shortened(sentence: str) -> str:
    return inert(sentence, _MAX_REASON)
