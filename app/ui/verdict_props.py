"""The triage as the element `Verdict` shows it, whole or as far as a model has written it."""

from collections.abc import Mapping
from typing import Any, Literal

from app.answer import WITHOUT_MODEL, Answer, EvidenceItem
from app.answer_sections import Coaching, Lesson
from app.ui.citation import by_id, citations
from app.ui.shown_text import sentence
from app.ui.wording import category_name, confidence_words
from retrieval.taxonomy import IntentKind, Status

LONGEST_SUMMARY = 1_200
Phase = Literal["waiting", "writing", "done"]
_STATUS = {
    Status.PROBLEM: "Problem found",
    Status.HEALTHY: "Looks healthy",
    Status.INSUFFICIENT_EVIDENCE: "Not enough evidence",
}
# Counting has no verdict either.
_COUNTED = {IntentKind.RANKING: "Counted", IntentKind.LOOKUP: "Found"}
# A question of how something works has no verdict on the cluster.
EXPLAINED = "From the runbooks"


def queue_words(ahead: int | None) -> str:
    """How long the line before the model is: `None` where others than this program use it."""
    if ahead is None:
        return "The model is answering somebody else first"
    if not ahead:
        return "Waiting for the model, yours is the next question"
    return f"Waiting for the model, {'1 question is' if ahead == 1 else f'{ahead} questions are'} ahead of yours"


def verdict_props(
    turn: str, answer: Answer, phase: Phase, partial: Mapping[str, Any] | None = None, by: str | None = None
) -> dict[str, Any]:
    """`partial` holds any keys of a triage; without it the answer's own triage is shown, unless one is awaited.

    `by` says who is at work, instead of the words that the phase has for it.
    """
    triage = partial if partial is not None else {} if phase == "waiting" else answer.triage.model_dump(mode="json")
    evidence = by_id(answer.evidence)
    status = triage.get("status")
    category, confidence = triage.get("category"), triage.get("confidence")
    explained = answer.intent is IntentKind.HOWTO and status == Status.HEALTHY
    counted = _COUNTED.get(answer.intent) if status != Status.INSUFFICIENT_EVIDENCE else None
    return {
        "turn": turn,
        "phase": phase,
        "by": by or _written_by(answer, phase),
        "instead": _instead(answer) if phase == "done" else None,
        "status": {
            "name": "counted" if counted else str(status),
            "label": EXPLAINED if explained else counted or _STATUS[Status(status)],
        }
        if status
        else None,
        "severity": None if status == Status.INSUFFICIENT_EVIDENCE or explained or counted else triage.get("severity"),
        "component": "" if explained or counted else sentence(triage.get("component", "")),
        "category": category_name(category) if category and status == Status.PROBLEM and not counted else None,
        "confidence": confidence_words(confidence) if confidence is not None and not counted else None,
        "rootCause": sentence(triage.get("summary" if counted else "root_cause", "")),
        "summary": sentence(triage.get("root_cause" if counted else "summary", ""), LONGEST_SUMMARY),
        "citations": citations(triage.get("evidence", ()), evidence),
        "actions": [_action(action, evidence) for action in triage.get("actions", ())],
        "coaching": _coaching(answer.coaching) if answer.coaching and phase == "done" else None,
    }


def _instead(answer: Answer) -> str | None:
    """Why no model worded the answer, where one was asked: what is read first should say so."""
    return next((sentence(each) for each in answer.warnings if each.endswith(WITHOUT_MODEL)), None)


def _coaching(coaching: Coaching) -> dict[str, Any]:
    lessons = [
        {
            "command": lesson.command,
            "parts": [{"word": part.word, "meaning": part.meaning} for part in lesson.parts],
            "why": sentence(lesson.why, 2_000),
            "exam": _exam(lesson),
            "practise": lesson.practise,
        }
        for lesson in coaching.lessons
    ]
    return {"lessons": lessons, "question": coaching.question}


def _exam(lesson: Lesson) -> str | None:
    share = f", {lesson.exam_weight} % of the exam" if lesson.exam_weight else ""
    return f"{sentence(lesson.exam_domain)}{share}" if lesson.exam_domain else None


def _action(action: Mapping[str, Any], evidence: Mapping[str, EvidenceItem]) -> dict[str, Any]:
    # A command keeps its line breaks: it is copied as it stands, and comes from a runbook alone.
    return {
        "title": sentence(action["title"]),
        "command": action["command"],
        "explanation": sentence(action["explanation"], 2_000),
        "exam": sentence(action["exam_domain"]) if action["exam_domain"] else None,
        "citations": citations(action["evidence"], evidence),
    }


def _written_by(answer: Answer, phase: Phase) -> str:
    if phase == "waiting":
        return "The model is reading the evidence"
    if phase == "writing":
        return "The model is writing"
    if answer.engine == "extractive":
        return "Worded from the logs and runbooks, without a language model"
    return f"Worded by {sentence(answer.model or answer.engine, 80)}, checked against the evidence"
