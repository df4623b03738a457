"""The spans of one question (a turn, its steps, and the calls that a step makes) and of one ingestion job.

A parent is passed on explicitly, never taken from the surrounding context, because the pipeline is an async generator:
each `__anext__` may run in another task, whose context knows nothing of the turn. For the same reason leaving a span
puts the earlier context back by value; OpenTelemetry's tokens refuse to be reset from another task.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import httpx
from opentelemetry import context as context_api
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, format_span_id, format_trace_id
from opentelemetry.trace import get_current_span as current_span
from opentelemetry.trace import set_span_in_context as context_of
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.answer import StepName
from app.telemetry import conventions
from app.telemetry.attributes import Attributes, of_server
from app.telemetry.conventions import Attribute, Content
from app.telemetry.guard import Value, admitted, as_name
from app.telemetry.setup import LONGEST_VALUE, Telemetry
from ingestion.watch import Part

_W3C: Final = TraceContextTextMapPropagator()


class TracedSpan:
    """One running span. Nothing that is called on it raises, and nothing but `content` takes text."""

    def __init__(self, telemetry: Telemetry, name: str, context: Context, kind: SpanKind, links: list[Link]) -> None:
        self._telemetry = telemetry
        self._began = time.perf_counter()
        self._milliseconds: float | None = None
        self._span = telemetry.tracer.start_span(
            name, context, kind, links=links, record_exception=False, set_status_on_exception=False
        )

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits, the same for every span of the turn."""
        return format_trace_id(self._span.get_span_context().trace_id)

    @property
    def span_id(self) -> str:
        """16 hexadecimal digits."""
        return format_span_id(self._span.get_span_context().span_id)

    @property
    def duration_ms(self) -> float:
        """Milliseconds from its start to its end, or until now while it runs."""
        return self._elapsed() if self._milliseconds is None else self._milliseconds

    def set(self, attributes: Mapping[Attribute, Value | None]) -> None:
        """Record what was measured or chosen. None is left out; a string that may be prose is withheld.

        Keys are members of `Attribute` and nothing else, since a key can carry text as well as a value.
        """
        for key, value in attributes.items():
            if value is not None and isinstance(key, Attribute):
                self._span.set_attribute(key.value, admitted(value))

    def content(self, key: Content, text: str) -> None:
        """Record text of a person, a log or a model; does nothing unless the content switch is on."""
        if self._telemetry.content and isinstance(key, Content):
            # Logs may hold lone surrogates, which protobuf may not: one would cost the attribute.
            self._span.set_attribute(key.value, text[:LONGEST_VALUE].encode("utf-8", "replace").decode())

    def event(self, name: str, attributes: Mapping[Attribute, Value]) -> None:
        """Something that came of it, at this moment; values are held as those of `set` are."""
        self._span.add_event(name, {key.value: admitted(value) for key, value in attributes.items()})

    def fail(self, error: BaseException) -> None:
        """Mark the span failed by the error's type; its message often quotes a log, so it counts as content."""
        kind = type(error)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        self.set({Attribute.ERROR_TYPE: name})
        if self._telemetry.content:
            self._span.record_exception(error)
        self._span.set_status(StatusCode.ERROR)

    def child(self, name: str, kind: SpanKind, attributes: Attributes) -> "TracedSpan":
        """A span below this one, started; `running` enters and ends it."""
        span = TracedSpan(self._telemetry, name, context_of(self._span, Context()), kind, [])
        span.set(attributes)
        return span

    @contextmanager
    def running(self) -> Iterator["TracedSpan"]:
        """Make it the current span, and end it on the way out, marked with what went wrong."""
        before = context_api.get_current()
        entered = context_of(self._span, before)
        context_api.attach(entered)
        try:
            yield self
        except Exception as error:
            self.fail(error)
            raise
        except BaseException:  # cancelled, or the generator around it closed: the person left, nothing failed
            self.set({Attribute.CANCELLED: True})
            raise
        finally:
            self._milliseconds = self._elapsed()
            self._span.end()
            if context_api.get_current() is entered:
                context_api.attach(before)

    def _elapsed(self) -> float:
        return (time.perf_counter() - self._began) * 1000


@contextmanager
def turn_span(
    telemetry: Telemetry,
    *,
    traceparent: str | None = None,
    conversation: str | None = None,
    opened_by: str | None = None,
) -> Iterator[TracedSpan]:
    """The span of one question.

    With a valid W3C `traceparent` it is the caller's child; otherwise it is a root of its own, since the span around it
    may be a chat connection that lasts for hours. A running span around it is linked either way, and so is the one that
    opened such a connection (`opened_by`, a `traceparent`).
    """
    parent = _extracted(traceparent)
    around = current_span()
    opening = current_span(_extracted(opened_by))
    links = [Link(around.get_span_context())] if around.is_recording() else []
    links += [Link(opening.get_span_context())] if opening.get_span_context().is_valid else []
    span = TracedSpan(telemetry, conventions.turn_name(), parent, SpanKind.INTERNAL, links)
    span.set(
        {
            Attribute.OPERATION: conventions.INVOKE_WORKFLOW,
            Attribute.WORKFLOW_NAME: conventions.WORKFLOW,
            Attribute.CONVERSATION_ID: conversation,
        }
    )
    with span.running():
        yield span


