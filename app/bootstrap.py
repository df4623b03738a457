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
import structlog
from opentelemetry.sdk.trace import SpanProcessor

from app.knowledge_base import KnowledgeBase
from app.model_profiles import API_KEY, ModelProfile, profiles_of
from app.pipeline import Pipeline
from app.settings import NO_LOGS, LokiSettings, ModelSettings, Settings
from app.telemetry.setup import Telemetry
from app.telemetry.spans import traced_request
from app.telemetry.trace_explore import TraceExplore
from app.triage.llama_cpp import LlamaCpp
from app.triage.local_server import LocalServer
from app.triage.model_pool import ModelPool, ServedModel, ServerModel
from app.triage.openai_endpoint import OpenAiEndpoint
from app.triage.prompting import OFFERED_VARIABLES
from app.triage.waiting_line import WaitingLine
from app.turn import Parts
from prompts.registry import PromptError, PromptRegistry
from retrieval.errors import BadInput
from retrieval.knowledge.embedding import SentenceEmbedder, find_model
from retrieval.knowledge.index import KnowledgeIndex, open_index
from retrieval.logs.archive import MAX_LINES, ArchiveSource
from retrieval.logs.loki import Budget, Explore, LokiConnection, LokiSource
from retrieval.logs.replay import ReplayedArchive
from retrieval.logs.source import LogSource

_log = structlog.get_logger("models")
BUNDLED_LOGS = "logagent.bundled_logs"


@dataclass(frozen=True)
class App:
    """The running application: what a command, the chat and the API work with."""

    settings: Settings
    pipeline: Pipeline
    logs: LogSource
    knowledge: KnowledgeBase | None
    models: ModelPool | None
    telemetry: Telemetry
    parts: Parts
    traces: TraceExplore | None = None


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
        models = await stack.enter_async_context(open_models(settings.model)) if with_model else None
        if models is not None and in_background:
            looking = asyncio.create_task(announce(models))
            stack.callback(looking.cancel)
        parts = Parts(
            logs=source,
            knowledge=knowledge,
            prompts=open_prompts(settings.app.home),
            telemetry=telemetry,
            models=models,
            max_tokens=settings.model.max_tokens,
            temperature=settings.model.temperature,
            seed=settings.model.seed,
            total_seconds=settings.model.total_seconds,
            evidence_tokens=settings.app.evidence_tokens,
            window_hours=settings.app.window_hours,
            zone=settings.app.zone,
        )
        yield App(settings, Pipeline(parts), source, knowledge, models, telemetry, parts, _traces(settings))


@asynccontextmanager
async def open_knowledge(settings: Settings, *, in_background: bool = False) -> AsyncIterator[KnowledgeBase | None]:
    """The knowledge with these settings; None where it is switched off. Loads in a thread of its own."""
    if settings.knowledge.embedding_model == "off":
        yield None
        return
    folder, url = _index_place(settings)
    knowledge = KnowledgeBase(
        folder=folder,
        url=url,
        model_name=settings.knowledge.embedding_model,
        reranker_name=settings.knowledge.reranker_model,
    )
    # Not in the default pool: that has few threads on two cores, and this is busy for seconds.
    opening = threading.Thread(target=knowledge.open, args=(in_background,), name="knowledge", daemon=True)
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


def bundled_logs() -> list[Path]:
    """The captures in the folder that an installed package offers; BadInput where none does.

    The folder is a Python package, whose modules and caches are no logs.
    """
    for entry in entry_points(group=BUNDLED_LOGS):
        return sorted(Path(entry.load()()).glob("*.jsonl"))
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


@contextmanager
def opened_telemetry(settings: Settings) -> Iterator[Telemetry]:
    """Telemetry alone: for admin jobs."""
    telemetry = _telemetry(settings, ())
    try:
        yield telemetry
    finally:
        telemetry.shutdown()


def _telemetry(settings: Settings, processors: Sequence[SpanProcessor]) -> Telemetry:
    telemetry = settings.telemetry
    return Telemetry(
        str(telemetry.otel_exporter_otlp_endpoint) if telemetry.otel_exporter_otlp_endpoint else None,
        service_name=telemetry.otel_service_name,
        content=telemetry.logagent_trace_content,
        file=telemetry.logagent_trace_file,
        processors=processors,
    )


def _traces(settings: Settings) -> TraceExplore | None:
    """Where a trace can be opened; None where none is sent or there is no Grafana."""
    grafana, telemetry = settings.app.grafana_url, settings.telemetry
    if grafana is None or telemetry.otel_exporter_otlp_endpoint is None:
        return None
    return TraceExplore(str(grafana).rstrip("/"), telemetry.tempo_datasource)


def loki_connection(loki: LokiSettings) -> LokiConnection:
    """How the settings say that Loki is reached; BadInput where they do not say where it is."""
    if loki.url is None:
        raise BadInput("there is no Loki to read: set LOKI_URL to its address")
    return LokiConnection(
        str(loki.url).rstrip("/"),
        tenant=loki.tenant,
        username=loki.username,
        password=loki.password.get_secret_value() if loki.password else None,
        token=loki.bearer_token.get_secret_value() if loki.bearer_token else None,
        ca_file=loki.ca_file,
        on_request=traced_request,
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
            loki_connection(loki),
            budget=Budget(lines=loki.max_lines, bytes=loki.max_bytes, seconds=loki.max_seconds),
            explore=Explore(str(grafana).rstrip("/"), datasource=loki.datasource) if grafana else None,
        )
    if demo:
        return ReplayedArchive(bundled_logs(), end=datetime.now(UTC))
    raise BadInput(NO_LOGS)


@asynccontextmanager
async def open_models(settings: ModelSettings) -> AsyncIterator[ModelPool | None]:
    """The configured language models, or None; a model file gets a server of its own."""
    async with AsyncExitStack() as stack:
        served = []
        for profile in profiles_of(settings):
            key = settings.api_key if profile.api_key_variable == API_KEY else profile.api_key
            served.append(await _served(profile, key.get_secret_value() if key else None, stack))
        yield ModelPool(served) if served else None


async def _served(profile: ModelProfile, key: str | None, stack: AsyncExitStack) -> ServedModel:
    """The model of a profile, closed with the stack."""
    address = str(profile.url).rstrip("/")
    if profile.file is not None:
        server = await asyncio.to_thread(LocalServer, profile.file, context=profile.context, slots=profile.slots or 1)
        stack.callback(server.close)
        address = server.url
    http = await stack.enter_async_context(
        httpx.AsyncClient(base_url=address, event_hooks={"request": [traced_request]})
    )
    sampling = profile.sampling.beside_temperature()
    model: ServerModel
    if profile.api == "llama.cpp":
        model = LlamaCpp(
            http, api_key=key, sampling=sampling, thinking_switch="thinking-switch" in profile.capabilities
        )
    else:
        constrained = "constrained" in profile.capabilities
        model = OpenAiEndpoint(http, api_key=key, model=profile.model, sampling=sampling, constrained=constrained)
    return ServedModel(profile, model, address, WaitingLine(profile.slots or 1, profile.waiting))


async def announce(models: ModelPool) -> None:
    """Say in the log what each server has really loaded, and what of it does not go with its profile."""
    await models.look()
    for served in models.served:
        if served.identity is None:
            _log.warning("the language model does not answer yet", profile=served.profile.name)
            continue
        _log.info("language model", profile=served.profile.name, loaded=str(served.identity))
        for complaint in served.complaints(served.identity):
            _log.warning("language model", profile=served.profile.name, complaint=complaint)
