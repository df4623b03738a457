"""Metrics made of the spans as they end, so that nothing is measured in two places.

Every duration and count of an answer stands on its spans already (`app.telemetry.conventions`); this turns them into
the metrics of `metric_names`. Labels are names from closed sets and the model's name: never an id, never text.
"""

from collections.abc import Callable, Mapping

from opentelemetry.context import Context
from opentelemetry.metrics import Counter, Histogram, Meter
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import StatusCode

from app.answer import STEPS
from app.telemetry import metric_names as names
from app.telemetry.conventions import (
    CHAT,
    EVIDENCE_BY_KIND,
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


class SpanMetrics(SpanProcessor):
    """Records into a meter what each ended span says."""

    def __init__(self, meter: Meter) -> None:
        self._counters: dict[Metric, Counter] = {}
        self._histograms: dict[Metric, Histogram] = {}
        for metric in names.OF_QUESTIONS:
            if metric.kind is Kind.COUNTER:
                self._counters[metric] = meter.create_counter(metric.name, metric.unit, metric.description)
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
        elif reader := self._readers.get(str(attributes.get(Attribute.OPERATION))):
            reader(span, attributes)

    def _turn(self, span: ReadableSpan, attributes: Mapping[str, object]) -> None:
        self._began.pop(span.context.span_id if span.context else 0, None)
        if attributes.get(Attribute.CANCELLED):
            self._counters[names.CANCELLED].add(1)
            return
        if span.status.status_code is StatusCode.ERROR:
            self._counters[names.ERRORS].add(1, {"error_type": _text(attributes, Attribute.ERROR_TYPE)})
            return
        labels = {
            "intent": _text(attributes, Attribute.INTENT),
            "engine": _text(attributes, Attribute.ENGINE),
            "status": _text(attributes, Attribute.STATUS),
        }
        self._histograms[names.TURN_SECONDS].record(_seconds(span), labels)
        self._counters[names.CITATIONS].add(_number(attributes, Attribute.CITATIONS))
        for kind, key in EVIDENCE_BY_KIND.items():
            self._histograms[names.EVIDENCE].record(_number(attributes, key), {"kind": kind.value})

    def _step(self, span: ReadableSpan, step: str, attributes: Mapping[str, object]) -> None:
        self._histograms[names.STEP_SECONDS].record(_seconds(span), {"step": step})
        if span.name == _CARD and span.parent and (began := self._began.get(span.parent.span_id)):
            self._histograms[names.CARD_SECONDS].record(max(0, (span.end_time or began) - began) / NANOSECONDS)
        for metric, key in ((names.LINES_READ, Attribute.LINES_READ), (names.REDACTIONS, Attribute.REDACTIONS)):
            if key in attributes:
                self._counters[metric].add(_number(attributes, key))
        if attributes.get(Attribute.REPAIRED):
            self._counters[names.REPAIRS].add(1)
        if attributes.get(Attribute.FELL_BACK):
            self._counters[names.FALLBACKS].add(1)

    def _chat(self, span: ReadableSpan, attributes: Mapping[str, object]) -> None:
        model = {"model": _text(attributes, Attribute.REQUEST_MODEL)}
        failed = span.status.status_code is StatusCode.ERROR
        self._histograms[names.MODEL_SECONDS].record(_seconds(span), {**model, "failed": str(failed).lower()})
        if Attribute.FIRST_CHUNK_SECONDS in attributes:
            self._histograms[names.FIRST_CHUNK_SECONDS].record(
                _number(attributes, Attribute.FIRST_CHUNK_SECONDS), model
            )
        for kind, key, counter in (
            ("input", Attribute.INPUT_TOKENS, names.INPUT_TOKENS),
            ("output", Attribute.OUTPUT_TOKENS, names.OUTPUT_TOKENS),
        ):
            if key in attributes:
                tokens = _number(attributes, key)
                self._histograms[names.MODEL_TOKENS].record(tokens, {**model, "gen_ai_token_type": kind})
                self._counters[counter].add(tokens, model)
        if Attribute.CACHED_TOKENS in attributes:
            self._counters[names.CACHED_TOKENS].add(_number(attributes, Attribute.CACHED_TOKENS), model)

    def _retrieval(self, span: ReadableSpan, attributes: Mapping[str, object]) -> None:
        labels = {"collection": _text(attributes, Attribute.DB_COLLECTION)}
        self._histograms[names.RETRIEVAL_SECONDS].record(_seconds(span), labels)
        if Attribute.HITS in attributes:
            self._histograms[names.RETRIEVAL_HITS].record(_number(attributes, Attribute.HITS), labels)
        if Attribute.TOP_SCORE in attributes:
            self._histograms[names.RETRIEVAL_SCORE].record(_number(attributes, Attribute.TOP_SCORE), labels)


def _seconds(span: ReadableSpan) -> float:
    return ((span.end_time or 0) - (span.start_time or 0)) / NANOSECONDS


def _text(attributes: Mapping[str, object], key: Attribute) -> str:
    return str(attributes.get(key, "unknown"))


def _number(attributes: Mapping[str, object], key: Attribute) -> float:
    value = attributes.get(key, 0)
    return value if isinstance(value, int | float) else 0
