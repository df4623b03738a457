"""FastAPI with the chat mounted at `/`, the API beside it, and the parts opened for as long as it runs."""

import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.resources import as_file, files
from pathlib import Path

import uvicorn

from app.bootstrap import open_app
from app.settings import Settings
from app.telemetry.metrics import serving_metrics
from app.web.first_page import Asgi, FirstPage
from app.web.running import running
from retrieval.errors import BadInput

# Seconds that running answers get after SIGTERM.
GRACE_SECONDS = 60


def serve(settings: Settings, *, logs: Sequence[Path] | None, demo: bool) -> None:
    """Run the web app until it is told to stop; BadInput where its port is taken."""
    host, port = settings.app.host, settings.app.port
    listener = _listener(host, port)
    failure: list[Exception] = []

    def load() -> tuple[Asgi, AbstractAsyncContextManager[None]]:
        return _application(settings, logs, demo=demo)

    def failed(error: Exception) -> None:
        failure.append(error)
        server.should_exit = True

    config = uvicorn.Config(
        FirstPage(load, failed),
        log_level="warning",
        access_log=False,
        lifespan="on",
        ws="websockets-sansio",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    sys.stderr.write(f"k8s-log-agent on http://{host}:{port}/  (Ctrl+C ends it)\n")
    server.run(sockets=[listener])
    if failure:
        raise failure[0]


def _listener(host: str, port: int) -> socket.socket:
    """The listening socket, opened before anything heavy is loaded, so that a taken port is said at once."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise BadInput(
            f"cannot listen on {host}:{port}: {error.strerror.lower() if error.strerror else error}; "
            "choose another port with --port"
        ) from error
    return listener


def _application(
    settings: Settings, logs: Sequence[Path] | None, *, demo: bool
) -> tuple[Asgi, AbstractAsyncContextManager[None]]:
    """The real application and what keeps it open; imports everything heavy, so it is called in a thread."""
    folder = settings.app.home / "chat"
    prepare_chat_folder(folder)
    # The chat framework reads these when it is imported, and writes below its root.
    os.environ["CHAINLIT_APP_ROOT"] = str(folder)
    os.environ.setdefault("CHAINLIT_ENV_FILE", os.devnull)
    from app.web.application import create_application  # noqa: PLC0415  imports the chat framework: seconds

    application = create_application()
    return application, _opened(settings, logs, demo=demo)


@asynccontextmanager
async def _opened(settings: Settings, logs: Sequence[Path] | None, *, demo: bool) -> AsyncIterator[None]:
    telemetry = settings.telemetry
    endpoint = telemetry.otel_exporter_otlp_metrics_endpoint
    with serving_metrics(
        telemetry.logagent_metrics_port,
        host=settings.app.host,
        endpoint=str(endpoint) if endpoint else None,
        service_name=telemetry.otel_service_name,
    ) as metrics:
        processors = [metrics] if metrics else []
        async with open_app(settings, logs=logs, demo=demo, in_background=True, span_processors=processors) as app:
            with running.serving(app):
                yield


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
