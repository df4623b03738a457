"""Every span name and attribute key of this program, after OpenTelemetry's GenAI conventions.

The names that the conventions define come from `opentelemetry.semconv`; our own begin with `logagent.`. The tree of
one question, each name once:

    invoke_workflow logagent.turn      a root of its own, or the child of the caller's traceparent
    ├── logagent.intent                one span for each of `app.answer.STEPS`
    ├── …
    ├── logagent.retrieval
    │   └── retrieval {collection}     CLIENT, one for each collection asked
    ├── logagent.generate
    │   └── chat {model}               CLIENT, one for each request to the model
    └── logagent.verify

`logagent.evaluation {experiment}` is a run of an experiment, with an event for each of its metrics; the turns of its
cases are traces of their own, linked to it. `logagent.feedback` is a root of its own: somebody rated an answer, whose
trace it names.

That of one ingestion job, whose parts come batch by batch:

    logagent.ingestion {collection}
    ├── logagent.ingestion.load        files, or slices of a log source
    ├── logagent.ingestion.redact
    ├── logagent.ingestion.diff        against what the index has
    ├── logagent.ingestion.chunk       only what is new
    ├── logagent.ingestion.embed
    ├── logagent.ingestion.upsert      CLIENT
    └── logagent.ingestion.delete      CLIENT

`Attribute` says what was measured or chosen and never holds text from a question, a prompt, a log or an answer.
`Content` holds exactly such text and is recorded only where the content switch is on.
"""

from enum import StrEnum
from typing import Final

from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as gen_ai
from opentelemetry.semconv.attributes import db_attributes, error_attributes, server_attributes

from app.answer import StepName
from ingestion.watch import Part
from retrieval.taxonomy import EvidenceKind

SCOPE: Final = "logagent"
SERVICE: Final = "k8s-log-agent"
WORKFLOW: Final = "logagent.turn"
FEEDBACK: Final = "logagent.feedback"
EVALUATION_RESULT: Final = "gen_ai.evaluation.result"

INVOKE_WORKFLOW: Final = gen_ai.GenAiOperationNameValues.INVOKE_WORKFLOW.value
CHAT: Final = gen_ai.GenAiOperationNameValues.CHAT.value
RETRIEVAL: Final = gen_ai.GenAiOperationNameValues.RETRIEVAL.value
JSON_OUTPUT: Final = gen_ai.GenAiOutputTypeValues.JSON.value

# The conventions have no value for either; their text asks for a name of one's own then.
LLAMA_CPP: Final = "llama_cpp"
CHROMA: Final = "chroma"
QUERY: Final = "query"  # Chroma's own name of the request


