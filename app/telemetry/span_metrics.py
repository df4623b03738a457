"""Metrics made of the spans as they end, so that nothing is measured in two places.

Every duration and count of an answer stands on its spans already (`app.telemetry.conventions`); this turns them into
the metrics of `metric_names`. Labels are names from closed sets and the model's name: never an id, never text.
"""

from collections.abc import Callable, Mapping

from opentelemetry.context import Context
from opentelemetry.metrics import Counter, Histogram, Meter
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import NonRecordingSpan, StatusCode, set_span_in_context

from app.answer import STEPS
from app.telemetry import metric_names as names
from app.telemetry.conventions import (
    CHAT,
    EVIDENCE_BY_KIND,
    FEEDBACK,
    INVOKE_WORKFLOW,
    RETRIEVAL,
    Attribute,
    step_name,
    turn_name,
)
from app.telemetry.metric_names import Kind, Metric

NANOSECONDS = 1_000_000_000
_STEP_OF = {step_name(step): step for step in STEPS}
_CARD = step_name("card")
_OF_STEPS = (
    (names.LINES_READ, Attribute.LINES_READ),
    (names.BYTES_READ, Attribute.BYTES_READ),
    (names.REDACTIONS, Attribute.REDACTIONS),
    (names.QUEUE_SECONDS, Attribute.QUEUE_SECONDS),
)


class SpanMetrics(SpanProcessor):
    """Records into a meter what each ended span says, with the span as the exemplar of its figures."""

    def __init__(self, meter: Meter) -> None:
        self._counters: dict[Metric, Counter] = {}
        self._histograms: dict[Metric, Histogram] = {}
        for metric in names.OF_QUESTIONS:
            if metric.kind is Kind.COUNTER:
                self._counters[metric] = meter.create_counter(metric.name, metric.unit, metric.description)
                if not metric.labels:  # the first rise of a series that was not there before is seen by no rate()
                    self._counters[metric].add(0)
            else:
                self._histograms[metric] = meter.create_histogram(
                    metric.name, metric.unit, metric.description, explicit_bucket_boundaries_advisory=metric.buckets
                )
        self._readers: dict[str, Callable[[ReadableSpan, Mapping[str, object]], None]] = {
            INVOKE_WORKFLOW: self._turn,
            CHAT: self._chat,
            RETRIEVAL: self._retrieval,
        }
        # Start of the turns that run, to time their cards: a step's span knows its parent's id, not when it began.
        self._began: dict[int, int] = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Remember when a turn began."""
        if span.name == turn_name():
            self._began[span.get_span_context().span_id] = span.start_time or 0

    def on_end(self, span: ReadableSpan) -> None:
        """Record the metrics of one span."""
        attributes: Mapping[str, object] = span.attributes or {}
        if (step := _STEP_OF.get(span.name)) is not None:
            self._step(span, step, attributes)
        elif span.name == FEEDBACK:
            labels = {"verdict": _text(attributes, Attribute.VERDICT), "engine": _text(attributes, Attribute.ENGINE)}
            self._record(span, names.FEEDBACK, 1, **labels)
        elif reader := self._readers.get(str(attributes.get(Attribute.OPERATION))):
            reader(span, attributes)

    def _record(self, span: ReadableSpan, metric: Metric, value: float, /, **labels: str) -> None:
        context = set_span_in_context(NonRecordingSpan(span.context), Context()) if span.context else None
        if metric in self._counters:
            self._counters[metric].add(value, labels, context)
        else:
            self._histograms[metric].record(value, labels, context)

    def _turn(self, span: ReadableSpan, attributes: Mapping[str, object]) -> None:
        self._began.pop(span.context.span_id if span.context else 0, None)
        if attributes.get(Attribute.CANCELLED):
            self._record(span, names.CANCELLED, 1)
            return
        if span.status.status_code is StatusCode.ERROR:
            self._record(span, names.ERRORS, 1, error_type=_text(attributes, Attribute.ERROR_TYPE))
            return
        labels = {
            "intent": _text(attributes, Attribute.INTENT),
            "engine": _text(attributes, Attribute.ENGINE),
            "status": _text(attributes, Attribute.STATUS),
        }
        self._record(span, names.TURN_SECONDS, _seconds(span), **labels)
        self._record(span, names.CITATIONS, _number(attributes, Attribute.CITATIONS))
        for kind, key in EVIDENCE_BY_KIND.items():
            self._record(span, names.EVIDENCE, _number(attributes, key), kind=kind.value)

    def _step(self, span: ReadableSpan, step: str, attributes: Mapping[str, object]) -> None:
        self._record(span, names.STEP_SECONDS, _seconds(span), step=step)
        if span.name == _CARD and span.parent and (began := self._began.get(span.parent.span_id)):
            self._record(span, names.CARD_SECONDS, max(0, (span.end_time or began) - began) / NANOSECONDS)
        for metric, key in _OF_STEPS:
            if key in attributes:
                self._record(span, metric, _number(attributes, key))
        if attributes.get(Attribute.REPAIRED):
            self._record(span, names.REPAIRS, 1)
        if attributes.get(Attribute.FELL_BACK):
            self._record(span, names.FALLBACKS, 1)

    def _chat(self, span: ReadableSpan, attributes: Mapping[str, object]) -> None:
        model = _text(attributes, Attribute.REQUEST_MODEL)
        failed = str(span.status.status_code is StatusCode.ERROR).lower()
        self._record(span, names.MODEL_SECONDS, _seconds(span), model=model, failed=failed)
        if Attribute.FIRST_CHUNK_SECONDS in attributes:
            first = _number(attributes, Attribute.FIRST_CHUNK_SECONDS)
            self._record(span, names.FIRST_CHUNK_SECONDS, first, model=model)
        for kind, key, counter in (
            ("input", Attribute.INPUT_TOKENS, names.INPUT_TOKENS),
            ("output", Attribute.OUTPUT_TOKENS, names.OUTPUT_TOKENS),
        ):
            if key in attributes:
                tokens = _number(attributes, key)
                self._record(span, names.MODEL_TOKENS, tokens, model=model, gen_ai_token_type=kind)
                self._record(span, counter, tokens, model=model)
        if Attribute.CACHED_TOKENS in attributes:
            self._record(span, names.CACHED_TOKENS, _number(attributes, Attribute.CACHED_TOKENS), model=model)

    def _retrieval(self, span: ReadableSpan, attributes: Mapping[str, object]) -> None:
        collection = _text(attributes, Attribute.DB_COLLECTION)
        self._record(span, names.RETRIEVAL_SECONDS, _seconds(span), collection=collection)
        for metric, key in ((names.RETRIEVAL_HITS, Attribute.HITS), (names.RETRIEVAL_SCORE, Attribute.TOP_SCORE)):
            if key in attributes:
                self._record(span, metric, _number(attributes, key), collection=collection)


def _seconds(span: ReadableSpan) -> float:
    return ((span.end_time or 0) - (span.start_time or 0)) / NANOSECONDS


def _text(attributes: Mapping[str, object], key: Attribute) -> str:
    return str(attributes.get(key, "unknown"))


def _number(attributes: Mapping[str, object], key: Attribute) -> float:
    value = attributes.get(key, 0)
    return value if isinstance(value, int | float) else 0
