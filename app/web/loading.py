"""The real application, loaded behind the first page: what is heavy is imported by importing this module.

`app.web.server` does so in a thread once its socket listens, and nothing that runs before may import it.
"""

import os
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.resources import as_file, files
from pathlib import Path

from app.bootstrap import open_app
from app.settings import Settings
from app.telemetry.log_records import configure_logs
from app.telemetry.metrics import serving_metrics
from app.telemetry.queue_metrics import watch_queues
from app.telemetry.span_metrics import SpanMetrics
from app.web.access import Access
from app.web.draining import Turns
from app.web.first_page import Asgi
from app.web.running import running


def load_application(
    settings: Settings, logs: Sequence[Path] | None, *, demo: bool, turns: Turns
) -> tuple[Asgi, AbstractAsyncContextManager[None]]:
    """The real application and what keeps it open while it serves; `turns` hears of each question."""
    configure_logs(settings.app.log_level, json=settings.app.log_json)
    folder = settings.app.home / "chat"
    prepare_chat_folder(folder)
    # The chat framework reads these when it is imported, and writes below its root.
    os.environ["CHAINLIT_APP_ROOT"] = str(folder)
    os.environ.setdefault("CHAINLIT_ENV_FILE", os.devnull)
    running.turns = turns
    running.access = Access.of(settings)
    if running.access.closed:
        os.environ.setdefault("CHAINLIT_AUTH_SECRET", chat_secret(settings.app.home))
    from app.web.application import create_application  # noqa: PLC0415  imports the chat framework

    return create_application(), _opened(settings, logs, demo=demo)


@asynccontextmanager
async def _opened(settings: Settings, logs: Sequence[Path] | None, *, demo: bool) -> AsyncIterator[None]:
    telemetry = settings.telemetry
    endpoint = telemetry.otel_exporter_otlp_metrics_endpoint
    with serving_metrics(
        telemetry.logagent_metrics_port,
        host=settings.app.host,
        endpoint=str(endpoint) if endpoint else None,
        service_name=telemetry.otel_service_name,
    ) as meter:
        processors = [SpanMetrics(meter)] if meter else []
        async with open_app(settings, logs=logs, demo=demo, in_background=True, span_processors=processors) as app:
            if meter and app.models:
                watch_queues(meter, app.models.queues)
            with running.serving(app):
                yield


def chat_secret(home: Path) -> str:
    """What signs the chat's cookies: made once and kept in the home, so that a restart signs nobody out."""
    file = home / "chat-secret"
    if not file.exists():
        beside = file.with_suffix(f".{os.getpid()}")
        beside.touch(mode=0o600)
        beside.write_text(secrets.token_hex(32), encoding="ascii")
        beside.replace(file)
    return file.read_text(encoding="ascii").strip()


def prepare_chat_folder(folder: Path) -> None:
    """Lay out the folder that the chat framework wants: its configuration, the public files, the welcome text."""
    folder.mkdir(parents=True, exist_ok=True)
    with as_file(files("app.ui").joinpath("assets")) as assets:
        for source in sorted(path for path in assets.rglob("*") if path.is_file()):
            target = folder / source.relative_to(assets)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    welcome = Path(str(files("app"))).parent / "chainlit.md"
    if welcome.is_file():
        shutil.copyfile(welcome, folder / "chainlit.md")
