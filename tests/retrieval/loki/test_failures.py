"""Whatever goes wrong with Loki becomes one sentence, in bounded time."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from retrieval.errors import BadInput, LogSourceDown
from retrieval.logs.loki import Budget, LokiConnection, LokiSource
from retrieval.logs.source import LogQuery
from retrieval.time_window import TimeWindow
from tests.loki_double import LokiDouble
from tests.retrieval.loki.pushing import Line, push

START = 1_795_200_000 * 10**9
QUESTION = LogQuery(TimeWindow(START, START + 60 * 10**9), {"namespace": "n"})
Make = Callable[..., LokiSource]

ALWAYS = 50


@pytest.mark.parametrize(
    ("status", "text", "sentence"),
    [
        (400, 'parse error at line 1, col 7: syntax error: unexpected "', "could not parse the query"),
        (400, "the query would read too many bytes (query: 2 TB, limit: 1 TB)", "over Loki's own budget"),
        (400, "something else", "refused the query"),
        (401, "no org id", "LOKI_TENANT"),
        (401, "Unauthorized", "user name and password or its token"),
        (403, "forbidden by policy", "forbids this query"),
        (404, "404 page not found\n", "LOKI_URL is the address before /loki/api"),
        (302, "", "redirects to another page"),
        (429, "too many outstanding requests", "is busy"),
        (500, "rpc error: code = Unknown", "failed with status 500"),
        (503, "no healthy upstream", "failed with status 503"),
        (504, "request timed out, decrease the duration of the request", "ran out of time"),
    ],
)
async def test_each_error_status_has_its_sentence(
    double: LokiDouble, source_of: Make, status: int, text: str, sentence: str
) -> None:
    """An error of Loki, text/plain, becomes one sentence that says what it means and quotes it."""
    double.faults.answers = [(status, text)] * ALWAYS
    with pytest.raises(LogSourceDown, match=sentence) as caught:
        await source_of(double.url).read(QUESTION)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("fault", "sentence"), [("html", "is a web page"), ("half_body", "broke off in the middle")])
async def test_what_is_not_lokis_json_has_its_sentence(
    double: LokiDouble, source_of: Make, fault: str, sentence: str
) -> None:
    """A login page and half an answer are told apart from Loki."""
    setattr(double.faults, fault, True)
    with pytest.raises(LogSourceDown, match=sentence):
        await source_of(double.url).read(QUESTION)


@pytest.mark.parametrize("body", ["{", "[]", '{"data": 3}', '{"data": {"resultType": "matrix", "result": []}}', ""])
async def test_json_of_another_shape_has_its_sentence(double: LokiDouble, source_of: Make, body: str) -> None:
    """JSON that is cut off or of another shape is not taken for an empty window."""
    double.faults.answers = [(200, '{"status": "success"}'), *[(200, body)] * ALWAYS]
    with pytest.raises(LogSourceDown, match="not its JSON"):
        await source_of(double.url).read(QUESTION)


async def test_a_loki_that_is_down_has_its_sentence(source_of: Make) -> None:
    """Nothing listening is said with the address, and without its password."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(LogSourceDown, match=f"Loki at http://127.0.0.1:{port} cannot be reached"):
        await source_of(f"http://me:secret@127.0.0.1:{port}").read(QUESTION)


async def test_a_slow_loki_ends_with_the_request_timeout(double: LokiDouble, source_of: Make) -> None:
    """Silence is waited for no longer than the connection says, and not asked for again."""
    double.faults.delay_seconds = 2
    begun = time.monotonic()
    with pytest.raises(LogSourceDown, match=r"did not answer within 0\.2 s"):
        await source_of(LokiConnection(double.url, read_seconds=0.2)).read(QUESTION)
    assert time.monotonic() - begun < 1.5


