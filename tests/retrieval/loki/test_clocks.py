"""Clocks that disagree are said, so that an empty or wrong window is not taken for health."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from retrieval.logs.loki import LokiSource
from retrieval.logs.source import LogQuery
from retrieval.time_window import TimeWindow
from tests.loki_double import LokiDouble
from tests.retrieval.loki.pushing import Line, push

HOUR = timedelta(hours=1)
Make = Callable[..., LokiSource]


def question(now: datetime) -> LogQuery:
    """The last hour of a namespace."""
    return LogQuery(TimeWindow.last(HOUR, now), {"namespace": "n"})


async def test_clocks_that_agree_are_not_mentioned(double: LokiDouble, source_of: Make) -> None:
    """A window that ends now, on machines that agree, has no warning."""
    push(double.url, [Line(time.time_ns() - 10**9, "line", {"namespace": "n"})])
    assert (await source_of(double.url).read(question(datetime.now(UTC)))).warnings == ()


async def test_a_clock_an_hour_off_loki_is_said(double: LokiDouble, source_of: Make) -> None:
    """Loki's Date header tells that this machine's clock, and so its window, is an hour off."""
    push(double.url, [Line(time.time_ns() - 10**9, "line", {"namespace": "n"})])
    double.faults.clock_seconds = 3600
    assert "1:00 h behind Loki's" in (await source_of(double.url).read(question(datetime.now(UTC)))).warnings[0]
    double.faults.clock_seconds = -3600
    assert "1:00 h ahead of Loki's" in (await source_of(double.url).read(question(datetime.now(UTC)))).warnings[0]


async def test_a_date_without_a_zone_is_utc(double: LokiDouble, source_of: Make) -> None:
    """A server or proxy that says -0000 for its zone, which HTTP does not allow, is understood all the same."""
    push(double.url, [Line(time.time_ns() - 10**9, "line", {"namespace": "n"})])
    double.faults.zone = "-0000"
    assert (await source_of(double.url).read(question(datetime.now(UTC)))).warnings == ()
    double.faults.clock_seconds = 3600
    assert "1:00 h behind Loki's" in (await source_of(double.url).read(question(datetime.now(UTC)))).warnings[0]


async def test_lines_from_the_future_are_said(double: LokiDouble, source_of: Make) -> None:
    """Lines that a node an hour ahead has stamped lie after the window that ends now: they are looked for, and said."""
    now = datetime.now(UTC)
    push(double.url, [Line(time.time_ns() + 3540 * 10**9, "line", {"namespace": "n"})])
    read = await source_of(double.url).read(question(now))
    assert read.coverage.lines_read == 0
    assert "59 min in the future" in read.warnings[0]


async def test_a_window_beyond_now_is_said(double: LokiDouble, source_of: Make) -> None:
    """A window that reaches into the future, or lies in it, cannot be complete."""
    now = datetime.now(UTC)
    push(double.url, [Line(time.time_ns(), "line", {"namespace": "n"})])
    half = LogQuery(TimeWindow.between(now - HOUR, now + HOUR), {"namespace": "n"})
    assert (await source_of(double.url).read(half)).warnings == (
        "The window reaches 1:00 h into the future, by this machine's clock.",
    )
    whole = LogQuery(TimeWindow.between(now + HOUR, now + 2 * HOUR), {"namespace": "n"})
    assert "lies in the future" in (await source_of(double.url).read(whole)).warnings[0]
