import asyncio
import contextlib
import logging

import pytest
from opentelemetry.context import Context, attach, get_current
from opentelemetry.trace import SpanKind, StatusCode, format_trace_id

from app.answer import STEPS
from app.telemetry.conventions import Attribute, Content
from app.telemetry.guard import WITHHELD
from app.telemetry.setup import LONGEST_VALUE, Telemetry
from app.telemetry.spans import (
    chat_span,
    current_ids,
    evaluation_span,
    propagation_headers,
    retrieval_span,
    step_span,
    turn_span,
)
from retrieval.errors import KnowledgeDown
from retrieval.taxonomy import Severity

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TURN = "invoke_workflow logagent.turn"


def test_the_tree_of_a_turn(recorded):
    """Steps hang below the turn, calls below their step, and all share one trace."""
    with turn_span(recorded.telemetry, conversation="c-1") as turn:
        for name in STEPS:
            with step_span(turn, name) as step:
                if name == "retrieval":
                    with retrieval_span(step, "runbooks", server="http://chroma:8000"):
                        pass
                if name == "generate":
                    with chat_span(step, "my model", server="http://llm:8080") as call:
                        call.set({Attribute.FIRST_CHUNK_SECONDS: 0.5, Attribute.REQUEST_SEED: None})
    spans = recorded.spans
    root = spans[TURN]
    assert root.parent is None
    assert set(spans) == {TURN, "chat my_model", "retrieval runbooks", *(f"logagent.{step}" for step in STEPS)}
    assert all(spans[f"logagent.{step}"].parent == root.context for step in STEPS)
    assert spans["chat my_model"].parent == spans["logagent.generate"].context
    assert spans["retrieval runbooks"].parent == spans["logagent.retrieval"].context
    assert {format_trace_id(span.context.trace_id) for span in spans.values()} == {turn.trace_id}


def test_calls_carry_the_genai_attributes(recorded):
    """The spans of outgoing calls are of kind CLIENT and name operation, object and server."""
    with turn_span(recorded.telemetry, conversation="c-1") as turn, step_span(turn, "generate") as step:
        with chat_span(step, "qwen", server="http://llm:8080"):
            pass
        with retrieval_span(step, "runbooks"):
            pass
    spans = recorded.spans
    assert dict(spans[TURN].attributes) == {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "logagent.turn",
        "gen_ai.conversation.id": "c-1",
    }
    assert dict(spans["chat qwen"].attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "llama_cpp",
        "gen_ai.request.model": "qwen",
        "gen_ai.output.type": "json",
        "server.address": "llm",
        "server.port": 8080,
    }
    assert dict(spans["retrieval runbooks"].attributes) == {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.data_source.id": "runbooks",
        "db.system.name": "chroma",
        "db.collection.name": "runbooks",
        "db.operation.name": "query",
    }
    assert [spans[name].kind for name in ("chat qwen", "retrieval runbooks")] == [SpanKind.CLIENT] * 2
    assert [spans[name].kind for name in (TURN, "logagent.generate")] == [SpanKind.INTERNAL] * 2


def test_a_turn_is_its_own_root_inside_a_connection(recorded):
    """Two turns of one chat connection are two traces, each linked to the connection's span."""
    with recorded.telemetry.tracer.start_as_current_span("websocket") as connection:
        ids = []
        for _ in range(2):
            with turn_span(recorded.telemetry) as turn:
                ids.append(turn.trace_id)
            assert recorded.spans[TURN].parent is None
            assert [link.context for link in recorded.spans[TURN].links] == [connection.get_span_context()]
    assert len({*ids, format_trace_id(connection.get_span_context().trace_id)}) == 3


@pytest.mark.parametrize("inside", [False, True])
def test_a_caller_becomes_the_parent(recorded, inside):
    """A valid traceparent wins over a new root, with or without a span around."""
    around = recorded.telemetry.tracer.start_as_current_span("server") if inside else contextlib.nullcontext()
    with around, turn_span(recorded.telemetry, traceparent=CALLER) as turn:
        pass
    parent = recorded.spans[TURN].parent
    assert (turn.trace_id, f"{parent.span_id:016x}", parent.is_remote) == (CALLER[3:35], CALLER[36:52], True)
    assert len(recorded.spans[TURN].links) == int(inside)


