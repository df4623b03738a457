"""Every part a process of its own: one trace through all of them, an orderly end, and backends that die."""

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app.answer import STEPS
from app.telemetry import metric_names as names
from deploy.validation.exported import exported
from tests.contract.answer_contract import conforming
from tests.integration.chat_client import Chat, open_chat
from tests.integration.whole_stack import Stack, events, whole_stack

pytestmark = [pytest.mark.integration, pytest.mark.timeout(420)]

LINES = [
    'level=info msg="listening" addr=:8080',
    *['level=error msg="cannot reach the database" err="dial tcp 10.0.0.7:5432: connect: connection refused"'] * 6,
    'level=info msg="request done" status=200',
]
PARENT_TRACE, PARENT_SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{PARENT_TRACE}-{PARENT_SPAN}-01"
ASKED = "what is failing in the last hour?"
QUESTION = {"question": ASKED}
TURN = "invoke_workflow logagent.turn"
PEOPLE = 10
# What a model of random weights always comes to, and its bytes for tokens.
USUAL = ("answer was not usable", "not fit the")
# Whatever a person does, or a job: nothing in these tests rates an answer, stops one or fails whole.
NOT_SEEN_HERE = {names.FEEDBACK, names.ERRORS}


@pytest.fixture(scope="module")
def stack(tmp_path_factory, filled_home):
    with whole_stack(tmp_path_factory.mktemp("stack"), filled_home / "chroma") as stack:
        stack.wait_for_knowledge()
        stack.push(LINES)
        yield stack


def _families(stack: Stack):
    page = httpx.get(stack.metrics_url, headers={"Accept": "application/openmetrics-text"}, timeout=10).text
    return {family.name: family for family in text_string_to_metric_families(page)}


def _count(family, **labels):
    return sum(
        sample.value
        for sample in family.samples
        if sample.name.endswith(("_count", "_total")) and labels.items() <= sample.labels.items()
    )


