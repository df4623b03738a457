"""`logagent serve` and `logagent demo`: the web app, with the environment's settings or on embedded parts."""

from typing import Annotated

import typer

from app.commands import options
from app.settings import Settings
from app.web.server import serve as run

Port = Annotated[int | None, typer.Option(min=1, max=65_535, help="Port to listen on; 8000 where not given.")]


def serve(logs: options.Logs = None, port: Port = None) -> None:
    """Serve the chat with the settings of the environment: Loki, Chroma, llama.cpp, OTLP.

    Example: LOKI_URL=http://loki:3100 LLM_URL=http://llama:8080 logagent serve
    """
    run(Settings.read(app={"port": port} if port else {}), logs=logs, demo=False)


def demo(
    port: Port = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Try everything on embedded parts: recorded logs of real servers, runbooks, no network.

    Example: logagent demo --port 8000 --no-browser
    """
    run(Settings.read(app={"port": port} if port else {}), logs=None, demo=True, in_browser=browser)