def test_a_turn_over_a_connection_is_linked_to_what_opened_it(recorded):
    """A root of its own all the same; a traceparent that is none links nothing."""
    with turn_span(recorded.telemetry, opened_by=CALLER) as turn:
        pass
    span = recorded.spans[TURN]
    assert span.parent is None
    assert turn.trace_id not in CALLER
    (link,) = span.links
    assert f"{link.context.trace_id:032x}-{link.context.span_id:016x}" in CALLER
    with turn_span(recorded.telemetry, opened_by="nonsense"):
        pass
    assert recorded.spans[TURN].links == ()


def test_a_run_of_an_experiment_has_its_metrics_and_links_its_turns(recorded):
    """Each turn is a trace of its own; the metrics are events under the conventions' names."""
    with evaluation_span(recorded.telemetry, "triage.model", "golden-v1", 150) as run:
        with turn_span(recorded.telemetry) as turn:
            pass
        run.event("gen_ai.evaluation.result", {Attribute.EVALUATION_NAME: "category", Attribute.EVALUATION_SCORE: 0.8})
    span = recorded.spans["logagent.evaluation triage.model"]
    assert span.attributes["logagent.evaluation.cases.count"] == 150
    (event,) = span.events
    assert dict(event.attributes) == {"gen_ai.evaluation.name": "category", "gen_ai.evaluation.score.value": 0.8}
    assert turn.trace_id != run.trace_id
    (link,) = recorded.spans[TURN].links
    assert f"{link.context.trace_id:032x}" == run.trace_id


@pytest.mark.parametrize("traceparent", [None, "", "nonsense", f"00-{'0' * 32}-b7ad6b7169203331-01", CALLER + "-x"])
def test_a_caller_that_is_none_is_ignored(recorded, traceparent):
    """Without a valid traceparent the turn is a root, and nothing is said about it."""
    with turn_span(recorded.telemetry, traceparent=traceparent):
        pass
    assert recorded.spans[TURN].parent is None
    assert not recorded.spans[TURN].links


def test_a_caller_that_does_not_sample_is_obeyed(recorded):
    """An unsampled caller's turn is not recorded and still knows its trace id."""
    with turn_span(recorded.telemetry, traceparent=CALLER[:-2] + "00") as turn, step_span(turn, "logs") as step:
        assert step.trace_id == CALLER[3:35]
    assert not recorded.spans


def test_a_trace_id_exists_without_any_exporter():
    """With neither endpoint nor file the answer still has a valid trace id of its own."""
    telemetry = Telemetry()
    ids = set()
    for _ in range(2):
        with turn_span(telemetry) as turn:
            ids.add(turn.trace_id)
            assert int(turn.span_id, 16)
    assert len(ids) == 2
    assert all(int(trace_id, 16) and len(trace_id) == 32 for trace_id in ids)


def test_an_exception_marks_its_spans_and_goes_on(recorded):
    """The failing step and its turn have an error type, no message, and the exception reaches the caller."""
    with pytest.raises(KnowledgeDown):
        failing_turn(recorded.telemetry, KnowledgeDown("the index at /secret is down"))
    for name in (TURN, "logagent.retrieval"):
        span = recorded.spans[name]
        assert span.attributes["error.type"] == "retrieval.errors.KnowledgeDown"
        assert (span.status.status_code, span.status.description, len(span.events)) == (StatusCode.ERROR, None, 0)
    assert recorded.spans["logagent.logs"].status.status_code is StatusCode.UNSET


def failing_turn(telemetry, error):
    with turn_span(telemetry) as turn:
        turn.content(Content.QUESTION, "what is \ud800 failing?")
        turn.content(Content.LINES, "x" * (LONGEST_VALUE + 1))
        turn.content("theirs", "a key that is no `Content`")
        with step_span(turn, "logs"):
            pass
        with step_span(turn, "retrieval"):
            raise error


def test_a_failure_that_was_dealt_with_is_told(recorded):
    """A step can be marked failed while the turn goes on without it."""
    with turn_span(recorded.telemetry) as turn, step_span(turn, "retrieval") as step:
        step.fail(TimeoutError("slow"))
    assert recorded.spans["logagent.retrieval"].attributes["error.type"] == "TimeoutError"
    assert recorded.spans[TURN].status.status_code is StatusCode.UNSET