class Attribute(StrEnum):
    """A key whose value is a count, a duration, a name from a closed set, or a hash."""

    ERROR_TYPE = error_attributes.ERROR_TYPE
    CANCELLED = "logagent.cancelled"
    SERVER_ADDRESS = server_attributes.SERVER_ADDRESS
    SERVER_PORT = server_attributes.SERVER_PORT

    # the turn
    OPERATION = gen_ai.GEN_AI_OPERATION_NAME
    WORKFLOW_NAME = gen_ai.GEN_AI_WORKFLOW_NAME
    CONVERSATION_ID = gen_ai.GEN_AI_CONVERSATION_ID
    INTENT = "logagent.intent"
    ENGINE = "logagent.engine"
    WARNINGS = "logagent.warnings.count"
    STATUS = "logagent.triage.status"
    SEVERITY = "logagent.triage.severity"
    CATEGORY = "logagent.triage.category"
    CONFIDENCE = "logagent.triage.confidence"
    CITATIONS = "logagent.triage.citations.count"
    ACTIONS = "logagent.triage.actions.count"

    # what was looked at
    WINDOW_START = "logagent.window.start"  # ISO 8601, UTC
    WINDOW_END = "logagent.window.end"  # ISO 8601, UTC, exclusive
    WINDOW_SOURCE = "logagent.window.source"
    SELECTORS = "logagent.selectors"  # which labels were given, not their values
    LINES_MATCHED = "logagent.coverage.lines_matched"
    LINES_READ = "logagent.coverage.lines_read"
    BYTES_READ = "logagent.coverage.bytes_read"  # of the text of these lines
    TRUNCATED = "logagent.coverage.truncated"
    REDACTIONS = "logagent.redactions.count"
    PATTERNS = "logagent.patterns.count"
    PROBLEMS = "logagent.problems.count"
    EVIDENCE = "logagent.evidence.count"
    EVIDENCE_LEFT_OUT = "logagent.evidence.left_out.count"
    EVIDENCE_LOG = "logagent.evidence.log.count"
    EVIDENCE_PATTERN = "logagent.evidence.pattern.count"
    EVIDENCE_RUNBOOK = "logagent.evidence.runbook.count"
    EVIDENCE_INCIDENT = "logagent.evidence.incident.count"
    EVIDENCE_EVENT = "logagent.evidence.event.count"

    # retrieval
    DATA_SOURCE_ID = gen_ai.GEN_AI_DATA_SOURCE_ID
    DB_SYSTEM = db_attributes.DB_SYSTEM_NAME
    DB_COLLECTION = db_attributes.DB_COLLECTION_NAME
    DB_OPERATION = db_attributes.DB_OPERATION_NAME
    HITS = "logagent.retrieval.hits.count"
    TOP_K = "logagent.retrieval.top_k"  # gen_ai.request.top_k is the sampling setting
    TOP_SCORE = "logagent.retrieval.top_score"

    # the prompt and the model
    PROMPT_ID = gen_ai.GEN_AI_PROMPT_NAME
    PROMPT_VERSION = "logagent.prompt.version"
    PROMPT_DYNAMIC_TOKENS = "logagent.prompt.dynamic_tokens"
    PROMPT_SHA256 = "logagent.prompt.sha256"
    PROMPT_STATIC_TOKENS = "logagent.prompt.static_tokens"
    PROMPT_RENDERED_SHA256 = "logagent.prompt.rendered_sha256"
    PROVIDER = gen_ai.GEN_AI_PROVIDER_NAME
    REQUEST_MODEL = gen_ai.GEN_AI_REQUEST_MODEL
    REQUEST_MAX_TOKENS = gen_ai.GEN_AI_REQUEST_MAX_TOKENS
    REQUEST_TEMPERATURE = gen_ai.GEN_AI_REQUEST_TEMPERATURE
    REQUEST_SEED = gen_ai.GEN_AI_REQUEST_SEED
    REQUEST_STREAM = gen_ai.GEN_AI_REQUEST_STREAM
    OUTPUT_TYPE = gen_ai.GEN_AI_OUTPUT_TYPE
    RESPONSE_MODEL = gen_ai.GEN_AI_RESPONSE_MODEL
    RESPONSE_ID = gen_ai.GEN_AI_RESPONSE_ID
    FINISH_REASONS = gen_ai.GEN_AI_RESPONSE_FINISH_REASONS
    FIRST_CHUNK_SECONDS = gen_ai.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK
    INPUT_TOKENS = gen_ai.GEN_AI_USAGE_INPUT_TOKENS
    OUTPUT_TOKENS = gen_ai.GEN_AI_USAGE_OUTPUT_TOKENS
    CACHED_TOKENS = gen_ai.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS
    QUEUE_SECONDS = "logagent.queue.seconds"  # from asking for a slot of the model to having it
    REPAIRED = "logagent.verify.repaired"
    FELL_BACK = "logagent.verify.fell_back"  # the extractive triage stands in for the model's

    # a run of an experiment
    EXPERIMENT = "logagent.evaluation.experiment"
    DATASET = "logagent.evaluation.dataset"
    CASES = "logagent.evaluation.cases.count"
    EVALUATION_NAME = gen_ai.GEN_AI_EVALUATION_NAME
    EVALUATION_SCORE = gen_ai.GEN_AI_EVALUATION_SCORE_VALUE

    # what a person said of an answer afterwards
    VERDICT = "logagent.feedback.verdict"
    RATED_TRACE = "logagent.feedback.trace_id"

    # an ingestion job
    DRY_RUN = "logagent.ingestion.dry_run"
    ITEMS = "logagent.ingestion.items.count"  # files, texts, records or lines that a part was given
    ADDED = "logagent.ingestion.added.count"
    CHANGED = "logagent.ingestion.changed.count"
    UNCHANGED = "logagent.ingestion.unchanged.count"
    DELETED = "logagent.ingestion.deleted.count"
    FAILED = "logagent.ingestion.failed.count"
    EMBEDDED = "logagent.ingestion.embedded.count"


class Content(StrEnum):
    """A key whose value is text of a person, a log or a model: recorded only with the content switch on."""

    QUESTION = "logagent.question"
    QUERY = "logagent.query"  # the LogQL that ran
    LINES = "logagent.lines"
    ANSWER = "logagent.answer"
    RETRIEVAL_QUERY = gen_ai.GEN_AI_RETRIEVAL_QUERY_TEXT
    RETRIEVAL_DOCUMENTS = gen_ai.GEN_AI_RETRIEVAL_DOCUMENTS
    INPUT_MESSAGES = gen_ai.GEN_AI_INPUT_MESSAGES  # see `attributes.messages` for its form
    OUTPUT_MESSAGES = gen_ai.GEN_AI_OUTPUT_MESSAGES


EVIDENCE_BY_KIND: Final = {
    EvidenceKind.LOG: Attribute.EVIDENCE_LOG,
    EvidenceKind.PATTERN: Attribute.EVIDENCE_PATTERN,
    EvidenceKind.RUNBOOK: Attribute.EVIDENCE_RUNBOOK,
    EvidenceKind.INCIDENT: Attribute.EVIDENCE_INCIDENT,
    EvidenceKind.EVENT: Attribute.EVIDENCE_EVENT,
}


def turn_name() -> str:
    """The name of the span of one question."""
    return f"{INVOKE_WORKFLOW} {WORKFLOW}"


def step_name(step: StepName) -> str:
    """The name of the span of one of the ten steps."""
    return f"{SCOPE}.{step}"


def chat_name(model: str) -> str:
    """The name of the span of one request to a model."""
    return f"{CHAT} {model}"


def evaluation_name(experiment: str) -> str:
    """The name of the span of one run of an experiment."""
    return f"{SCOPE}.evaluation {experiment}"


def retrieval_name(collection: str) -> str:
    """The name of the span of one search in a collection."""
    return f"{RETRIEVAL} {collection}"


def ingestion_name(collection: str) -> str:
    """The name of the span of one ingestion job."""
    return f"{SCOPE}.ingestion {collection}"


def ingestion_part_name(part: Part) -> str:
    """The name of the span of one part of an ingestion job."""
    return f"{SCOPE}.ingestion.{part}"
