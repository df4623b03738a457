"""Windows and durations in words."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.time_phrases import find_window, parse_duration, parse_time
from retrieval.errors import BadInput
from retrieval.taxonomy import WindowSource
from retrieval.timestamps import to_nanoseconds

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)  # a Friday
DAY = "2026-11-20T"
EVE = "2026-11-19T"

WINDOWS = [
    ("what failed in the last 30 minutes?", f"{DAY}14:00", f"{DAY}14:30"),
    ("errors over the past 2h", f"{DAY}12:30", f"{DAY}14:30"),
    ("what broke in the last hour", f"{DAY}13:30", f"{DAY}14:30"),
    ("anything in the last half an hour?", f"{DAY}14:00", f"{DAY}14:30"),
    ("what failed during the last two days", "2026-11-18T14:30", f"{DAY}14:30"),
    ("the previous week", "2026-11-13T14:30", f"{DAY}14:30"),
    ("what fails since 14:00?", f"{DAY}14:00", f"{DAY}14:30"),
    ("what fails since 2pm", f"{DAY}14:00", f"{DAY}14:30"),
    ("what fails since 15:00", f"{EVE}15:00", f"{DAY}14:30"),
    ("what fails since yesterday", f"{EVE}00:00", f"{DAY}14:30"),
    ("since noon nothing works", f"{DAY}12:00", f"{DAY}14:30"),
    ("since 2026-11-20T09:15:00Z", f"{DAY}09:15", f"{DAY}14:30"),
    ("what happened yesterday?", f"{EVE}00:00", f"{DAY}00:00"),
    ("what happened today", f"{DAY}00:00", f"{DAY}14:30"),
    ("what happened last night", f"{EVE}18:00", f"{DAY}08:00"),
    ("what happened this week", "2026-11-16T00:00", f"{DAY}14:30"),
    ("what failed between 9 and 10?", f"{DAY}09:00", f"{DAY}10:00"),
    ("what failed between 14:00 and 14:20", f"{DAY}14:00", f"{DAY}14:20"),
    ("what failed from 14:00 to now", f"{DAY}14:00", f"{DAY}14:30"),
    ("yesterday between 14:00 and 15:00", f"{EVE}14:00", f"{EVE}15:00"),
    ("what failed between 14:00 and 15:00 yesterday", f"{EVE}14:00", f"{EVE}15:00"),
    ("from yesterday 14:00 to 15:00", f"{EVE}14:00", f"{EVE}15:00"),
    ("2026-11-18T10:00:00Z to 2026-11-18T11:00:00+00:00", "2026-11-18T10:00", "2026-11-18T11:00"),
    ("why did it crash at 13:00?", f"{DAY}12:45", f"{DAY}13:15"),
    ("why did it crash around 23:00", f"{EVE}22:45", f"{EVE}23:15"),
    ("what broke 2 hours ago?", f"{DAY}12:10", f"{DAY}12:50"),
    ("what broke 2 days ago?", "2026-11-18T00:00", "2026-11-19T00:00"),
    ("on 2026-11-17", "2026-11-17T00:00", "2026-11-18T00:00"),
]


@pytest.mark.parametrize(("question", "start", "end"), WINDOWS)
def test_a_window_in_words(question: str, start: str, end: str) -> None:
    """A question's words name the half-open window that a person means by them."""
    window, rest = find_window(question, NOW)
    assert window is not None
    assert (window.start, window.end) == tuple(
        to_nanoseconds(datetime.fromisoformat(each).replace(tzinfo=UTC)) for each in (start, end)
    )
    assert window.source is WindowSource.QUESTION
    assert len(rest) < len(question)


@pytest.mark.parametrize(
    "question",
    [
        "why does etcd not start?",
        "what is failing?",
        "why did it scale from 3 to 5 replicas?",
        "why are between 25 and 30 pods pending?",
        "is the request at 10.0.0.1 refused?",
        "show the last lines",
        "why does port 8080 refuse?",
        "error 500 from nginx-2",
        "the last deployment failed",
        "is version 1.2 to 1.3 a breaking change?",
    ],
)
def test_a_question_without_a_window(question: str) -> None:
    """Numbers and words that are no time name no window, and the question stays whole."""
    assert find_window(question, NOW) == (None, question)


@pytest.mark.parametrize(
    "question",
    [
        "what failed between 15:00 and 14:00 today?",
        "since 2027-01-01",
        "between 2026-11-20 12:00 and 2026-11-20 12:00",
        "on 2026-13-45",
        "in the last 0 minutes",
        "in the last 99999999999999 weeks",
    ],
)
def test_a_window_that_cannot_be(question: str) -> None:
    """A window that is empty, reversed, endless or no date is refused."""
    with pytest.raises(BadInput):
        find_window(question, NOW)


