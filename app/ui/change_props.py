"""A comparison as the elements `Compared` and `Changes` show it; counted from the logs, never worded by a model."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from app.answer import Answer
from app.answer_sections import ChangeRow, ComparedWindow, EventRow
from app.ui.citation import by_id, citations
from app.ui.shown_text import sentence, verbatim
from app.ui.volume_props import STACKED
from app.ui.wording import clock, length, moment_of, span
from retrieval.patterns.change import ChangeKind
from retrieval.taxonomy import Severity
from retrieval.timestamps import parse_iso_nanoseconds

_KINDS = {
    ChangeKind.NEW: "new",
    ChangeKind.GONE: "gone",
    ChangeKind.INCREASED: "more",
    ChangeKind.DECREASED: "less",
}
_TEMPLATE = 400
_SAMPLE = 1_000
_MOST_NEXT_PLACES = 2


def change_props(turn: str, answer: Answer) -> dict[str, Any]:
    """The changes, most important first, and questions that go on from here."""
    evidence = by_id(answer.evidence)
    return {
        "turn": turn,
        "changes": [
            {
                "severity": change.severity.value,
                "kind": change.kind.value,
                "label": _KINDS[change.kind],
                "component": sentence(change.component, 60),
                "sentence": sentence(change.sentence),
                "template": sentence(change.template, _TEMPLATE),
                "sample": verbatim(change.sample, _SAMPLE),
                "facts": _facts(change),
                "counts": [change.before_count, change.after_count],
                "sparks": [list(side) for side in change.sparks],
                "citations": citations(change.evidence, evidence),
                "near": [
                    {
                        "text": sentence(near.text),
                        "citations": citations([near.evidence] if near.evidence else (), evidence),
                    }
                    for near in change.near
                ],
            }
            for change in answer.changes
        ],
        "none": sentence(answer.triage.summary),
        "next": next_questions(answer),
    }


def compared_props(turn: str, answer: Answer) -> dict[str, Any]:
    """Both windows with their lines over time, and the marks of what happened in the cluster meanwhile."""
    sides = [
        _side("before", "Before", answer.before, answer.events),
        _side("after", "After", answer.after, answer.events),
    ]
    present = {series["severity"] for side in sides for series in side["series"]}
    marked = any(side["events"] for side in sides)
    return {
        "turn": turn,
        "sides": sides,
        "severities": [severity.value for severity in STACKED if severity.value in present],
        "marked": "rollout, new image, reconciliation, restart or node event" if marked else "",
    }


def next_questions(answer: Answer) -> list[str]:
    """Questions that go on from a comparison: what is worst, what is new, one namespace, the day before."""
    severities = {change.severity for change in answer.changes}
    questions = []
    if severities & {Severity.ERROR, Severity.CRITICAL} and severities - {Severity.ERROR, Severity.CRITICAL}:
        questions.append("Only errors?")
    if len({change.kind for change in answer.changes}) > 1:
        questions.append("Only what is new?")
    if answer.selectors.namespace:
        questions.append("And everywhere?")
    else:
        places = dict.fromkeys(change.labels.get("namespace", "") for change in answer.changes)
        questions += [f"And in {place}?" for place in places if place][:_MOST_NEXT_PLACES]
    return [*questions, "And yesterday?"] if answer.changes else ["And yesterday?"]


def _side(name: str, title: str, window: ComparedWindow | None, events: Sequence[EventRow]) -> dict[str, Any]:
    volume = window.volume if window else None
    lines = window.lines if window else 0
    minutes = volume.bucket_seconds / 60 if volume else 1.0
    return {
        "name": name,
        "title": title,
        "span": span(window.start, window.end) if window else "",
        "lines": f"{lines:,} lines" if lines else "no lines",
        "each": length(timedelta(seconds=volume.bucket_seconds)) if volume else "",
        "times": [clock(bucket) for bucket in volume.buckets] if volume else [],
        "series": [
            {
                "severity": severity.value,
                "counts": volume.series[severity],
                "rates": [round(count / minutes, 4) for count in volume.series[severity]],
            }
            for severity in STACKED
            if any(volume.series.get(severity, ()))
        ]
        if volume
        else [],
        "events": [_mark(event, window) for event in events if window and _within(event, window)],
    }


def _within(event: EventRow, window: ComparedWindow) -> bool:
    start, end, moment = (parse_iso_nanoseconds(each) or 0 for each in (window.start, window.end, event.time))
    return start <= moment < end


def _mark(event: EventRow, window: ComparedWindow) -> dict[str, Any]:
    """An event by its place in the window, 0 to 1."""
    start, end, moment = (moment_of(each) for each in (window.start, window.end, event.time))
    at = (moment - start) / (end - start) if start and end and moment else 0.0
    return {"at": round(at, 4), "time": clock(event.time), "text": sentence(event.text), "id": event.evidence}


def _facts(change: ChangeRow) -> str:
    """What the statistics say, for those who ask."""
    place = " / ".join(dict.fromkeys(change.labels.values()))
    ratio = ""
    if change.rate_ratio is not None and change.rate_ratio > 0:
        low, high = change.rate_ratio_interval
        upper = f"{high:.1f}" if high is not None else "∞"
        ratio = f", {change.rate_ratio:.1f} times the rate (95 % interval {low:.1f} to {upper})"
    chance = "under 0.001" if change.q_value < 0.001 else f"{change.q_value:.3f}"
    return sentence(f"{place}; false-discovery rate {chance}{ratio}")
