"""Candidates out of a Loki: targeted, without noise and secrets, one of each error, spread by severity.

Against the double always, and against a real Loki where LOKI_URL is set.
"""

import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.dataset.cases import Labels
from evals.dataset.extraction.candidate import Candidate, is_candidates, read_candidates, write_candidates
from evals.dataset.extraction.extract import Bounds, Extraction, Extractor
from evals.dataset.extraction.filters import filter_table
from evals.dataset.extraction.sampling import quotas, sample
from evals.dataset.extraction.signatures import Found, distinct, severity_of
from evals.dataset.extraction.signatures import Line as FoundLine
from retrieval.errors import BadInput, LogSourceDown
from retrieval.logs.loki import LokiConnection
from retrieval.taxonomy import Category, Severity, Status
from retrieval.time_window import TimeWindow
from tests.loki_double import LokiDouble
from tests.retrieval.loki.pushing import Line, push

SECOND = 10**9
SECRET = "hunter2-" + "correct-horse"
LINES = (
    ("api", 'time="x" level=error msg="cannot connect: dial tcp 10.0.0.{n}:5432: connect: connection refused"', 12),
    ("api", "FATAL: password=" + SECRET + " permission denied for user {n}", 3),
    ("api", "INFO GET /healthz 200 connection refused is only in a health check", 5),
    ("kubelet", 'E1120 10:00:00.000000 1 x.go:1] "Liveness probe failed" pod="web-{n}"', 4),
    ("etcd", '{{"level":"warn","msg":"apply request took too long","took":"{n}ms"}}', 6),
    ("web", "INFO started in {n} ms", 2),
    ("web", "INFO nothing of interest {n}", 30),
)


@pytest.fixture(params=["double", pytest.param("real", marks=pytest.mark.integration)])
def loki(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "double":
        with LokiDouble().serving() as double:
            yield double.url
    else:
        url = os.environ.get("LOKI_URL")
        if not url:
            pytest.skip("LOKI_URL is not set")
        yield url


async def extracted(url: str, window: TimeWindow, count: int = 20, seed: int = 3) -> Extraction:
    extractor = Extractor(LokiConnection(url), Bounds(a_filter=100, around=20, candidates=count))
    try:
        return await extractor.extract(window, seed)
    finally:
        await extractor.aclose()


def pushed(url: str) -> tuple[str, TimeWindow]:
    """Lines of a namespace that only this test uses, and their window."""
    namespace, start = f"extract-{uuid.uuid4().hex[:8]}", time.time_ns() - 600 * SECOND
    lines = [
        Line(
            start + (nth * 40 + each) * SECOND // 4,
            text.format(n=each),
            {"namespace": namespace, "app": app, "pod": f"{app}-0"},
        )
        for nth, (app, text, times) in enumerate(LINES)
        for each in range(times)
    ]
    push(url, lines)
    return namespace, TimeWindow(start - SECOND, start + 600 * SECOND)


async def test_each_error_is_one_candidate_with_its_neighbours(loki: str) -> None:
    """Counted, guessed at, among the lines of its pod; noise and what no filter looks for are no candidates."""
    namespace, window = pushed(loki)
    extraction = await extracted(loki, window, count=500)
    mine = [each for each in extraction.candidates if each.logs[each.found].labels.namespace == namespace]
    by_component = {(each.component, each.category): each for each in mine}

    refused = by_component["api", Category.MISSING_DEPENDENCY]
    assert (refused.count, refused.severity, refused.filter) == (12, Severity.ERROR, "dependencies")
    assert "connection refused" in refused.logs[refused.found].line
    assert {line.labels.pod for line in refused.logs} == {"api-0"}
    assert len(refused.logs) > 1
    assert by_component["etcd", Category.CONTROL_PLANE_ETCD].severity is Severity.WARN
    assert by_component["kubelet", Category.PROBE_FAILURE].count == 4
    assert len(mine) == 5
    assert not any("/healthz" in each.signature or "of interest" in each.signature for each in mine)


async def test_secrets_are_redacted_everywhere(loki: str) -> None:
    """In the found line, its neighbours and its signature."""
    _, window = pushed(loki)
    extraction = await extracted(loki, window, count=500)
    written = "".join(each.model_dump_json() for each in extraction.candidates)

    assert SECRET not in written
    assert "[redacted:" in written


async def test_the_same_seed_gives_the_same_candidates(loki: str) -> None:
    """Of the same window, in the same order."""
    _, window = pushed(loki)

    assert (await extracted(loki, window)).candidates == (await extracted(loki, window)).candidates


async def test_a_loki_that_is_down_is_told() -> None:
    """As everywhere else: one sentence, no traceback."""
    with pytest.raises(LogSourceDown):
        await extracted("http://127.0.0.1:9", TimeWindow(0, SECOND))


def test_the_filters_are_targeted_and_render_as_logql() -> None:
    """Fifteen and more of many categories, each with the noise taken out."""
    from retrieval.logs.loki.logql import LogExpression, Matcher  # noqa: PLC0415

    table = filter_table()
    everything = LogExpression((Matcher.present("namespace"),))

    assert len(table.filters) >= 15
    assert len({each.category for each in table.filters}) >= 15
    assert len({each.id for each in table.filters}) == len(table.filters)
    flux = next(each for each in table.filters if each.id == "helm").expression(everything, ("app",), ("noise.",))
    assert str(flux) == (
        '{namespace=~".+"} | app="helm-controller" '
        '|~ "(?i)(?:UpgradeFailed|InstallFailed|Helm upgrade failed|rollback)" !~ "(?i)(?:noise\\\\.)"'
    )


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("level=error msg=x", Severity.ERROR),
        ("level=warn msg=x", Severity.WARN),
        ("level=info msg=x", Severity.INFO),
        ("etcdserver: no leader", Severity.CRITICAL),
        ("level=fatal msg=x", Severity.CRITICAL),
        ("dial tcp: connection refused, giving up: timeout", Severity.ERROR),
        ("all is well", Severity.INFO),
    ],
)
def test_a_severity_is_guessed_from_a_line(line: str, severity: Severity) -> None:
    """By its level, by grave words, by words of trouble."""
    assert severity_of(line) is severity