def test_clock_times_are_meant_in_the_zone_of_now() -> None:
    """A window "since 14:00" asked in Berlin starts at 13:00 UTC in winter."""
    window, _ = find_window("since 14:00", NOW.astimezone(ZoneInfo("Europe/Berlin")))
    assert window is not None
    assert window.start == to_nanoseconds(datetime(2026, 11, 20, 13, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90m", 5400), ("1h30m", 5400), ("2 days", 172_800), ("1.5h", 5400), ("an hour", 3600), ("7d", 604_800)],
)
def test_durations(text: str, seconds: int) -> None:
    """Durations may be compact, compound or in words."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "soon", "0m", "-5m", "5", "1h 30", "9e9d", "99999999999999w", "1y"])
def test_no_durations(text: str) -> None:
    """What is no positive length of at most ten years is refused."""
    with pytest.raises(BadInput):
        parse_duration(text)


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11-20T14:00:00", "2026-11-20 14:00", "", "soon", "25:00"])
def test_an_option_needs_a_zone(text: str) -> None:
    """A date and time of an option is refused where it has no zone, and so is what is no time."""
    with pytest.raises(BadInput):
        parse_time(text, NOW)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("14:00", "14:20", (0, 1 / 3)),
        ("2pm", "14:30", (0, 0.5)),
        ("14:00", "15:00", (0, 1)),  # not over yet
        ("22:00", "23:00", (-16, -15)),
        ("22:00", "02:00", (-16, -12)),
        ("yesterday", "noon", (-38, -26)),
        ("2026-11-18T10:00:00Z", "12:00", (-52, -50)),
    ],
)
def test_times_of_day_as_options(start: str, end: str, hours: tuple[float, float]) -> None:
    """--from 22:00 is the last 22:00 that has been, and --to 02:00 the one after it, given here in hours from 14:00."""
    two = datetime(2026, 11, 20, 14, tzinfo=UTC)
    first = parse_time(start, NOW)
    assert (first, parse_time(end, NOW, since=first)) == tuple(two + timedelta(hours=each) for each in hours)


def test_a_window_of_options_may_not_end_before_it_starts() -> None:
    """--from 14:00 --to 13:00 is no window: 13:00 of the next day has not been."""
    first = parse_time("14:00", NOW)
    assert parse_time("13:00", NOW, since=first) < first
    with pytest.raises(BadInput, match="calendar"):
        parse_time("14:00", NOW, since=datetime.max.replace(tzinfo=UTC))


def test_an_option_may_be_words() -> None:
    """A clock time or a day in words is meant from `now`."""
    assert parse_time("yesterday", NOW) == datetime(2026, 11, 19, tzinfo=UTC)
    assert parse_time("2026-11-20T14:00:00+02:00", NOW) == datetime(2026, 11, 20, 12, tzinfo=UTC)


WORDS = st.sampled_from(
    re.findall(
        r"\S+",
        """last since between from to yesterday today at ago hours weeks pm 14:00 25:99 2026-11-20 9999-12-31 0001-01-01
        T23:59:59Z 0 99999999999 1e9 days noon now this week night around ٣ Z +14:00 on and half an""",
    )
)
MOMENTS = st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))  # to 2100


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=8).map(" ".join)), MOMENTS)
def test_any_text_is_a_window_none_or_bad_input(text: str, now: datetime) -> None:
    """Whatever stands in a question, it names a half-open window, none, or is refused; nothing else is raised."""
    for read in (find_window, parse_time):
        try:
            found = read(text, now)
        except BadInput:
            continue
        if isinstance(found, tuple) and found[0] is not None:
            assert found[0].start < found[0].end


RELATIVE = st.one_of(
    st.sampled_from(["today", "yesterday", "this week", "last night", "since yesterday", "since 14:00"]),
    st.sampled_from(["this morning", "this afternoon", "tonight", "last {n} minutes", "past {n}h", "last {n} days"]),
    st.sampled_from(["{n} minutes ago", "{n} days ago"]),
)


@given(RELATIVE, st.integers(0, 90), MOMENTS)
def test_relative_windows_end_by_now(phrase: str, n: int, now: datetime) -> None:
    """A window counted from now never reaches into the future."""
    try:
        window, _ = find_window(f"what failed {phrase.format(n=n)}?", now)
    except BadInput:
        assert n == 0 or now.time().replace(microsecond=0) == datetime.min.time()  # empty, or asked at midnight
        return
    assert window is not None
    assert window.end <= to_nanoseconds(now)
