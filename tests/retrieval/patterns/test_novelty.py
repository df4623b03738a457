"""Whether a pattern was there before."""

from datetime import date, timedelta

import pytest

from retrieval.patterns.novelty import PastPattern, PatternHistory

TODAY = date(2026, 11, 20)
WEEK = [TODAY - timedelta(days=n) for n in range(7, 0, -1)]


def past(template, days, place=None):
    return PastPattern("id", "loki", template, place or {}, dict.fromkeys(days, 10))


def test_a_pattern_of_six_of_seven_days_is_not_new():
    """Days of the window itself and after it do not count."""
    history = PatternHistory([past("took <n> ms", [*WEEK[1:], TODAY])], [*WEEK, TODAY])
    seen = history.seen("took <n> ms", {}, TODAY)
    assert (seen.new, seen.days, seen.of_days, seen.lines, seen.first) == (False, 6, 7, 60, WEEK[1])


def test_a_pattern_that_no_day_has_is_new():
    """It says of how many days that is known."""
    seen = PatternHistory([past("took <n> ms", WEEK)], WEEK[:3]).seen("the disk is full", {}, TODAY)
    assert (seen.new, seen.days, seen.of_days) == (True, 0, 3)


def test_without_an_earlier_day_nothing_is_said():
    """An empty history, and one of today alone, tell nothing."""
    assert PatternHistory([], []).seen("x", {}, TODAY) is None
    assert PatternHistory([past("x", [TODAY])], [TODAY]).seen("x", {}, TODAY) is None


@pytest.mark.parametrize(
    ("template", "same"),
    [
        ("connection to <*> lost after <n> retries", True),
        ("connection to db-1 lost after <n> retries", True),
        ("connection to <*> closed after <n> requests", False),
        ("connection lost", False),
    ],
)
def test_templates_are_matched_by_their_words(template, same):
    """What one mining left as a word and the other as a place holder is the same event."""
    history = PatternHistory([past("connection to <*> lost after <n> retries", WEEK)], WEEK)
    assert history.seen(template, {}, TODAY).new is not same


def test_the_same_words_of_another_workload_are_another_pattern():
    """Only where both name a place must they agree."""
    history = PatternHistory([past("started", WEEK, {"namespace": "shop", "app": "api"})], WEEK)
    labels = [{"namespace": "shop", "app": "api", "pod": "api-1"}, {"namespace": "shop"}, {"app": "web"}]
    assert [history.seen("started", each, TODAY).new for each in labels] == [False, False, True]