def found(severity: Severity, nth: int) -> Found:
    line = FoundLine(nth, f"line {nth}", {"app": f"app-{nth % 5}"}, filter_table().filters[nth % 7], "{}")
    return Found(line, f"signature {nth}", severity, f"app-{nth % 5}", 1)


def test_a_sample_has_the_wanted_shares() -> None:
    """Of many of each severity the shares are kept; of too few of one the others fill up; filters are spread."""
    many = [found(severity, nth) for severity in Severity for nth in range(100)]
    few = [found(Severity.ERROR, nth) for nth in range(50)] + [found(Severity.CRITICAL, 1)]

    assert Counter(each.severity for each in sample(many, 150, 1)) == quotas(150)
    assert [quotas(150)[each] for each in Severity] == [37, 38, 60, 15]
    assert sum(quotas(7).values()) == 7
    assert Counter(each.severity for each in sample(few, 20, 1)) == {Severity.ERROR: 19, Severity.CRITICAL: 1}
    assert len({each.line.filter.id for each in sample(many, 14, 1)}) == 7


def test_lines_that_differ_in_what_varies_are_one() -> None:
    """The first of them is kept; the same words of another component are another error."""
    table = filter_table().filters
    lines = [
        FoundLine(nth, f"connection refused by 10.0.0.{nth}", {"app": app}, table[0], "{}")
        for nth, app in enumerate(("a", "a", "b"))
    ]

    assert [(each.component, each.count, each.line.timestamp) for each in distinct(lines)] == [("a", 2, 0), ("b", 1, 2)]


def candidate() -> Candidate:
    line = {"ts": None, "labels": Labels(pod="api-0"), "line": "refused"}
    return Candidate(
        id="reported-x-1", filter="x", query="{}", severity=Severity.ERROR, category=Category.DNS, component="api",
        signature="s", count=1, question="?", found=0, logs=(line,),
    )  # fmt: skip


def test_candidates_are_written_and_read_back(tmp_path: Path) -> None:
    """As strictly as cases; a draft case has the guesses for labels."""
    path = tmp_path / "c.jsonl"
    write_candidates(path, [candidate()])

    assert read_candidates(path) == [candidate()]
    assert is_candidates(path)
    assert candidate().draft().expected.status is Status.PROBLEM
    path.write_text('{"id": "x", "signature": "s", "more": 1}\n')
    with pytest.raises(BadInput, match=r"c.jsonl, line 1: "):
        read_candidates(path)