async def test_a_slow_loki_ends_with_the_questions_time(double: LokiDouble, source_of: Make) -> None:
    """The seconds of a question bound everything that is asked for it."""
    double.faults.delay_seconds = 2
    begun = time.monotonic()
    with pytest.raises(LogSourceDown, match=r"within the 0\.3 s of a question"):
        await source_of(double.url, budget=Budget(seconds=0.3)).read(QUESTION)
    assert time.monotonic() - begun < 1.5


async def test_time_that_runs_out_on_the_way_leaves_what_was_read(double: LokiDouble, source_of: Make) -> None:
    """A window too slow to be read whole is read from its newest end, and the answer says what is missing."""
    push(double.url, [Line(START + nth * 10**8, f"line {nth}", {"namespace": "n"}) for nth in range(600)])
    double.faults.delay_seconds = 0.08
    read = await source_of(double.url, budget=Budget(page_lines=20, seconds=0.9)).read(QUESTION)
    assert read.coverage.truncated
    assert (read.coverage.lines_matched, 0 < read.coverage.lines_read < 600) == (600, True)
    assert "not read: " in read.warnings[0]
    assert "0.9 s of a question" in read.warnings[1]
    assert max(line.timestamp or 0 for line in read.table) == START + 599 * 10**8


async def test_a_failure_on_the_way_leaves_what_was_read(double: LokiDouble, source_of: Make) -> None:
    """Where Loki breaks after some pages, those stand and the sentence of the failure is beside them."""
    push(double.url, [Line(START + nth * 10**8, f"line {nth}", {"namespace": "n"}) for nth in range(600)])
    double.faults.after_pages = 12
    read = await source_of(double.url, budget=Budget(page_lines=20)).read(QUESTION)
    assert (read.coverage.lines_matched, 0 < read.coverage.lines_read < 600) == (600, True)
    assert read.coverage.truncated
    assert any("status 500" in warning for warning in read.warnings)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_may_pass_is_asked_for_again(double: LokiDouble, source_of: Make, status: int) -> None:
    """Two busy answers are followed by the lines."""
    push(double.url, [Line(START, "line", {"namespace": "n"})])
    double.faults.answers = [(status, "try later")] * 2
    assert (await source_of(double.url).read(QUESTION)).coverage.lines_read == 1


@pytest.mark.parametrize(("status", "text"), [(400, "bad"), (401, "no org id"), (500, "parse error at line 1, col 1")])
async def test_what_cannot_pass_is_asked_for_once(double: LokiDouble, source_of: Make, status: int, text: str) -> None:
    """A refusal is final: the same request is not sent again."""
    double.faults.answers = [(status, text)] * ALWAYS
    with pytest.raises(LogSourceDown):
        await source_of(double.url).read(QUESTION)
    assert len(double.requests) == 1


async def test_retries_are_bounded(double: LokiDouble, source_of: Make) -> None:
    """A Loki that stays busy is asked three times, no more."""
    double.faults.answers = [(429, "busy")] * ALWAYS
    with pytest.raises(LogSourceDown, match="429"):
        await source_of(double.url).read(QUESTION)
    assert len(double.requests) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        {"url": "loki:3100"},
        {"url": "file:///etc/passwd"},
        {"url": "http://x", "username": "u", "token": "t"},
        {"url": "http://x", "tenant": "a\r\nX-Other: b"},
        {"url": "http://x", "token": "ü"},
    ],
)
def test_a_connection_that_cannot_work_is_refused(arguments: dict[str, Any]) -> None:
    """Bad settings are refused with a sentence when they are read, not when the first question is asked."""
    with pytest.raises(BadInput):
        LokiConnection(**arguments)


async def test_label_values_take_no_longer_than_a_question(double: LokiDouble, source_of: Make) -> None:
    """They are asked for before the lines are, and a slow Loki must not cost a second wait."""
    double.faults.delay_seconds = 5.0
    began = time.monotonic()
    with pytest.raises(LogSourceDown, match=r"did not answer within the 0\.3 s of a question"):
        await source_of(double.url, budget=Budget(seconds=0.3)).label_values()
    assert time.monotonic() - began < 3
