"""The composition root: every client is made here from the settings, and closed here."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

import httpx
from opentelemetry.sdk.trace import SpanProcessor

from app.knowledge_base import KnowledgeBase
from app.pipeline import Pipeline
from app.settings import NO_LOGS, ModelSettings, Settings
from app.telemetry.setup import Telemetry
from app.telemetry.spans import traced_request
from app.triage.engine import LanguageModel
from app.triage.llama_cpp import LlamaCpp
from app.triage.local_server import LocalServer
from app.triage.openai_endpoint import OpenAiEndpoint
from app.triage.prompting import OFFERED_VARIABLES
from app.turn import Parts
from prompts.registry import PromptError, PromptRegistry
from retrieval.errors import BadInput
from retrieval.knowledge.embedding import SentenceEmbedder, find_model
from retrieval.knowledge.index import KnowledgeIndex, open_index
from retrieval.logs.archive import MAX_LINES, ArchiveSource
from retrieval.logs.loki import Budget, Explore, LokiConnection, LokiSource
from retrieval.logs.replay import ReplayedArchive
from retrieval.logs.source import LogSource

BUNDLED_LOGS = "logagent.bundled_logs"


@dataclass(frozen=True)
class App:
    """The running application: what a command, the chat and the API work with."""

    settings: Settings
    pipeline: Pipeline
    logs: LogSource
    knowledge: KnowledgeBase | None
    model: LanguageModel | None
    telemetry: Telemetry
    parts: Parts


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    logs: Sequence[Path] | LogSource | None = None,
    demo: bool = False,
    with_model: bool = True,
    with_knowledge: bool = True,
    in_background: bool = False,
    span_processors: Sequence[SpanProcessor] = (),
) -> AsyncIterator[App]:
    """The application with these settings, closed on the way out.

    `logs` are files and folders, or a source of its own, that take the place of Loki; `demo` serves the bundled
    captures where nothing else is given. With `in_background` the knowledge index loads behind the caller, and its
    state tells how far it is. `span_processors` take every span beside the configured receivers.
    """
    async with AsyncExitStack() as stack:
        telemetry = _telemetry(settings, span_processors)
        stack.callback(telemetry.shutdown)
        source = log_source(settings, logs, demo=demo) if logs is None or isinstance(logs, Sequence) else logs
        stack.push_async_callback(source.aclose)
        knowledge = (
            await stack.enter_async_context(open_knowledge(settings, in_background=in_background))
            if with_knowledge
            else None
        )
        model, address = None, None
        if with_model:
            model, address = await stack.enter_async_context(open_model(settings.model))
        parts = Parts(
            logs=source,
            knowledge=knowledge,
            prompts=open_prompts(settings.app.home),
            telemetry=telemetry,
            model=model,
            model_address=address,
            max_tokens=settings.model.max_tokens,
            temperature=settings.model.temperature,
            seed=settings.model.seed,
            total_seconds=settings.model.total_seconds,
            evidence_tokens=settings.app.evidence_tokens,
            window_hours=settings.app.window_hours,
            zone=settings.app.zone,
        )
        yield App(settings, Pipeline(parts), source, knowledge, model, telemetry, parts)


@asynccontextmanager
async def open_knowledge(settings: Settings, *, in_background: bool = False) -> AsyncIterator[KnowledgeBase | None]:
    """The knowledge with these settings; None where it is switched off. Loads in a thread of its own."""
    if settings.knowledge.embedding_model == "off":
        yield None
        return
    folder, url = _index_place(settings)
    knowledge = KnowledgeBase(folder=folder, url=url, model_name=settings.knowledge.embedding_model)
    # Not in the default pool: that has few threads on two cores, and this is busy for seconds.
    opening = threading.Thread(target=knowledge.open, name="knowledge", daemon=True)
    opening.start()
    if not in_background:
        await asyncio.to_thread(opening.join)
    try:
        yield knowledge
    finally:
        await asyncio.to_thread(knowledge.close)


@contextmanager
def opened_index(settings: Settings) -> Iterator[tuple[KnowledgeIndex, SentenceEmbedder]]:
    """The index alone, and the embedding model not loaded yet: for admin jobs."""
    if settings.knowledge.embedding_model == "off":
        raise BadInput("EMBEDDING_MODEL is set to off, so nothing can be ingested")
    model = find_model(settings.knowledge.embedding_model)
    folder, url = _index_place(settings)
    with open_index(model, folder=folder, url=url) as index:
        yield index, SentenceEmbedder(model)


def _index_place(settings: Settings) -> tuple[Path | None, str | None]:
    url = settings.knowledge.chroma_url
    return (None, str(url).rstrip("/")) if url else (settings.app.home / "chroma", None)


def bundled_logs() -> Path:
    """The folder of captures that an installed package offers; BadInput where none does."""
    for entry in entry_points(group=BUNDLED_LOGS):
        return Path(entry.load()())
    raise BadInput("no bundled logs are installed; give your own with --logs")


def open_prompts(home: Path) -> PromptRegistry:
    """The prompts of the program and of a person's own folder in `home`; BadInput names one that cannot be used."""
    try:
        registry = PromptRegistry.at(home)
        for prompt in registry.all():
            prompt.pick(dict.fromkeys(OFFERED_VARIABLES, ""))
    except (PromptError, OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the prompts cannot be used: {error}") from error
    return registry


def _telemetry(settings: Settings, processors: Sequence[SpanProcessor]) -> Telemetry:
    telemetry = settings.telemetry
    return Telemetry(
        str(telemetry.otel_exporter_otlp_endpoint) if telemetry.otel_exporter_otlp_endpoint else None,
        service_name=telemetry.otel_service_name,
        content=telemetry.logagent_trace_content,
        file=telemetry.logagent_trace_file,
        processors=processors,
    )


def log_source(settings: Settings, logs: Sequence[Path] | None, *, demo: bool, max_lines: int = MAX_LINES) -> LogSource:
    """Files where any are given, else the demo's captures or Loki; BadInput where there is nothing to read.

    `max_lines` bounds an answer from files; Loki's budget is a setting.
    """
    if logs:
        return ArchiveSource(logs, max_lines=max_lines)
    loki = settings.loki
    if loki.url is not None and not demo:
        grafana = settings.app.grafana_url
        return LokiSource(
            LokiConnection(
                str(loki.url).rstrip("/"),
                tenant=loki.tenant,
                username=loki.username,
                password=loki.password.get_secret_value() if loki.password else None,
                token=loki.bearer_token.get_secret_value() if loki.bearer_token else None,
                ca_file=loki.ca_file,
                on_request=traced_request,
            ),
            budget=Budget(lines=loki.max_lines, bytes=loki.max_bytes, seconds=loki.max_seconds),
            explore=Explore(str(grafana).rstrip("/"), datasource=loki.datasource) if grafana else None,
        )
    if demo:
        return ReplayedArchive([bundled_logs()], end=datetime.now(UTC))
    raise BadInput(NO_LOGS)


@asynccontextmanager
async def open_model(settings: ModelSettings) -> AsyncIterator[tuple[LanguageModel | None, str | None]]:
    """The configured language model and its address, or twice None; a model file gets a server of its own."""
    if settings.model_path is not None and settings.url is not None:
        raise BadInput("set either LLM_URL or LLM_MODEL_PATH, not both")
    async with AsyncExitStack() as stack:
        address = str(settings.url).rstrip("/") if settings.url else None
        if settings.model_path is not None:
            server = await asyncio.to_thread(LocalServer, settings.model_path, context=settings.context)
            stack.callback(server.close)
            address = server.url
        if address is None:
            yield None, None
            return
        hooks = {"request": [traced_request]}
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=address, event_hooks=hooks))
        kind = LlamaCpp if settings.api == "llama.cpp" else OpenAiEndpoint
        yield kind(http, api_key=settings.api_key.get_secret_value() if settings.api_key else None), address
