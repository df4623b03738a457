"""The severity of an incident by points."""

import pytest
import yaml

from app.triage.components import canonical
from app.triage.findings import find_problems
from app.triage.scorecard import Scorecard, default_scorecard
from retrieval.taxonomy import Severity
from tests.app.triage.window import findings_of

TABLE = yaml.safe_load(
    """
thresholds: {ERROR: 2, CRITICAL: 4}
wording: 1
level: {WARN: -1, ERROR: 0, FATAL: 1}
writer: {store: {points: 1, of: [postgresql]}}
question: {harmless: {points: -1, match: ['ignore']}}
lines: {ended: {points: 1, match: ['exit']}}
"""
)
FULL = "FATAL could not write: no space left on device, exiting"


@pytest.mark.parametrize(
    ("app", "line", "question", "severity"),
    [
        ("shop", "WARN could not write: no space left on device", "why?", Severity.WARN),
        ("shop", "ERROR could not write: no space left on device", "why?", Severity.ERROR),
        ("postgres", FULL, "why?", Severity.CRITICAL),
        ("postgres", FULL, "can I ignore it?", Severity.CRITICAL),
        ("shop", FULL, "can I ignore it?", Severity.ERROR),
    ],
)
def test_points_are_added_up(app: str, line: str, question: str, severity: Severity) -> None:
    """Wording, level, writer, lines and question count together, and nothing alone decides."""
    problem = find_problems(findings_of((app, line)))[0]
    assert Scorecard.from_table(TABLE).severity(problem, question) is severity


@pytest.mark.parametrize(
    "change",
    [
        {"thresholds": {"ERROR": 4, "CRITICAL": 2}},
        {"weather": 1},
        {"writer": {"store": {"points": 1}}},
        {"question": {"harmless": {"points": 1, "match": ["x"], "of": ["y"]}}},
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(change: dict[str, object]) -> None:
    """Thresholds out of order, unknown parts, and marks of nothing or of two things."""
    with pytest.raises(ValueError, match=r"scorecard|mark"):
        Scorecard.from_table({**TABLE, **change})


def test_what_everybody_asks_counts_for_nothing() -> None:
    """To ask what is failing says nothing of the window: anybody asks it of any."""
    problem = find_problems(findings_of(("shop", "ERROR no space left on device")))[0]
    card = default_scorecard()
    assert not any(value for name, value in card.seen(problem, "what is failing?").items() if "question" in name)
    assert card.seen(problem, "why is the shop failing?")["question.failing"]


def test_writers_are_canonical_names() -> None:
    """A name that no label is ever turned into would never count."""
    for name, mark in default_scorecard().writer.items():
        assert {canonical(component) for component in mark.components} == set(mark.components), name


@pytest.mark.parametrize(
    ("question", "over"),
    [
        ("It was down. Is it up again?", True),
        ("is it working again and healthy?", True),
        ("it fails again and again, is it serious?", False),
        ("it fails now and then, why?", False),
    ],
)
def test_again_and_again_is_not_over(question: str, over: bool) -> None:
    """What is up again is over; what comes back again and again is not."""
    problem = find_problems(findings_of(("shop", "ERROR no space left on device")))[0]
    assert default_scorecard().seen(problem, question)["question.over"] == over
