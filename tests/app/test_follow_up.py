"""Questions that go on from the one before them."""

from datetime import UTC, datetime, timedelta

import pytest

from app.follow_up import Earlier, follow_up
from app.intent import Intent, parse_intent
from retrieval.taxonomy import IntentKind, Severity
from retrieval.time_window import TimeWindow

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=3)
KNOWN = {
    "namespace": ("llm", "logging", "shop", "kube-system"),
    "app": ("etcd", "redis", "api"),
    "pod": ("api-7d9f8b6c5-x2x4z",),
}
DAY = 86_400 * 10**9


def earlier(question: str) -> Earlier:
    intent = parse_intent(question, NOW, KNOWN)
    window = intent.window or TimeWindow.last(timedelta(hours=1), NOW)
    return Earlier(intent, window, intent.before, intent.selectors)


def after(question: str, first: str = "what changed since 14:00 in llm?") -> Intent | None:
    return follow_up(question, LATER, KNOWN, None, earlier(first))


@pytest.mark.parametrize(
    ("question", "selectors"),
    [
        ("and in logging?", {"namespace": "logging"}),
        ("what about shop", {"namespace": "shop"}),
        ("Same for kube-system please", {"namespace": "kube-system"}),
        ("logging?", {"namespace": "logging"}),
        ("and redis?", {"app": "redis"}),
        ("and in logging and shop?", {"namespace": ("logging", "shop")}),
        ("and logging, shop?", {"namespace": ("logging", "shop")}),
        ("and everywhere?", {}),
        ("and in pod api-7d9f8b6c5-x2x4z", {"pod": "api-7d9f8b6c5-x2x4z"}),
    ],
)
def test_another_place_keeps_both_windows(question: str, selectors: dict[str, str]) -> None:
    """The windows are those of the question before, to the nanosecond, although time went on."""
    first, intent = earlier("what changed since 14:00 in llm?"), after(question)
    assert intent is not None
    assert intent.kind is IntentKind.CHANGES
    assert (intent.before, intent.window) == (first.before, first.window)
    assert dict(intent.selectors) == selectors


def test_an_unknown_place_is_looked_at_and_said() -> None:
    """Not silently answered for the place before."""
    intent = after("and in prod?")
    assert intent is not None
    assert intent.selectors == {"namespace": "prod"}
    assert "“prod”" in intent.notes[0]


def test_another_day_moves_both_windows() -> None:
    """“And yesterday?” after a comparison means the same times of the day before."""
    first, intent = earlier("what changed since 14:00 in llm?"), after("and yesterday?")
    assert intent is not None
    assert intent.before is not None
    assert intent.window is not None
    assert first.before is not None
    assert (first.before.start - intent.before.start, first.window.end - intent.window.end) == (DAY, DAY)
    assert intent.selectors == {"namespace": "llm"}


def test_other_windows_replace_both() -> None:
    """And keep the place."""
    intent = after("and since 13:00?")
    assert intent is not None
    assert intent.window is not None
    assert intent.window.seconds == 93 * 60
    assert intent.selectors == {"namespace": "llm"}


def test_only_errors() -> None:
    """A restriction of what is shown, which lasts until it is lifted."""
    intent = after("only errors?")
    assert intent is not None
    assert intent.only.severities == {Severity.ERROR, Severity.CRITICAL}
    going_on = Earlier(intent, intent.window or NOW, intent.before, intent.selectors)  # type: ignore[arg-type]
    kept = follow_up("and in shop?", LATER, KNOWN, None, going_on)
    lifted = follow_up("and everything else?", LATER, KNOWN, None, going_on)
    assert kept is not None
    assert kept.only.severities == {Severity.ERROR, Severity.CRITICAL}
    assert lifted is not None
    assert not lifted.only


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("and which pod has the most errors?", IntentKind.RANKING),
        ("and why?", IntentKind.TRIAGE),
        ("and lines with timeout?", IntentKind.LOOKUP),
        ("and a summary of it?", IntentKind.SUMMARY),
    ],
)
def test_another_kind_of_question_keeps_window_and_place(question: str, kind: IntentKind) -> None:
    """The window after is the one that is looked at."""
    intent = after(question)
    assert intent is not None
    assert (intent.kind, intent.window) == (kind, earlier("what changed since 14:00 in llm?").window)
    assert intent.selectors == {"namespace": "llm"}


def test_ordinary_questions_go_on_too() -> None:
    """Another namespace, another measure, another thing looked for; what is not named stays."""
    triage = after("and in llm?", "what is failing in shop in the last 2 hours")
    assert triage is not None
    assert triage.window is not None
    assert (triage.kind, triage.window.seconds, triage.selectors) == (IntentKind.TRIAGE, 7200, {"namespace": "llm"})
    ranking = after("and by pod?", "which namespace has the most warnings today")
    assert ranking is not None
    assert ranking.ranking is not None
    assert (ranking.ranking.by, ranking.ranking.measure) == ("pod", "warnings")
    lookup = after("and in llm?", "show lines with timeout in shop")
    assert lookup is not None
    assert (lookup.needles, lookup.selectors) == (("timeout",), {"namespace": "llm"})
    changes = after("and what changed?", "what is failing in shop in the last 2 hours")
    assert changes is not None
    assert (changes.kind, changes.selectors) == (IntentKind.CHANGES, {"namespace": "shop"})


@pytest.mark.parametrize(
    "question", ["what is failing?", "why does redis fail in shop?", "how do I fix that?", "show lines with panic"]
)
def test_a_whole_question_stands_by_itself(question: str) -> None:
    """It keeps nothing of the one before."""
    assert after(question) is None
