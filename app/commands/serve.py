"""`logagent serve` and `logagent demo`: the web app, with the environment's settings or on embedded parts."""

from typing import Annotated

import typer

from app.commands import options
from app.settings import NO_LOGS, Settings
from app.web.server import serve as run
from retrieval.errors import BadInput

Port = Annotated[int | None, typer.Option(min=1, max=65_535, help="Port to listen on; 8000 where not given.")]


def serve(logs: options.Logs = None, port: Port = None) -> None:
    """Serve the chat with the settings of the environment: Loki, Chroma, llama.cpp, OTLP.

    Example: LOKI_URL=http://loki:3100 LLM_URL=http://llama:8080 logagent serve
    """
    settings = Settings.read(app={"port": port} if port else {})
    _refuse_no_logs(settings, logs)
    run(settings, logs=logs, demo=False)


def _refuse_no_logs(settings: Settings, logs: options.Logs) -> None:
    """BadInput where there is nothing to read or a path holds no logs, before an address is announced."""
    if logs:
        from retrieval.logs.archive import ArchiveSource  # noqa: PLC0415  brings polars, for those with files alone

        ArchiveSource(logs).look()
    elif settings.loki.url is None:
        raise BadInput(NO_LOGS)


def demo(
    port: Port = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Try everything on embedded parts: recorded logs of real servers, runbooks, no network.

    Example: logagent demo --port 8000 --no-browser
    """
    run(Settings.read(app={"port": port} if port else {}), logs=None, demo=True, in_browser=browser)
