"""The web app as a process: the socket first, the application behind it.

What runs before the socket listens is what a person waits for with nothing on the screen, so this module imports
little; everything else is imported by `app.web.loading`, in a thread.
"""

import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import uvicorn

from app.settings import Settings
from app.web.draining import BESIDE_THE_MODEL, DrainingServer, Turns
from app.web.first_page import Asgi, FirstPage
from retrieval.errors import BadInput

# Seconds that what is left gets once the answers are through, or their time is up.
LEFT_SECONDS = 5


def serve(settings: Settings, *, logs: Sequence[Path] | None, demo: bool, in_browser: bool = False) -> None:
    """Run the web app until it is told to stop; BadInput where its port is taken or it cannot be loaded."""
    host, port = settings.app.host, settings.app.port
    listener = _listener(host, port)
    failure: list[Exception] = []
    turns = Turns()

    def load() -> tuple[Asgi, AbstractAsyncContextManager[None]]:
        from app.web.loading import load_application  # noqa: PLC0415  imports nearly everything: seconds

        return load_application(settings, logs, demo=demo, turns=turns)

    def failed(error: Exception) -> None:
        failure.append(error)
        server.should_exit = True

    config = uvicorn.Config(
        FirstPage(load, failed),
        log_config=None,  # the program's own, once it is loaded
        log_level="warning",
        access_log=False,
        lifespan="on",
        ws="websockets-sansio",
        timeout_graceful_shutdown=LEFT_SECONDS,
    )
    server = DrainingServer(config, turns, settings.model.total_seconds + BESIDE_THE_MODEL)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    sys.stderr.write(f"k8s-log-agent on {address}  (Ctrl+C ends it)\n")
    if in_browser:  # in a thread: some browsers return only when they are closed
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
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
