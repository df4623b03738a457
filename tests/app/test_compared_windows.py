"""The two windows of a question about change."""

from datetime import UTC, datetime, timedelta

import pytest

from app.compared_windows import compared_by_default, find_compared_windows, preceding
from app.intent import parse_intent
from retrieval.errors import BadInput
from retrieval.taxonomy import IntentKind
from retrieval.time_window import TimeWindow
from retrieval.timestamps import to_datetime

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)  # a Friday
LAST_HOUR = TimeWindow.last(timedelta(hours=1), NOW)


def shown(window: TimeWindow) -> str:
    first, last = to_datetime(window.start), to_datetime(window.end)
    return f"{first:%d %H:%M}-{last:%d %H:%M}"


@pytest.mark.parametrize(
    ("question", "before", "after"),
    [
        ("what changed since 14:00 in llm?", "20 13:30-20 14:00", "20 14:00-20 14:30"),
        ("what changed in the last 30 minutes", "20 13:30-20 14:00", "20 14:00-20 14:30"),
        ("compare the last hour with the same hour yesterday", "19 13:30-19 14:30", "20 13:30-20 14:30"),
        ("compare the same hour yesterday with the last hour", "19 13:30-19 14:30", "20 13:30-20 14:30"),
        ("between 13:00 and 14:00 versus 14:00 to 15:00", "20 13:00-20 14:00", "20 14:00-20 15:00"),
        ("13:00-14:00 vs 14:00-14:30 in shop", "20 13:00-20 14:00", "20 14:00-20 14:30"),
        ("compare 13:00 to 14:00 with 09:00 to 10:00", "20 09:00-20 10:00", "20 13:00-20 14:00"),
        ("how does the last hour differ from the hour before?", "20 12:30-20 13:30", "20 13:30-20 14:30"),
        ("how is the past hour versus the one before it?", "20 12:30-20 13:30", "20 13:30-20 14:30"),
        ("what's new compared to the previous hour?", "20 12:30-20 13:30", "20 13:30-20 14:30"),
        ("last 15 minutes compared to the 30 minutes before", "20 13:45-20 14:15", "20 14:15-20 14:30"),
        ("what is different from yesterday?", "19 00:00-20 00:00", "20 00:00-20 14:30"),
        ("compare today with yesterday", "19 00:00-20 00:00", "20 00:00-20 14:30"),
        ("what changed between yesterday and today?", "19 00:00-20 00:00", "20 00:00-20 14:30"),
        ("what changed between 13:00 and 14:00", "20 12:00-20 13:00", "20 13:00-20 14:00"),
        ("what is different from the same time last week?", "13 13:30-13 14:30", "20 13:30-20 14:30"),
        ("the last 2 hours against the same time 3 days ago", "17 12:30-17 14:30", "20 12:30-20 14:30"),
        ("what changed around 14:00?", "20 13:45-20 14:00", "20 14:00-20 14:15"),
        ("what changed since 2 hours ago", "20 10:30-20 12:30", "20 12:30-20 14:30"),
        ("did anything change in llm and logging since 14:00", "20 13:30-20 14:00", "20 14:00-20 14:30"),
        ("compare yesterday 14:00 to 15:00 and today 13:00 to 14:00", "19 14:00-19 15:00", "20 13:00-20 14:00"),
        ("2026-11-18 with 2026-11-19, compared", "18 00:00-19 00:00", "19 00:00-20 00:00"),
        ("2026-11-18T13:00Z..2026-11-18T14:00Z vs 2026-11-19T13:00Z..2026-11-19T14:00Z",
         "18 13:00-18 14:00", "19 13:00-19 14:00"),
        ("compare 2026-11-01 to 2026-11-15 with the last hour", "01 00:00-15 00:00", "20 13:30-20 14:30"),
        ("compare 2026-11-18 13:00 to 14:00 with 2026-11-19 13:00 to 14:00", "18 13:00-18 14:00", "19 13:00-19 14:00"),
        ("is there more trouble than usual", "20 12:30-20 13:30", "20 13:30-20 14:30"),
    ],
)  # fmt: skip
def test_two_windows_from_words(question: str, before: str, after: str) -> None:
    """Both windows, one of which may be told from the other, the earlier of the two before the later."""
    found = find_compared_windows(question, NOW, LAST_HOUR)
    assert found.before is not None
    assert found.after is not None
    assert (shown(found.before), shown(found.after)) == (before, after)


def test_the_words_of_the_windows_are_gone_from_the_rest() -> None:
    """What is left are the words that name workloads."""
    question = "compare the last hour in shop with the same hour yesterday"
    assert find_compared_windows(question, NOW, LAST_HOUR).rest.split() == ["compare", "in", "shop"]


@pytest.mark.parametrize("event", ["deploy", "rollout", "upgrade", "restart"])
def test_a_happening_is_no_time(event: str) -> None:
    """“Since the deploy” names no window, and the happening is told."""
    found = find_compared_windows(f"what changed since the last {event}?", NOW, LAST_HOUR)
    assert (found.before, found.after, found.event) == (None, None, event)
    timed = find_compared_windows(f"what changed since the {event} at 14:00?", NOW, LAST_HOUR)
    assert timed.after is not None


def test_without_words_the_last_hour_is_compared_with_the_one_before() -> None:
    """An archive shorter than two hours is cut in its middle, for there is no hour before."""
    assert compared_by_default(NOW, None) == (preceding(LAST_HOUR), LAST_HOUR)
    short = TimeWindow.last(timedelta(minutes=20), NOW)
    before, after = compared_by_default(NOW, short)
    assert (before.start, before.end, after.end) == (short.start, after.start, short.end)
    assert before.seconds == after.seconds == 600
    with pytest.raises(BadInput, match="no two windows"):
        compared_by_default(NOW, TimeWindow(5, 6))


def test_only_a_question_about_change_has_two_windows() -> None:
    """A triage of the last hour compares nothing."""
    assert parse_intent("what failed in the last hour?", NOW, {}).before is None
    changes = parse_intent("what changed in the last hour?", NOW, {})
    assert (changes.kind, changes.before) == (IntentKind.CHANGES, preceding(changes.window or LAST_HOUR))
