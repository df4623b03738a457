"""The patterns of a window: every line in one of them, counted, ranked, and quickly."""

import time
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.fields import Level
from retrieval.patterns.window_patterns import find_patterns

SECOND = 10**9


def table_of(texts: list[str], labels: dict[str, str] | None = None, *, timed: bool = True) -> LogTable:
    """Lines a second apart, from one stream."""
    return LogTable.from_lines(
        LogLine(nth, nth * SECOND if timed else None, labels or {}, text) for nth, text in enumerate(texts)
    )


LINES = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.builds("GET /{} HTTP/1.1 {}".format, st.integers(0, 99), st.sampled_from([200, 404, 500])),
        st.builds("ERROR attempt {} failed".format, st.integers()),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=60)
@given(LINES, st.booleans())
def test_every_line_is_in_one_pattern(texts: list[str], timed: bool) -> None:
    """The assignment has a pattern for each row; counts of events, samples and first times agree with it."""
    table = table_of(texts, timed=timed)
    found = find_patterns(table)
    assert len(found.assignment) == found.lines == len(texts)
    assert Counter(found.pattern_of.to_list()) == {nth: pattern.count for nth, pattern in enumerate(found.patterns)}
    for nth, pattern in enumerate(found.patterns):
        rows = found.rows_of(table, nth)
        assert pattern.first_seen == (rows.span() or (None, None))[0]
        assert pattern.template
        for position, sample in zip(pattern.sample_positions, pattern.samples, strict=True):
            assert sample.startswith(rows.at(position).text.rstrip())
        assert sum(pattern.spark) == (pattern.count if timed else 0)
    scores = [pattern.score for pattern in found.patterns]
    assert scores == sorted(scores, reverse=True)


def test_an_empty_window() -> None:
    """No lines have no patterns."""
    found = find_patterns(LogTable())
    assert (found.patterns, len(found.assignment), found.lines) == ((), 0, 0)


def test_status_classes_and_exit_codes_stay_apart() -> None:
    """Lines that differ only in an HTTP class or an exit code are different patterns; in any other number, one."""
    lines = [f'"GET /a HTTP/1.1" {status} {nth}' for nth, status in enumerate([200, 201, 502, 503, 404])]
    lines += [f"container {nth} exited with code {code}" for nth, code in enumerate([0, 0, 137])]
    counts = sorted(pattern.count for pattern in find_patterns(table_of(lines)).patterns)
    assert counts == [1, 1, 2, 2, 2]


def test_levels_stay_apart() -> None:
    """The same words at another level are another pattern, and the worse one comes first."""
    found = find_patterns(table_of(["level=info msg=sync"] * 9 + ["level=error msg=sync"]))
    assert [(pattern.level, pattern.count) for pattern in found.patterns] == [(Level.ERROR, 1), (Level.INFO, 9)]


def test_words_that_vary_become_a_wildcard() -> None:
    """Drain joins lines that share most of their words."""
    users = ("anna", "bob", "carla", "dora")
    [pattern] = find_patterns(table_of([f"session of user {user} was opened by the portal" for user in users])).patterns
    assert pattern.template == "session of user <*> was opened by the portal"


def test_shared_labels_only() -> None:
    """A pattern carries the labels that all its lines share."""
    lines = [LogLine(nth, nth, {"app": "api", "pod": f"api-{nth}"}, "ERROR no route") for nth in range(3)]
    [pattern] = find_patterns(LogTable.from_lines(lines)).patterns
    assert pattern.labels == {"app": "api"}


def test_the_label_of_the_level_helps() -> None:
    """Where a line states no level, the label that Loki adds does."""
    [pattern] = find_patterns(table_of(["the queue is long"] * 3, {"detected_level": "error"})).patterns
    assert pattern.level is Level.ERROR


def test_bounds_of_the_chart() -> None:
    """The small chart counts lines in equal parts of the given bounds."""
    texts = ["ERROR steady"] * 48
    [steady] = find_patterns(table_of(texts), 0, 48 * SECOND).patterns
    assert set(steady.spark) == {2}
    [early] = find_patterns(table_of(texts[:10]), 0, 4800 * SECOND).patterns
    assert early.spark[0] == 10


def seconds_for(lines: int) -> float:
    texts = [
        f"2026-11-20T14:00:00Z ERROR call {nth} to 10.0.{nth % 250}.1 failed after {nth}ms" for nth in range(lines)
    ]
    table = table_of(texts)
    began = time.perf_counter()
    found = find_patterns(table)
    assert [pattern.count for pattern in found.patterns] == [lines]
    return time.perf_counter() - began


def test_time_grows_with_the_lines_and_no_faster() -> None:
    """Ten times as many lines take about ten times as long, with room for a noisy machine."""
    seconds_for(1000)  # the first use of the engine sets it up
    few = min(seconds_for(4_000) for _ in range(3))
    assert seconds_for(40_000) < 30 * few + 0.2
