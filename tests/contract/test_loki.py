"""What a Loki is relied on for: the same tests for the double and, where LOKI_URL is set, for a real one.

A real Loki keeps what earlier runs pushed, so every test has a namespace of its own.
"""

import json
import os
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import pytest

from retrieval.errors import LogSourceDown
from retrieval.logs.loki import Budget, LokiConnection, LokiSource
from retrieval.logs.source import LogQuery, LogRead
from retrieval.time_window import TimeWindow
from tests.loki_double import LokiDouble
from tests.retrieval.loki.pushing import Line, push

SECOND = 10**9
RECORDED = Path(__file__).parents[3] / "shared" / "loki-responses"


@dataclass
class Loki:
    """A Loki with a namespace that only this test uses, and a start from which it pushes."""

    url: str
    namespace: str
    start: int
    real: bool = False

    def line(self, offset: int, text: str, pod: str = "web-0", **metadata: str) -> Line:
        """A line so many nanoseconds after the start."""
        return Line(self.start + offset, text, {"namespace": self.namespace, "pod": pod, "container": "c"}, metadata)

    def window(self, seconds: float = 1800) -> TimeWindow:
        return TimeWindow(self.start, self.start + round(seconds * SECOND))

    async def read(self, window: TimeWindow | None = None, budget: Budget | None = None, **selectors: str) -> LogRead:
        source = LokiSource(LokiConnection(self.url), budget=budget)
        try:
            wanted = {"namespace": self.namespace} | selectors
            return await source.read(LogQuery(window or self.window(), wanted))
        finally:
            await source.aclose()


