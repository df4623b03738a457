"""Windows over the budget: the worst first, then a sample of the rest, and a sentence that says so."""

from collections import Counter
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from retrieval.logs.loki import Budget, LokiSource
from retrieval.logs.loki.tiers import fill
from retrieval.logs.source import LogQuery, LogRead
from retrieval.time_window import TimeWindow
from tests.loki_double import LokiDouble
from tests.retrieval.loki.pushing import Line, push

START = 1_795_200_000 * 10**9
WINDOW = TimeWindow(START, START + 600 * 10**9)
Make = Callable[..., LokiSource]


def spread(count: int, text: str, namespace: str = "n", level: str = "info") -> list[Line]:
    """So many lines, evenly over the ten minutes."""
    step = 600 * 10**9 // count
    return [
        Line(START + nth * step + len(text), f"level={level} {text} {nth}", {"namespace": namespace})
        for nth in range(count)
    ]


def counted(read: LogRead, word: str) -> int:
    """How many lines with this word were read."""
    return sum(word in line.text for line in read.table)


async def test_levels_and_namespaces_are_measured_before_they_are_read(double: LokiDouble, source_of: Make) -> None:
    """The volume by level and namespace is one metric query over the whole window."""
    push(double.url, spread(800, "request"))
    await source_of(double.url, budget=Budget(lines=200, page_lines=100)).read(LogQuery(WINDOW))
    metric = next(one.parameters for one in double.requests if one.path.endswith("/query"))
    wanted = 'sum by (detected_level, namespace) (count_over_time({service_name=~".+"} [600000ms]))'
    assert (metric["query"], metric["time"]) == (wanted, str(WINDOW.end - 1))


async def test_more_errors_than_the_budget_are_sampled_over_the_window(double: LokiDouble, source_of: Make) -> None:
    """Errors take their share and no more; warnings, and the rest, still have theirs."""
    lines = spread(2000, "broken", level="error") + spread(1000, "slow", level="warn") + spread(500, "request")
    push(double.url, lines)
    read = await source_of(double.url, budget=Budget(lines=500, page_lines=100)).read(LogQuery(WINDOW))
    assert (counted(read, "broken"), counted(read, "slow"), counted(read, "request")) == (200, 100, 200)
    assert read.coverage.lines_matched == 3500
    minutes = Counter((line.timestamp or 0) // (60 * 10**9) for line in read.table if "broken" in line.text)
    assert len(minutes) == 10
    assert "read 200 of 2,000 errors, 100 of 1,000 warnings and 200 of 500 other lines" in read.warnings[0]


async def test_a_loud_namespace_does_not_crowd_out_the_quiet_ones(double: LokiDouble, source_of: Make) -> None:
    """Of errors beyond the budget those of quiet namespaces are read whole."""
    loud = spread(3000, "broken", "loud", "error")
    quiet = spread(20, "failing", "quiet", "error") + spread(15, "bad", "calm", "error")
    push(double.url, loud + quiet)
    read = await source_of(double.url, budget=Budget(lines=400, page_lines=100)).read(LogQuery(WINDOW))
    assert (counted(read, "failing"), counted(read, "bad")) == (20, 15)
    assert 100 <= counted(read, "broken") <= 400


async def test_lines_without_a_level_that_speak_of_failure_come_before_the_rest(
    double: LokiDouble, source_of: Make
) -> None:
    """What no level marks is found by its words, the question's among them."""
    lines = [Line(START + nth, f"GET /{nth}", {"namespace": "n"}) for nth in range(3000)]
    lines += [Line(START + 5 + 10**9 * nth, f"connection refused {nth}", {"namespace": "n"}) for nth in range(40)]
    lines += [Line(START + 7 + 10**9 * nth, f"about Coredns {nth}", {"namespace": "n"}) for nth in range(30)]
    push(double.url, lines)
    question = LogQuery(WINDOW, {"namespace": "n"}, terms=("coredns",))
    read = await source_of(double.url, budget=Budget(lines=300, page_lines=100)).read(question)
    assert (counted(read, "refused"), counted(read, "Coredns")) == (40, 30)
    assert read.coverage.lines_read <= 300


async def test_a_loki_that_does_not_count_is_still_sampled(double: LokiDouble, source_of: Make) -> None:
    """Where metric queries are refused, a bounded sample is read, and the answer does not claim to know the rest."""
    double.limits.series = 0
    push(double.url, spread(2000, "request") + spread(30, "broken", level="error"))
    read = await source_of(double.url, budget=Budget(lines=300, page_lines=100)).read(LogQuery(WINDOW))
    assert counted(read, "broken") == 30
    assert 200 <= read.coverage.lines_read <= 300
    assert read.coverage.truncated
    assert "more lines than the budget allows" in read.warnings[0]


async def test_no_line_is_read_twice(double: LokiDouble, source_of: Make) -> None:
    """The parts that are read of a large window are disjoint."""
    lines = (
        spread(900, "error in the request") + spread(900, "broken", level="error") + spread(900, "slow", "m", "warn")
    )
    push(double.url, lines)
    read = await source_of(double.url, budget=Budget(lines=700, page_lines=60)).read(LogQuery(WINDOW))
    assert max(Counter(line.text for line in read.table).values()) == 1
    assert read.coverage.lines_read <= 700


@given(st.lists(st.integers(0, 1000), max_size=12), st.integers(0, 3000))
def test_shares_fill_small_parts_first(counts: list[int], total: int) -> None:
    """Shares never exceed a part or the total, spend all that can be spent, and leave no small part for a large one."""
    shares = fill(counts, total)
    assert all(share <= count for share, count in zip(shares, counts, strict=True))
    assert total - len(counts) < sum(shares) <= total or sum(shares) == sum(counts)
    short = [share for share, count in zip(shares, counts, strict=True) if share < count]
    assert not short or max(short) - min(short) <= 1
    whole = [share for share, count in zip(shares, counts, strict=True) if share == count]
    assert not short or not whole or max(whole) - min(short) <= 1  # what does not divide evenly goes to the last