def test_content_is_recorded_with_the_switch_on(recorder, caplog):
    """With the switch on, text and exceptions are there to read, quietly bounded in length."""
    recorded = recorder(content=True)
    with pytest.raises(ValueError, match="a line"):
        failing_turn(recorded.telemetry, ValueError("a line"))
    span = recorded.spans[TURN]
    assert span.attributes["logagent.question"] == "what is ? failing?"
    assert len(span.attributes["logagent.lines"]) == LONGEST_VALUE
    assert span.events[0].attributes["exception.message"] == "a line"
    assert "theirs" not in span.attributes
    assert not caplog.records


def test_values_are_guarded_and_unknown_keys_dropped(recorded):
    """Prose under a known key is withheld; a key that is no `Attribute` is not recorded at all."""
    with turn_span(recorded.telemetry) as turn:
        turn.set({Attribute.ENGINE: "two words", Attribute.SEVERITY: Severity.ERROR, "what is failing": 1})
    attributes = recorded.spans[TURN].attributes
    assert attributes["logagent.engine"] == WITHHELD
    assert attributes["logagent.triage.severity"] == "ERROR"
    assert "what is failing" not in attributes


def test_durations_are_measured(recorded):
    """A span's duration is known while it runs and stays fixed after its end."""
    with turn_span(recorded.telemetry) as turn, step_span(turn, "logs") as step:
        assert 0 <= step.duration_ms <= turn.duration_ms
    ended = step.duration_ms
    assert ended == step.duration_ms > 0


def test_outgoing_requests_join_the_trace(recorded):
    """Headers name the current span; outside any span there are none."""
    assert propagation_headers() == {}
    with turn_span(recorded.telemetry) as turn, step_span(turn, "logs") as step:
        assert propagation_headers() == {"traceparent": f"00-{turn.trace_id}-{step.span_id}-{flags(recorded)}"}
    assert propagation_headers() == {}


def flags(recorded) -> str:
    span = recorded.telemetry.tracer.start_span("flags", context=Context())
    return f"{span.get_span_context().trace_flags:02x}"


async def events(telemetry):
    """A pipeline in small: yields while its spans are open."""
    with turn_span(telemetry) as turn:
        for name in ("logs", "generate"):
            with step_span(turn, name):
                yield name


async def test_steps_find_their_turn_from_other_tasks(recorded):
    """A consumer that takes each event in a task of its own, as a heartbeat does, still gets one tree."""
    stream = events(recorded.telemetry)
    with contextlib.suppress(StopAsyncIteration):
        while True:
            await asyncio.create_task(anext(stream))
    root = recorded.spans[TURN]
    assert [recorded.spans[f"logagent.{name}"].parent for name in ("logs", "generate")] == [root.context] * 2


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_consumer_may_leave_early(recorded, caplog, elsewhere):
    """A generator closed half-way, in its own task or another, ends its spans, says so, and logs nothing."""
    caplog.set_level(logging.DEBUG, logger="opentelemetry")
    stream = events(recorded.telemetry)
    await anext(stream)
    await (asyncio.create_task(stream.aclose()) if elsewhere else stream.aclose())
    for name in (TURN, "logagent.logs"):
        assert recorded.spans[name].attributes["logagent.cancelled"] is True
        assert recorded.spans[name].status.status_code is StatusCode.UNSET
    assert not caplog.records


async def test_an_abandoned_turn_is_not_linked_or_logged(recorded):
    """The ended span that an abandoned generator leaves in the context counts as no span."""
    stream = events(recorded.telemetry)
    await anext(stream)
    await asyncio.create_task(stream.aclose())
    assert current_ids() == {}
    with turn_span(recorded.telemetry):
        assert current_ids() != {}
    assert not recorded.spans[TURN].links


def test_the_context_is_as_it_was(recorded):
    """Leaving a turn restores whatever was current before it, values of others included."""
    attach(Context({"theirs": 1}))
    before = get_current()
    with turn_span(recorded.telemetry) as turn, step_span(turn, "logs"):
        assert get_current()["theirs"] == 1
    assert get_current() is before
    attach(Context())