@pytest.fixture(params=["double", pytest.param("real", marks=pytest.mark.integration)])
async def loki(request: pytest.FixtureRequest) -> AsyncIterator[Loki]:
    start = (time.time_ns() // SECOND - 2400) * SECOND
    namespace = f"contract-{uuid.uuid4().hex[:12]}"
    if request.param == "real":
        if not os.environ.get("LOKI_URL"):
            pytest.skip("LOKI_URL is not set")
        yield Loki(os.environ["LOKI_URL"], namespace, start, real=True)
        return
    with LokiDouble().serving() as double:
        yield Loki(double.url, namespace, start)


def texts(read: LogRead) -> Counter[tuple[int | None, str, str]]:
    return Counter((line.timestamp, line.labels["pod"], line.text) for line in read.table)


def pushed(lines: list[Line]) -> Counter[tuple[int | None, str, str]]:
    return Counter((line.timestamp, line.labels["pod"], line.text) for line in lines)


async def test_a_window_of_many_pages_is_read_complete(loki: Loki) -> None:
    """Lines over three streams come back exactly, seven of them sharing one nanosecond across a page edge."""
    lines = [loki.line(nth * 10**8, f"level=info line {nth}", f"web-{nth % 3}") for nth in range(996)]
    lines += [loki.line(99_600 * 10**6, f"level=info same {nth}", f"web-{nth % 3}") for nth in range(7)]
    lines += [loki.line(100 * SECOND + nth * 10**8, f"level=info late {nth}") for nth in range(3000)]
    push(loki.url, lines)
    read = await loki.read(budget=Budget(page_lines=1000))
    assert texts(read) == pushed(lines)
    assert (read.coverage.lines_matched, read.coverage.lines_read, read.coverage.truncated) == (4003, 4003, False)
    assert read.table.rows["timestamp"].is_sorted()
    assert read.table.rows["position"].to_list() == list(range(4003))
    assert read.warnings == ()
    assert read.query == f'{{namespace="{loki.namespace}"}}'


async def test_random_windows_are_read_complete(loki: Loki) -> None:
    """Crowds of equal timestamps over several streams are neither lost nor doubled, whatever the page size."""
    chance = random.Random(3)
    moments = [chance.randrange(0, 600 * SECOND, 50 * SECOND) + chance.choice((0, 0, 0, 1)) for _ in range(500)]
    lines = [loki.line(moment, f"line {nth}", f"web-{nth % 4}") for nth, moment in enumerate(moments)]
    push(loki.url, lines)
    for page in (7, 40, 499, 500, 501):
        assert texts(await loki.read(budget=Budget(page_lines=page))) == pushed(lines)


async def test_the_start_belongs_to_a_window_and_the_end_does_not(loki: Loki) -> None:
    """A window reads its first nanosecond and not its last."""
    push(loki.url, [loki.line(offset, f"at {offset}") for offset in (0, 1, SECOND - 1, SECOND)])
    read = await loki.read(loki.window(1))
    assert [line.text for line in read.table] == ["at 0", "at 1", f"at {SECOND - 1}"]


async def test_a_label_in_structured_metadata_is_found(loki: Loki) -> None:
    """What is no indexed label is filtered for after the selector, and named in the lines' labels."""
    push(loki.url, [loki.line(nth, f"line {nth}", k8s_node_name=f"node-{nth % 2}") for nth in range(6)])
    read = await loki.read(node="node-1")
    assert [line.text for line in read.table] == ["line 1", "line 3", "line 5"]
    assert {line.labels["node"] for line in read.table} == {"node-1"}
    assert read.query is not None
    assert '} | node="node-1" or node_name="node-1" or k8s_node_name="node-1"' in read.query


@pytest.mark.parametrize(
    "value", ['"', "\\", '\\"', "`", "a\nb", "{}", '"} or {x="', "ü€😀", "\t\x01\x7f", "a|b.*", "#"]
)
async def test_any_label_value_is_selected_exactly(loki: Loki, value: str) -> None:
    """Quotes, backslashes, line ends and operators in a value select that value and nothing else."""
    push(loki.url, [loki.line(1, "wanted", pod=f"x{value}"), loki.line(2, "other", pod="xa")])
    read = await loki.read(pod=f"x{value}")
    assert [line.text for line in read.table] == ["wanted"]


async def test_more_than_the_budget_is_covered_worst_first(loki: Loki) -> None:
    """Over budget, every error is read, the rest is a sample spread over the window, and the answer says so."""
    lines = [loki.line(nth * 10**8, f"level=info request {nth}", f"web-{nth % 3}") for nth in range(6000)]
    lines += [loki.line(nth * 60 * 10**8 + 5, f"level=error broken {nth}") for nth in range(100)]
    push(loki.url, lines)
    read = await loki.read(loki.window(600), Budget(lines=1000, page_lines=500))
    assert (read.coverage.lines_matched, read.coverage.truncated) == (6100, True)
    assert read.coverage.lines_read <= 1000
    found = list(read.table)
    assert sum("broken" in line.text for line in found) == 100
    assert len(found) >= 900
    tenths = Counter((line.timestamp - loki.start) * 10 // (600 * SECOND) for line in found if "request" in line.text)
    assert set(tenths) == set(range(10))
    assert "holds 6,100 lines" in read.warnings[0]
    assert "read all 100 errors" in read.warnings[0]
    assert len(texts(read)) == len(found)


async def test_more_than_the_budget_is_counted_by_label(loki: Loki) -> None:
    """Exactly, by level, whether Loki has the label in its index or beside each line."""
    lines = [loki.line(nth * 10**8, f"level=info request {nth}", f"web-{nth % 3}") for nth in range(3000)]
    lines += [loki.line(nth * 10**9 + 5, f"level=error broken {nth}", "web-1") for nth in range(70)]
    lines += [loki.line(nth * 10**9 + 7, f"level=warn slow {nth}", k8s_node_name="node-1") for nth in range(20)]
    push(loki.url, lines)
    source = LokiSource(LokiConnection(loki.url), budget=Budget(lines=500, page_lines=250))
    try:
        reads = {
            by: await source.read(LogQuery(loki.window(600), {"namespace": loki.namespace}, count_by=(by,)))
            for by in ("pod", "node")
        }
    finally:
        await source.aclose()
    counted = {
        by: {one.labels.get(by): (one.lines, one.errors, one.warnings) for one in read.counts or ()}
        for by, read in reads.items()
    }
    assert counted["pod"] == {"web-0": (1020, 0, 20), "web-1": (1070, 70, 0), "web-2": (1000, 0, 0)}
    assert counted["node"] == {None: (3070, 70, 0), "node-1": (20, 0, 20)}


async def test_one_nanosecond_beyond_the_limit_is_counted(loki: Loki) -> None:
    """More lines of one nanosecond than Loki gives at once: the limit is raised to its own, the rest is counted."""
    lines = [loki.line(5 * SECOND, f"line {nth}", f"web-{nth % 5}") for nth in range(5003)]
    push(loki.url, [loki.line(4 * SECOND, "before"), loki.line(5 * SECOND - 1, "just before"), *lines])
    read = await loki.read(budget=Budget(page_lines=500))
    assert (read.coverage.lines_matched, read.coverage.lines_read, read.coverage.truncated) == (5005, 5002, True)
    assert "3 lines share one nanosecond" in read.warnings[0]


async def test_a_namespace_that_does_not_exist_is_named(loki: Loki) -> None:
    """An unknown namespace reads nothing, and the answer says which there are."""
    push(loki.url, [loki.line(0, "here")])
    read = await loki.read(namespace="no-such")
    assert len(read.table) == 0
    assert read.coverage.lines_matched == 0
    assert "no lines of namespace “no-such”" in read.warnings[0]


async def test_no_selector_reads_everything(loki: Loki) -> None:
    """Without a selector the query still has a matcher that the empty value does not satisfy."""
    push(loki.url, [loki.line(0, "here")])
    source = LokiSource(LokiConnection(loki.url))
    try:
        read = await source.read(LogQuery(TimeWindow(loki.start, loki.start + 1)))
        values = await source.label_values()
    finally:
        await source.aclose()
    assert "here" in [line.text for line in read.table]
    assert read.query == '{service_name=~".+"}'
    assert loki.namespace in values["namespace"]


async def test_a_window_longer_than_loki_allows_is_refused_in_a_sentence(loki: Loki) -> None:
    """Loki's 400 for a range of sixty days becomes a sentence."""
    push(loki.url, [loki.line(0, "here")])
    with pytest.raises(LogSourceDown, match="longer than Loki allows"):
        await loki.read(TimeWindow(loki.start - 60 * 86400 * SECOND, loki.start))


@pytest.mark.timeout(600)
async def test_a_large_window_is_read_complete(loki: Loki) -> None:
    """200,000 lines (20,000 in the double) over ten streams, seven in one nanosecond at a page's edge, come back."""
    chance = random.Random(11)
    moments = sorted(int(chance.triangular(0, 1500, 40) * SECOND) for _ in range(200_000 if loki.real else 20_000))
    moments[4996:5003] = [moments[4996]] * 7
    levels = ["info"] * 17 + ["warn", "warn", "error"]
    lines = [
        loki.line(moment, f"level={levels[nth % 20]} request {nth} of user {moment % 977}", f"web-{nth % 10}")
        for nth, moment in enumerate(moments)
    ]
    push(loki.url, lines)
    read = await loki.read(budget=Budget(lines=250_000, bytes=2**28, seconds=300))
    assert texts(read) == pushed(lines)
    assert not read.coverage.truncated


def _recorded() -> Iterator[Any]:
    for path in sorted(RECORDED.glob("*.json")):
        yield pytest.param(json.loads(path.read_text()), id=path.stem)


_SPOKEN = {"query_range", "labels", "values", "push", "ready", "nope"}
# What the double leaves out: `topk`, raw regular expressions in backticks, and statistics.
_UNSPOKEN = {"query_instant_vector", "query_range_error_filter", "push_bad"}


@pytest.mark.parametrize("recorded", list(_recorded()))
def test_the_double_answers_in_the_shape_a_real_loki_was_recorded_with(recorded: dict[str, Any]) -> None:
    """Status, content type and shape of the double's answers are those of the recordings beside the repository."""
    request = recorded["request"]
    if request["path"].rsplit("/", 1)[1] not in _SPOKEN or recorded["name"] in _UNSPOKEN:
        pytest.skip("the double does not speak this")
    with LokiDouble().serving() as double:
        labels = {"namespace": "llm", "pod": "llama-cpp-6d9f7c5b8-x2x9q", "app": "llama-cpp"}
        moments = [1_795_202_058 * SECOND + nth * 5 * SECOND for nth in range(120)]
        lines = [Line(moment, f"level=info msg={moment}", labels, {"trace_id": "1"}) for moment in moments]
        lines += [Line(1_795_202_598 * SECOND, f"level=info same ns line {nth}", labels) for nth in range(7)]
        push(double.url, lines)
        answer = httpx.request(
            request["method"],
            double.url + request["path"],
            params=request["params"],
            headers=request["headers"],
            json=request["json"],
        )
    assert answer.status_code == recorded["status"]
    assert (answer.headers.get("content-type") or "").lower().split(";")[0] == (recorded["content_type"] or "").split(
        ";"
    )[0]
    if isinstance(recorded["body"], str):
        assert answer.text.split("(")[0].strip() == recorded["body"].split("(")[0].strip()
    else:
        assert _shape(answer.json()) == _shape(recorded["body"])


def _shape(value: Any) -> Any:
    """Types and keys of an answer; runs of one shape count once, and objects whose keys are data are not opened."""
    if isinstance(value, dict):
        free = {"stream", "metric", "stats", "structuredMetadata"}
        return {key: "…" if key in free else _shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape for shape, _ in groupby(_shape(one) for one in value)]
    return "number" if isinstance(value, int | float) else type(value).__name__
