"""Reaching every part that is configured, for `logagent check`: what each said, and how to mend what is wrong."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from app.bootstrap import log_source, open_knowledge, open_models
from app.model_profiles import profiles_of
from app.settings import Settings
from app.telemetry.exporters import traces_address
from app.triage.model_pool import ServedModel
from retrieval.errors import LogAgentError
from retrieval.logs.loki import LokiSource

SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One part: whether it can be used, what it said, and what would mend it."""

    part: str
    ok: bool
    said: str
    mend: str | None = None


async def check_all(settings: Settings) -> list[CheckResult]:
    """Every part, one after the other; a part that is not configured says so and counts as fine."""
    before = [await check(settings) for check in (_home, _loki, _knowledge)]
    return [*before, *await _models(settings), await _traces(settings), await _metrics(settings)]


async def _home(settings: Settings) -> CheckResult:
    home = settings.app.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        usable = os.access(home, os.W_OK)
    except OSError:
        usable = False
    mend = None if usable else "make the folder writable for this user, or set LOGAGENT_HOME to another one"
    return CheckResult("data folder", usable, f"{home} is {'' if usable else 'not '}writable", mend)


async def _loki(settings: Settings) -> CheckResult:
    if settings.loki.url is None:
        return CheckResult("Loki", ok=True, said="not configured (LOKI_URL); logs come from --logs or the demo")
    source = log_source(settings, None, demo=False)

    async def reach() -> str:
        assert isinstance(source, LokiSource)  # noqa: S101  LOKI_URL is set
        try:
            labels = await source.discover()
        finally:
            await source.aclose()
        return f"answers, {len(labels)} labels are indexed"

    return await _reached("Loki", reach, "check LOKI_URL, LOKI_TENANT and the credentials")


async def _knowledge(settings: Settings) -> CheckResult:
    async def reach() -> str:
        async with open_knowledge(settings) as knowledge:
            if knowledge is None:
                return "switched off (EMBEDDING_MODEL=off)"
            if knowledge.error:
                raise knowledge.error
            ready = f"ready, {'server ' + knowledge.address if knowledge.address else 'embedded'}"
            return "; ".join([ready, *(f"but {note}" for note in knowledge.notes())])

    return await _reached("Chroma and embedding model", reach, "check CHROMA_URL and EMBEDDING_MODEL", seconds=120)


async def _models(settings: Settings) -> list[CheckResult]:
    """Each model profile: whether it is ready, and what is really loaded."""
    mend = "check LLM_URL, LLM_API_KEY, LLM_MODEL_PATH or LLM_PROFILES"
    if not profiles_of(settings.model):
        nothing = "not configured (LLM_URL, LLM_MODEL_PATH, LLM_PROFILES): extractive only"
        return [CheckResult("language model", ok=True, said=nothing)]
    try:
        async with open_models(settings.model) as models:
            assert models is not None  # noqa: S101  there are profiles
            return [await _served(each, mend) for each in models.served]
    except LogAgentError as error:
        return [CheckResult("language model", ok=False, said=str(error), mend=mend)]


async def _served(served: ServedModel, mend: str) -> CheckResult:
    part = "language model" if served.profile.name == "default" else f"language model {served.profile.name}"

    async def reach() -> str:
        identity = await served.look()
        said = f"{await served.health()}, answers as {identity}"
        return "; ".join([said, *(f"but {complaint}" for complaint in served.complaints(identity))])

    return await _reached(part, reach, mend, seconds=120)


async def _traces(settings: Settings) -> CheckResult:
    endpoint = settings.telemetry.otel_exporter_otlp_endpoint
    if endpoint is None:
        return CheckResult("traces", ok=True, said="not configured (OTEL_EXPORTER_OTLP_ENDPOINT)")
    mend = "check OTEL_EXPORTER_OTLP_ENDPOINT; it is the base address, without /v1/traces"
    return await _receiver("traces", traces_address(str(endpoint)), mend)


async def _metrics(settings: Settings) -> CheckResult:
    endpoint = settings.telemetry.otel_exporter_otlp_metrics_endpoint
    if endpoint is None:
        port = settings.telemetry.logagent_metrics_port
        served = f"/metrics is served at port {port} by `logagent serve`" if port else "not configured"
        return CheckResult("metrics", ok=True, said=f"{served} (OTEL_EXPORTER_OTLP_METRICS_ENDPOINT sends them)")
    mend = "check OTEL_EXPORTER_OTLP_METRICS_ENDPOINT; it is the whole address, for example with /v1/metrics"
    return await _receiver("metrics", str(endpoint), mend)


async def _receiver(part: str, address: str, mend: str) -> CheckResult:
    """Whether an OTLP/HTTP receiver takes what it is for."""

    async def reach() -> str:
        try:
            async with httpx.AsyncClient(timeout=SECONDS) as http:
                # An empty export request is valid and adds nothing.
                answer = await http.post(address, content=b"", headers={"content-type": "application/x-protobuf"})
        except httpx.HTTPError as error:
            raise LogAgentError(f"{address} does not answer ({type(error).__name__})") from error
        if answer.status_code >= 400:
            raise LogAgentError(f"{address} answers HTTP {answer.status_code}")
        return f"{address} takes {part}"

    return await _reached(part, reach, mend)


async def _reached(
    part: str, reach: Callable[[], Awaitable[str]], mend: str, seconds: float = 2 * SECONDS
) -> CheckResult:
    try:
        async with asyncio.timeout(seconds):
            return CheckResult(part, ok=True, said=await reach())
    except LogAgentError as error:
        return CheckResult(part, ok=False, said=str(error), mend=mend)
    except TimeoutError:
        return CheckResult(part, ok=False, said=f"did not answer within {seconds:.0f} seconds", mend=mend)
