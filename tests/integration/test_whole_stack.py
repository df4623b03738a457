"""Every part a process of its own: one trace through all of them, an orderly end, and backends that die."""

import concurrent.futures
import signal
import sys
import time
from collections import Counter

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.answer import STEPS
from app.telemetry import metric_names as names
from tests.contract.answer_contract import conforming
from tests.integration.whole_stack import events, whole_stack

pytestmark = [pytest.mark.integration, pytest.mark.timeout(420)]

LINES = [
    'level=info msg="listening" addr=:8080',
    *['level=error msg="cannot reach the database" err="dial tcp 10.0.0.7:5432: connect: connection refused"'] * 6,
    'level=info msg="request done" status=200',
]
PARENT_TRACE, PARENT_SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{PARENT_TRACE}-{PARENT_SPAN}-01"
QUESTION = {"question": "what is failing in the last hour?"}
PEOPLE = 10


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with whole_stack(tmp_path_factory.mktemp("stack")) as stack:
        stack.wait_for_knowledge()
        stack.push(LINES)
        yield stack


def _families(stack):
    page = httpx.get(stack.metrics_url, timeout=10).text
    return {family.name: family for family in text_string_to_metric_families(page)}


def _count(family, **labels):
    return sum(
        sample.value
        for sample in family.samples
        if sample.name.endswith(("_count", "_total")) and labels.items() <= sample.labels.items()
    )


def test_one_question_is_one_trace_and_its_metrics(stack):
    """Its parent came from outside, every step is in it, and the page of metrics counts it."""
    answer = httpx.post(
        f"{stack.url}/api/v1/ask", json=QUESTION, headers={"traceparent": TRACEPARENT}, timeout=120
    ).raise_for_status()
    told = conforming(answer.json())
    assert told.trace_id == PARENT_TRACE
    assert told.coverage.lines_read == len(LINES)
    assert any(item.kind == "runbook" for item in told.evidence)
    end = time.monotonic() + 15
    while time.monotonic() < end:
        spans = {span.name: span for span in stack.receiver.spans() if span.trace_id.hex() == PARENT_TRACE}
        if "invoke_workflow logagent.turn" in spans:
            break
        time.sleep(0.2)
    root = spans["invoke_workflow logagent.turn"]
    assert root.parent_span_id.hex() == PARENT_SPAN
    assert {f"logagent.{step}" for step in STEPS} <= set(spans)
    assert any(name.startswith("chat ") for name in spans)
    assert "retrieval runbooks" in spans
    families = _families(stack)
    assert _count(families[names.TURN_SECONDS.prometheus_name], intent="triage") == 1
    for step in STEPS:
        assert _count(families[names.STEP_SECONDS.prometheus_name], step=step) == 1, step
    assert _count(families[names.MODEL_SECONDS.prometheus_name]) >= 1
    lines = families[names.LINES_READ.prometheus_name.removesuffix("_total")]
    assert _count(lines) == len(LINES)


def test_backends_that_die_cost_no_answer(stack, capsys):
    """Each is killed while ten people ask; every answer is whole or says what is missing, and service resumes."""
    table = []

    def ask(_):
        try:
            told = httpx.post(f"{stack.url}/api/v1/ask", json=QUESTION, timeout=180)
        except httpx.HTTPError as error:
            return type(error).__name__
        if told.status_code != 200:
            return f"{told.status_code}: {told.json().get('error', '')[:80]}"
        answer = conforming(told.json())
        return "whole" if not _missing(answer) else "with a warning"

    for backend in (stack.model, stack.chroma, stack.loki):
        with concurrent.futures.ThreadPoolExecutor(PEOPLE) as people:
            asked = [people.submit(ask, number) for number in range(PEOPLE)]
            time.sleep(0.5)
            backend.kill()
            during = Counter(each.result() for each in asked)
            without = Counter(people.map(ask, range(2)))
        backend.start()
        if backend is stack.loki:
            stack.push(LINES)  # the double keeps its lines in memory
        began = time.monotonic()
        while (after := ask(0)) != "whole" and time.monotonic() - began < 60:
            time.sleep(0.5)
        table.append((backend.name, dict(during), dict(without), after, time.monotonic() - began))
        assert set(during) <= {"whole", "with a warning"}, table
        assert set(without) <= {"whole", "with a warning"}, table
        assert after == "whole", table
    rows = [f"{name:<10} {during!s:<42} {without!s:<24} {seconds:.1f} s" for name, during, without, _, seconds in table]
    with capsys.disabled():
        sys.stdout.write("\n".join(["", "killed     ten people asking, two more without it, resumed after", *rows, ""]))
    log = stack.app.log.read_text()
    assert "Traceback" not in log, log[-3000:]


def _missing(answer):
    return [
        warning
        for warning in answer.warnings
        if any(word in warning for word in ("not reach", "down", "cannot", "did not"))
    ]


def test_an_end_that_is_asked_for_waits_for_the_answer(stack):
    """SIGTERM while an answer streams: it arrives whole, its spans too, and then the process ends by that signal."""
    seen = []
    with httpx.stream("POST", f"{stack.url}/api/v1/ask/stream", json=QUESTION, timeout=120) as stream:
        for name, data in events(stream.iter_lines()):
            seen.append(name)
            if name == "card":
                stack.app.process.terminate()
            if name == "answer":
                trace_id = data["trace_id"]
    assert seen[-1] == "answer"
    assert stack.app.process.wait(90) in (0, -signal.SIGTERM)  # uvicorn hands the signal on once it is through
    spans = {span.name for span in stack.receiver.spans() if span.trace_id.hex() == trace_id}
    assert "invoke_workflow logagent.turn" in spans
    assert {f"logagent.{step}" for step in STEPS} <= spans