def _extracted(traceparent: str | None) -> Context:
    return _W3C.extract({"traceparent": traceparent} if traceparent else {}, Context())


@contextmanager
def step_span(turn: TracedSpan, name: StepName) -> Iterator[TracedSpan]:
    """The span of one of the ten steps."""
    with turn.child(conventions.step_name(name), SpanKind.INTERNAL, {}).running() as span:
        yield span


@contextmanager
def chat_span(
    step: TracedSpan, model: str, *, server: str | None = None, provider: str = conventions.LLAMA_CPP
) -> Iterator[TracedSpan]:
    """The span of one request to the model; `server` is its address."""
    model = as_name(model)
    attributes: Attributes = {
        Attribute.OPERATION: conventions.CHAT,
        Attribute.PROVIDER: provider,
        Attribute.REQUEST_MODEL: model,
        Attribute.OUTPUT_TYPE: conventions.JSON_OUTPUT,
        **of_server(server),
    }
    with step.child(conventions.chat_name(model), SpanKind.CLIENT, attributes).running() as span:
        yield span


@contextmanager
def retrieval_span(step: TracedSpan, collection: str, *, server: str | None = None) -> Iterator[TracedSpan]:
    """The span of one search in a collection of the knowledge index; `server` is Chroma's address, if it is one."""
    collection = as_name(collection)
    attributes: Attributes = {
        Attribute.OPERATION: conventions.RETRIEVAL,
        Attribute.DATA_SOURCE_ID: collection,
        Attribute.DB_SYSTEM: conventions.CHROMA,
        Attribute.DB_COLLECTION: collection,
        Attribute.DB_OPERATION: conventions.QUERY,
        **of_server(server),
    }
    with step.child(conventions.retrieval_name(collection), SpanKind.CLIENT, attributes).running() as span:
        yield span


@contextmanager
def evaluation_span(telemetry: Telemetry, experiment: str, dataset: str, cases: int) -> Iterator[TracedSpan]:
    """The span of one run of an experiment, a root; the turns within it are linked to it."""
    span = TracedSpan(telemetry, conventions.evaluation_name(as_name(experiment)), Context(), SpanKind.INTERNAL, [])
    span.set({Attribute.EXPERIMENT: as_name(experiment), Attribute.DATASET: as_name(dataset), Attribute.CASES: cases})
    with span.running():
        yield span


def record_feedback(telemetry: Telemetry, *, trace_id: str, verdict: str, engine: str) -> None:
    """A span that somebody rated the answer of this trace; `verdict` is `confirmed` or `corrected`."""
    span = TracedSpan(telemetry, conventions.FEEDBACK, Context(), SpanKind.INTERNAL, [])
    span.set({Attribute.VERDICT: verdict, Attribute.RATED_TRACE: trace_id, Attribute.ENGINE: engine})
    with span.running():
        pass


@contextmanager
def ingestion_span(telemetry: Telemetry, collection: str, *, server: str | None = None) -> Iterator[TracedSpan]:
    """The span of one ingestion job, a root of its own; `server` is Chroma's address, if it is one."""
    span = TracedSpan(telemetry, conventions.ingestion_name(as_name(collection)), Context(), SpanKind.INTERNAL, [])
    span.set({Attribute.DB_SYSTEM: conventions.CHROMA, Attribute.DB_COLLECTION: as_name(collection)})
    span.set(of_server(server))
    with span.running():
        yield span


@contextmanager
def ingestion_part_span(job: TracedSpan, part: Part, items: int) -> Iterator[TracedSpan]:
    """The span of one part of an ingestion job."""
    kind = SpanKind.CLIENT if part in (Part.UPSERT, Part.DELETE) else SpanKind.INTERNAL
    with job.child(conventions.ingestion_part_name(part), kind, {Attribute.ITEMS: items}).running() as span:
        yield span


def propagation_headers() -> dict[str, str]:
    """W3C headers that make an outgoing request part of the current trace; empty outside a span."""
    headers: dict[str, str] = {}
    _W3C.inject(headers)
    return headers


async def traced_request(request: httpx.Request) -> None:
    """Make an outgoing request part of the current trace: an event hook of the clients for Loki and llama.cpp."""
    request.headers.update(propagation_headers())


def current_ids() -> dict[str, str]:
    """`trace_id` and `span_id` of the current span, for log records; empty outside a span that still runs."""
    span: Span = current_span()
    context = span.get_span_context()
    # A generator that was abandoned leaves its ended span behind in the context.
    if not context.is_valid or (isinstance(span, ReadableSpan) and span.end_time is not None):
        return {}
    return {"trace_id": format_trace_id(context.trace_id), "span_id": format_span_id(context.span_id)}
