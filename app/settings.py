"""Settings, by topic, from the environment. Every one is in the README's table, and a test says so."""

import os
from copy import copy
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.errors import BadInput

NO_LOGS = "there are no logs to read: give --logs PATH, or set LOKI_URL to the address of Loki"


def _data_folder() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "k8s-log-agent"


class _Topic(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)


class LokiSettings(_Topic):
    """Where live logs come from. Without an address, logs come from `--logs` or the bundled captures."""

    model_config = SettingsConfigDict(env_prefix="LOKI_")

    url: AnyHttpUrl | None = Field(None, description="Address of Loki, for example http://loki:3100.")
    tenant: str | None = Field(None, description="Sent as X-Scope-OrgID, where Loki runs with auth_enabled.")
    username: str | None = Field(None, description="Basic authentication at the proxy before Loki.")
    password: SecretStr | None = Field(None, description="Its password.")
    bearer_token: SecretStr | None = Field(None, description="Bearer token at the proxy before Loki.")
    ca_file: Path | None = Field(None, description="Certificate authority that signed Loki's certificate (PEM).")
    datasource: str = Field("loki", description="uid of the Loki data source in Grafana, for links to queries.")
    max_lines: int = Field(50_000, ge=100, description="Lines read for one question; more are sampled and said so.")
    max_bytes: int = Field(32 << 20, ge=1 << 16, description="Bytes of log text read for one question.")
    max_seconds: float = Field(20.0, gt=0, description="Seconds spent on reading logs for one question.")


class KnowledgeSettings(_Topic):
    """Where runbooks and past incidents are kept, and what turns text into vectors."""

    chroma_url: AnyHttpUrl | None = Field(
        None, description="Address of a Chroma server; without it a folder of LOGAGENT_HOME is used by one process."
    )
    embedding_model: str | None = Field(
        None,
        description="sentence-transformers model, name or folder; without it the bundled all-MiniLM-L6-v2; "
        "`off` for none, then no runbooks are searched.",
    )
    reranker_model: str | None = Field(
        None,
        description="sentence-transformers cross-encoder, name or folder, that reads the best runbooks a second time.",
    )


class ModelSettings(_Topic):
    """The language model. With neither address nor file the extractive engine answers, which needs none."""

    model_config = SettingsConfigDict(env_prefix="LLM_")

    url: AnyHttpUrl | None = Field(None, description="Address of a llama.cpp server, for example http://llama:8080.")
    model_path: Path | None = Field(None, description="A GGUF file; this program runs llama.cpp on it (extra `local`).")
    profiles: Path | None = Field(
        None, description="A YAML file of named model profiles instead, see deploy/model-profiles.yaml."
    )
    api_key: SecretStr | None = Field(None, description="Key of the server, sent as a bearer token.")
    api: str = Field(
        "llama.cpp", pattern=r"^(llama\.cpp|openai)$", description="`llama.cpp` (native endpoint) or `openai`."
    )
    context: int = Field(4096, ge=1024, le=131_072, description="Context, in tokens, of a model file run here.")
    max_tokens: int | None = Field(
        None, ge=32, le=4096, description="Most tokens of one answer; without it what the prompt says, 500."
    )
    temperature: float | None = Field(
        None, ge=0, le=2, description="Sampling temperature; without it what the prompt says, 0.2."
    )
    seed: int = Field(7, ge=0, description="Sampling seed, so that an answer can be repeated.")
    total_seconds: float = Field(180.0, gt=0, description="Seconds after which the extractive answer stands.")


class TelemetrySettings(_Topic):
    """Where traces go."""

    otel_exporter_otlp_endpoint: AnyHttpUrl | None = Field(
        None, description="OTLP/HTTP receiver, for example http://tempo:4318; without it spans stay in the process."
    )
    otel_service_name: str = Field("k8s-log-agent", description="service.name of every span.")
    otel_exporter_otlp_metrics_endpoint: AnyHttpUrl | None = Field(
        None, description="Full OTLP/HTTP address for metrics, for example http://collector:4318/v1/metrics."
    )
    tempo_datasource: str = Field("tempo", description="uid of the Tempo data source in Grafana, for links to traces.")
    logagent_metrics_port: int | None = Field(
        None,
        ge=1,
        le=65_535,
        description="Port of `/metrics` for Prometheus, on the app's address; without it none.",
    )
    logagent_trace_content: bool = Field(
        False, description="Record prompts, log text and answers on spans. Off: they hold what your logs hold."
    )
    logagent_trace_file: Path | None = Field(None, description="Also append every span to this file, as JSON lines.")


