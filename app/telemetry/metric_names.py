"""Every metric of this program: its name, unit, kind and what it counts.

The names that OpenTelemetry's GenAI conventions define are theirs; our own begin with `logagent.`. On `/metrics` and in
PromQL dots become underscores, the unit is appended and counters end in `_total`; `prometheus_name` says how, and the
dashboards and alert rules are tested against it.
"""

from dataclasses import dataclass
from enum import StrEnum

# A small model on a CPU answers in seconds to minutes; the default buckets of most libraries end at 10 s.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300)
TOKENS = (16, 64, 128, 256, 512, 768, 1024, 1536, 2048, 3072, 4096, 8192, 16384)
SCORES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
COUNTS = (0, 1, 2, 3, 5, 8, 12, 20, 30, 50, 80)


class Kind(StrEnum):
    """What a metric does over time."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; `labels` names all its labels, `buckets` the upper bounds of a histogram's, in its unit."""

    name: str
    kind: Kind
    unit: str
    description: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def prometheus_name(self) -> str:
        """Its name in PromQL; of a histogram without `_bucket`, `_sum` and `_count`."""
        unit = {"s": "_seconds", "By": "_bytes"}.get(self.unit, "")
        return self.name.replace(".", "_") + unit + ("_total" if self.kind is Kind.COUNTER else "")


def _counter(name: str, unit: str, description: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, unit, description, labels)


def _gauge(name: str, unit: str, description: str, *labels: str) -> Metric:
    return Metric(name, Kind.GAUGE, unit, description, labels)


def _histogram(name: str, unit: str, buckets: tuple[float, ...], description: str, *labels: str) -> Metric:
    return Metric(name, Kind.HISTOGRAM, unit, description, labels, buckets)


TURN_SECONDS = _histogram("logagent.turn.duration", "s", SECONDS, "One question.", "intent", "engine", "status")
STEP_SECONDS = _histogram("logagent.step.duration", "s", SECONDS, "One of the ten steps.", "step")
CARD_SECONDS = _histogram("logagent.card.duration", "s", SECONDS, "From the question to the evidence card.")
MODEL_SECONDS = _histogram(
    "gen_ai.client.operation.duration", "s", SECONDS, "One request to the model.", "model", "failed"
)
FIRST_CHUNK_SECONDS = _histogram(
    "gen_ai.client.operation.time_to_first_chunk", "s", SECONDS, "From a request to the model to its first words.",
    "model",
)  # fmt: skip
MODEL_TOKENS = _histogram(
    "gen_ai.client.token.usage", "{token}", TOKENS, "Tokens of a request, by type.", "model", "gen_ai_token_type"
)
CACHED_TOKENS = _counter("logagent.tokens.cached", "{token}", "Input tokens in the server's prompt cache.", "model")
INPUT_TOKENS = _counter("logagent.tokens.input", "{token}", "Input tokens, cached ones included.", "model")
OUTPUT_TOKENS = _counter("logagent.tokens.output", "{token}", "Generated tokens.", "model")
QUEUE_SECONDS = _histogram("logagent.queue.duration", "s", SECONDS, "From asking for a slot of the model to having it.")
EVIDENCE = _histogram("logagent.evidence.items", "{item}", COUNTS, "Evidence of an answer.", "kind")
RETRIEVAL_SECONDS = _histogram("logagent.retrieval.duration", "s", SECONDS, "One search.", "collection")
RETRIEVAL_SCORE = _histogram("logagent.retrieval.top_score", "1", SCORES, "Relevance of the best hit.", "collection")
RETRIEVAL_HITS = _histogram("logagent.retrieval.hits", "{document}", COUNTS, "Hits of a search.", "collection")
CITATIONS = _counter("logagent.citations", "{citation}", "Citations of triages that were shown.")
REPAIRS = _counter("logagent.repairs", "{answer}", "Answers of the model that were valid only after a repair.")
FALLBACKS = _counter("logagent.fallbacks", "{answer}", "Questions whose extractive triage stood in for the model's.")
ERRORS = _counter("logagent.errors", "{question}", "Questions that ended in an error.", "error_type")
CANCELLED = _counter("logagent.cancelled", "{question}", "Questions that their person stopped.")
FEEDBACK = _counter("logagent.feedback", "{answer}", "Answers that a person rated.", "verdict", "engine")
LINES_READ = _counter("logagent.logs.lines_read", "{line}", "Log lines read.")
BYTES_READ = _counter("logagent.logs.read", "By", "Text of the log lines read.")
REDACTIONS = _counter("logagent.redactions", "{secret}", "Secrets taken out of log lines.")

# Looked at whenever they are asked for.
SLOTS = _gauge("logagent.queue.slots", "", "Requests that a model's server takes at a time.", "profile")
RUNNING = _gauge("logagent.queue.running", "", "Questions that a model is answering.", "profile")
WAITING = _gauge("logagent.queue.waiting", "", "Questions that wait for a slot of a model.", "profile")

# Sent once, by a job at its end: the whole of its run, so a gauge. A counter would need a second sample to show a rise.
INGESTED_DOCUMENTS = _gauge(
    "logagent.ingestion.documents", "{document}", "Documents of a run, by outcome.", "collection", "outcome"
)
EMBEDDED_CHUNKS = _gauge("logagent.ingestion.chunks_embedded", "{chunk}", "Chunks that a run embedded.", "collection")
INGESTION_SECONDS = _gauge("logagent.ingestion.run", "s", "Duration of a run.", "collection")
EMBEDDING_RATE = _gauge("logagent.ingestion.chunks_per_second", "", "Embedded chunks a second of a run.", "collection")
INGESTION_ENDED = _gauge(
    "logagent.ingestion.ended", "s", "When a run ended (Unix time): done, failed, stopped.", "collection", "outcome"
)
EVALUATION = _gauge("logagent.evaluation.metric", "", "A metric of an evaluation.", "metric", "dataset", "engine")
DRIFT = _gauge("logagent.evaluation.drift", "", "Population stability index against the baseline.", "metric", "dataset")

OF_QUESTIONS: tuple[Metric, ...] = (
    TURN_SECONDS, STEP_SECONDS, CARD_SECONDS, MODEL_SECONDS, FIRST_CHUNK_SECONDS, MODEL_TOKENS, CACHED_TOKENS,
    INPUT_TOKENS, OUTPUT_TOKENS, QUEUE_SECONDS, EVIDENCE, RETRIEVAL_SECONDS, RETRIEVAL_SCORE, RETRIEVAL_HITS, CITATIONS,
    REPAIRS, FALLBACKS, ERRORS, CANCELLED, FEEDBACK, LINES_READ, BYTES_READ, REDACTIONS,
)  # fmt: skip
OF_QUEUES: tuple[Metric, ...] = (SLOTS, RUNNING, WAITING)
OF_JOBS: tuple[Metric, ...] = (
    INGESTED_DOCUMENTS, EMBEDDED_CHUNKS, INGESTION_SECONDS, EMBEDDING_RATE, INGESTION_ENDED, EVALUATION, DRIFT,
)  # fmt: skip
ALL = OF_QUESTIONS + OF_QUEUES + OF_JOBS