def _spans(stack: Stack, trace_id: str, name: str, seconds: float = 15.0):
    """The spans of a trace by name, once the one of this name is among them."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        spans = {span.name: span for span in stack.receiver.spans() if span.trace_id.hex() == trace_id}
        if name in spans:
            return spans
        time.sleep(0.1)
    raise TimeoutError(f"no {name} in {trace_id}")


def test_one_question_is_one_trace_and_its_metrics(stack):
    """Its parent came from outside, every step is in it, and the page of metrics counts it."""
    answer = httpx.post(
        f"{stack.url}/api/v1/ask", json=QUESTION, headers={"traceparent": TRACEPARENT}, timeout=120
    ).raise_for_status()
    told = conforming(answer.json())
    assert told.trace_id == PARENT_TRACE
    assert told.coverage.lines_read == len(LINES)
    assert any(item.kind == "runbook" for item in told.evidence)
    spans = _spans(stack, PARENT_TRACE, TURN)
    assert spans[TURN].parent_span_id.hex() == PARENT_SPAN
    assert {f"logagent.{step}" for step in STEPS} <= set(spans)
    (asked,) = (span for name, span in spans.items() if name.startswith("chat "))
    prompt = {each.key: each.value.string_value for each in asked.attributes}
    assert told.prompt is not None
    assert prompt["gen_ai.prompt.name"] == told.prompt.id
    assert prompt["logagent.prompt.version"] == told.prompt.version
    assert prompt["logagent.prompt.sha256"] == told.prompt.sha256
    assert prompt["logagent.prompt.rendered_sha256"] == told.prompt.rendered_sha256
    assert "retrieval runbooks" in spans
    families = _families(stack)
    assert _count(families[names.TURN_SECONDS.prometheus_name], intent="triage") == 1
    for step in STEPS:
        assert _count(families[names.STEP_SECONDS.prometheus_name], step=step) == 1, step
    assert _count(families[names.MODEL_SECONDS.prometheus_name]) >= 1
    assert _count(families[names.LINES_READ.prometheus_name.removesuffix("_total")]) == len(LINES)
    read = _count(families[names.BYTES_READ.prometheus_name.removesuffix("_total")])
    assert read == sum(len(line.encode()) for line in LINES)
    turns = families[names.TURN_SECONDS.prometheus_name].samples
    assert {sample.exemplar.labels["trace_id"] for sample in turns if sample.exemplar} == {PARENT_TRACE}


def test_every_metric_is_on_the_page_with_the_labels_that_dashboards_are_checked_against(stack):
    """Names and labels of the real page are those that `just validate` holds every query against."""
    seen = {}
    for family in _families(stack).values():
        for sample in family.samples:
            seen.setdefault(sample.name, set()).update(sample.labels)
    for metric in {*names.OF_QUESTIONS, *names.OF_QUEUES} - NOT_SEEN_HERE:
        series = {name: labels for name, labels in exported().items() if name.startswith(metric.prometheus_name)}
        assert series
        for name, labels in series.items():
            assert seen.get(name) == labels, name


def test_prometheus_finds_nothing_wrong_with_the_page(stack):
    """By its own linter: names, units, types."""
    if (promtool := shutil.which("promtool")) is None:
        pytest.skip("promtool comes with Prometheus (Debian: prometheus)")
    page = httpx.get(stack.metrics_url, timeout=10).text
    done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


async def test_a_chat_is_answered_and_linked_to_the_gateways_connection(stack):
    """Its question is a trace of its own, which says what opened the websocket; the page can open it in Grafana."""
    async with open_chat(stack.url, traceparent=TRACEPARENT) as chat:
        page = await chat.ask(ASKED)
    assert page["Verdict"]["phase"] == "done"
    trace_id = page["Account"]["trace"]
    assert trace_id in page["Account"]["traceLink"]
    assert trace_id != PARENT_TRACE
    (link,) = (await asyncio.to_thread(_spans, stack, trace_id, TURN))[TURN].links
    assert (link.trace_id.hex(), link.span_id.hex()) == (PARENT_TRACE, PARENT_SPAN)


async def test_backends_that_die_cost_no_answer(stack, capsys):
    """Each is killed while ten people chat; every answer is whole or says what is missing, and service resumes."""
    table = []
    async with AsyncExitStack() as pages:
        people = [await pages.enter_async_context(open_chat(stack.url)) for _ in range(PEOPLE)]
        for backend in (stack.model, stack.chroma, stack.loki):
            asked = [asyncio.create_task(_answered(person)) for person in people]
            await people[0].until("Verdict")
            await asyncio.to_thread(backend.kill)
            during = Counter(await asyncio.gather(*asked))
            without = Counter(await asyncio.gather(*map(_answered, people[:2])))
            began = time.monotonic()
            await asyncio.to_thread(backend.start)
            if backend is stack.loki:
                stack.push(LINES)  # the double keeps its lines in memory
            started = time.monotonic() - began
            while (after := await _answered(people[0])) != "whole" and time.monotonic() - began < 60:
                pass
            table.append((backend.name, dict(during), dict(without), started, time.monotonic() - began))
            assert set(during) <= {"whole", "with a warning"}, table
            assert set(without) == {"with a warning"}, table
            assert after == "whole", table
    head = f"{'killed':<10} {'ten people chatting':<38} {'two more without it':<24} started  answered whole after"
    rows = [f"{name:<10} {during!s:<38} {without!s:<24} {up:5.1f} s  {whole:5.1f} s"
            for name, during, without, up, whole in table]  # fmt: skip
    with capsys.disabled():
        sys.stdout.write("\n".join(["", head, *rows, ""]))
    log = stack.app.log.read_text()
    assert "Traceback" not in log, log[-3000:]


async def _answered(person: Chat) -> str:
    """What became of a question: whole, or with a warning, or what the page said instead."""
    page = await person.ask(ASKED)
    if "Notice" in page or page.get("Verdict", {}).get("phase") != "done":
        return str(page.get("Notice", page.get("Verdict")))
    unusual = [each for each in page["Account"]["warnings"] if not any(usual in each for usual in USUAL)]
    return "with a warning" if unusual else "whole"


async def test_an_end_that_is_asked_for_waits_for_the_answers(stack, capsys):
    """SIGTERM while answers stream, to a program and to a chat: both arrive whole, their spans too, and it ends."""
    async with open_chat(stack.url) as chat, httpx.AsyncClient(timeout=120) as http:
        await chat.send(ASKED)
        await chat.until("Verdict")
        assert chat.elements["Verdict"]["phase"] != "done"
        seen = []
        async with http.stream("POST", f"{stack.url}/api/v1/ask/stream", json=QUESTION) as stream:
            async for name, data in events(stream.aiter_lines()):
                seen.append(name)
                if name == "card":
                    stack.app.process.terminate()
                    began = time.monotonic()
                if name == "answer":
                    streamed = data["trace_id"]
        assert seen[-1] == "answer"
        async with asyncio.timeout(60):
            await chat.ended.wait()
        page = dict(chat.elements)
    ended = await asyncio.to_thread(stack.app.process.wait, 90)
    assert ended in (0, -signal.SIGTERM)  # uvicorn hands the signal on once it is through
    assert page["Verdict"]["phase"] == "done"
    for trace_id in (streamed, page["Account"]["trace"]):
        spans = {span.name for span in stack.receiver.spans() if span.trace_id.hex() == trace_id}
        assert {TURN, *(f"logagent.{step}" for step in STEPS)} <= spans
    took = time.monotonic() - began
    with capsys.disabled():
        sys.stdout.write(f"\nSIGTERM: two answers finished, the process ended {took:.1f} s after it\n")