class AppSettings(_Topic):
    """The program itself."""

    model_config = SettingsConfigDict(env_prefix="LOGAGENT_")

    home: Path = Field(default_factory=_data_folder, description="Where everything the program writes goes.")
    host: str = Field("127.0.0.1", description="Address the web app listens on.")
    port: int = Field(8000, ge=1, le=65_535, description="Port of the web app.")
    window_hours: float = Field(1.0, gt=0, le=720, description="Window of a live source where none is asked for.")
    evidence_tokens: int = Field(
        1_500, ge=200, le=32_000, description="Most tokens of a prompt beside its fixed part; the server counts them."
    )
    timezone: str = Field("UTC", description="Zone in which “14:00” is meant, for example Europe/Berlin.")
    log_level: str = Field(
        "INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$", description="Least level of the program's own log."
    )
    log_json: bool = Field(False, description="The program's own log as JSON, with trace ids.")
    grafana_url: AnyHttpUrl | None = Field(
        None, validation_alias="GRAFANA_URL", description="Address of Grafana, for links to queries and traces."
    )

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("timezone", mode="after")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {name!r}") from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which a time of day is meant."""
        return ZoneInfo(self.timezone)


class AccessSettings(_Topic):
    """Who signs in to the web app, and what admins may do there. Without any, one local user needs no sign-in."""

    model_config = SettingsConfigDict(env_prefix="LOGAGENT_")

    password_file: Path | None = Field(
        None, description="File of users who sign in by password, a line each, made by `logagent password NAME`."
    )
    user_header: str | None = Field(
        None,
        pattern=r"^[A-Za-z][A-Za-z0-9-]*$",
        description="Header in which a gateway names the user; for an app that only the gateway can reach.",
    )
    admins: str | None = Field(None, description="Names of admins, separated by commas.")
    ingest_folders: str | None = Field(
        None, description="Folders, separated by colons, from which admins may ingest runbooks in the chat."
    )


class Settings:
    """All topics together, read once in the composition root."""

    def __init__(self, **topics: dict[str, Any]) -> None:
        """`topics` overrides single values by topic, for options of the command line and for tests."""
        self.loki = LokiSettings(**topics.get("loki", {}))
        self.knowledge = KnowledgeSettings(**topics.get("knowledge", {}))
        self.model = ModelSettings(**topics.get("model", {}))
        self.telemetry = TelemetrySettings(**topics.get("telemetry", {}))
        self.app = AppSettings(**topics.get("app", {}))
        self.access = AccessSettings(**topics.get("access", {}))

    @classmethod
    def read(cls, **topics: dict[str, Any]) -> Self:
        """The settings of the environment; BadInput names the variable that cannot be used."""
        try:
            return cls(**topics)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            name = environment_name(error.title, str(first["loc"][0]))
            raise BadInput(
                f"the setting {name} cannot be used: {first['msg'].removeprefix('Value error, ')}"
            ) from error

    def with_home(self, home: Path) -> Self:
        """The same settings with another home and an embedded index in it."""
        other = copy(self)
        other.app = self.app.model_copy(update={"home": home})
        other.knowledge = self.knowledge.model_copy(update={"chroma_url": None})
        return other


TOPICS: tuple[type[_Topic], ...] = (
    LokiSettings,
    KnowledgeSettings,
    ModelSettings,
    TelemetrySettings,
    AppSettings,
    AccessSettings,
)


def environment_name(topic: str, field: str) -> str:
    """The environment variable behind a field of a topic."""
    kind = next(each for each in TOPICS if each.__name__ == topic)
    alias = kind.model_fields[field].validation_alias if field in kind.model_fields else None
    return str(alias) if alias else f"{kind.model_config.get('env_prefix', '')}{field}".upper()
