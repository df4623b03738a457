"""Events of several lines: stack traces and continuations belong to the line that they stand under."""

import pytest

from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.events import MOST_APART, MOST_LINES, events_of
from retrieval.patterns.window_patterns import find_patterns

JAVA = """\
2026-11-20 14:00:00 ERROR c.Shop - Could not place order
java.lang.IllegalStateException: outer
\tat shop.Order(Order.java:1)
\t... 12 more
Caused by: java.net.ConnectException: Connection refused
\tat java.net.Socket(Socket.java:2)"""
PYTHON = """\
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    go()
    ^^
ValueError: bad port

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 2, in <module>
shop.errors.NotReady: later"""
UVICORN = """\
ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File "b.py", line 1
KeyError: 'x'"""
GO = """\
panic: runtime error: index out of range [5]

goroutine 1 [running]:
main.main()
\t/app/main.go:12 +0x1d
created by main.start
\t/app/main.go:2"""
NODE = """\
/app/a.js:3
    throw x
    ^

RangeError [ERR_X]: out of range
    at go (/app/a.js:3:1) {
  code: 'X'
}"""
DOTNET = "Unhandled exception. System.IO.IOException: No space\n   at Shop.Main()\n   --- End of inner ---"
KESTREL = "fail: Shop.Kestrel[13]\n      Connection failed"
RUBY = "app.rb:3:in `go': no (RuntimeError)\n\tfrom app.rb:7:in `<main>'"
TRACING = "  \x1b[2m2026-11-20T21:02:02Z\x1b[0m INFO up\n    at src/main.rs:3"
ALL = [JAVA, PYTHON, UVICORN, GO, NODE, DOTNET, KESTREL, RUBY, TRACING]


def table_of(text: str, apart: int = 1000, first: int = 0, pod: str = "a") -> LogTable:
    lines = text.split("\n")
    return LogTable.from_lines(LogLine(first + n, n * apart, {"pod": pod}, line) for n, line in enumerate(lines))


@pytest.mark.parametrize(
    "trace", ALL, ids=["java", "python", "uvicorn", "go", "node", "dotnet", "kestrel", "ruby", "rust"]
)
def test_a_trace_is_one_event_between_others(trace: str) -> None:
    """A trace of any language is one event with all its text, and the lines before and after it are their own."""
    table = table_of(f"INFO served\n{trace}\nINFO served again")
    events = events_of(table)
    assert events.texts(range(len(events.heads))) == ["INFO served", trace, "INFO served again"]
    assert events.of_row.to_list() == [0, *[1] * (trace.count("\n") + 1), 2]


def test_traces_of_one_stream_after_each_other_are_events_of_their_own() -> None:
    """Each exception that is printed without a header begins an event."""
    events = events_of(table_of("java.net.X: one\n\tat a.b\njava.net.ConnectException: two\n\tat a.b"))
    assert events.heads["position"].to_list() == [0, 2]


def test_streams_are_interleaved_but_not_mixed() -> None:
    """Lines of two pods that print a trace at the same time go to the trace of their own pod."""
    two = [*table_of(JAVA), *table_of(JAVA, first=100, pod="b")]
    table = LogTable.from_lines(two)
    assert table.rows["stream"].to_list()[:4] == [0, 1, 0, 1]
    events = events_of(table)
    assert events.texts([0, 1]) == [JAVA, JAVA]
    assert len(events.heads) == 2


def test_what_says_nothing_is_told_by_its_exception() -> None:
    """A bare traceback, a header without a name and a logger alone are told apart by what stands under them."""
    said = [events_of(table_of(trace)).said[0] for trace in (PYTHON, UVICORN, NODE, KESTREL, JAVA)]
    assert said == [
        "Traceback (most recent call last): shop.errors.NotReady: later",
        "ERROR:    Exception in ASGI application KeyError: 'x'",
        "/app/a.js:3 RangeError [ERR_X]: out of range",
        "fail: Shop.Kestrel[13] Connection failed",
        JAVA.split("\n", maxsplit=1)[0],
    ]


def test_what_is_quoted_of_a_trace() -> None:
    """The first line and the exceptions, each with its position in the input."""
    text, positions = events_of(table_of(JAVA, first=7)).quotes(0)
    assert positions == (7, 8, 11)
    assert text.split("\n") == [JAVA.split("\n")[n] for n in (0, 1, 4)]


def test_lines_far_apart_or_without_end_are_not_one_event() -> None:
    """A line long after another does not go on it, and indented text without end is cut into events."""
    assert len(events_of(table_of("INFO a\n  b", apart=MOST_APART + 1)).heads) == 2
    assert len(events_of(table_of("INFO a" + "\n  b" * (2 * MOST_LINES))).heads) == 3


def test_an_indented_line_with_a_time_is_a_line_of_its_own() -> None:
    """Some loggers indent every line; a time makes it an event."""
    assert len(events_of(table_of("  2026-11-20T21:02:02Z INFO a\n  2026-11-20T21:02:02Z INFO b")).heads) == 2


def test_rows_of_described_events_are_lines_of_their_own() -> None:
    """The indented rows that `kubectl describe` prints are one event of Kubernetes each."""
    rows = (
        "Events:\n  Normal   Pulled   43m  kubelet  Container image present\n  Warning  BackOff  4m  kubelet  Back-off"
    )
    assert len(events_of(table_of(rows)).heads) == 3


def test_patterns_count_events_and_keep_their_text() -> None:
    """Two traces are a pattern of two events; its samples hold all lines, its fields the root cause."""
    found = find_patterns(table_of(f"{JAVA}\nINFO served\n{JAVA}\nINFO served\nINFO served"))
    error = found.patterns[0]
    assert [pattern.count for pattern in found.patterns] == [2, 3]
    assert (error.samples, error.sample_positions) == ((JAVA, JAVA), (0, 7))
    assert error.fields.said == "Could not place order: java.net.ConnectException: Connection refused"
    assert found.positions_of(0, 10) == (0, 1, 4, 7, 8, 11)
    assert found.assignment.to_list()[:8] == [0] * 6 + [1] + [0]
