"""The FastAPI application: the API, the probes, and the chat mounted at `/`."""

from importlib.resources import as_file, files

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from app.ui.mount import mount_chat
from app.ui.sign_in import name_in_cookies
from app.web import api


def create_application() -> FastAPI:
    """The application; its parts are opened and closed by `app.web.loading`."""
    application = FastAPI(title="k8s-log-agent", docs_url="/api/docs", openapi_url="/api/openapi.json", redoc_url=None)
    api.add_to(application, name_in_cookies)
    application.add_api_route("/healthz", _alive, response_class=PlainTextResponse, include_in_schema=False)
    application.add_api_route("/readyz", _alive, response_class=PlainTextResponse, include_in_schema=False)
    # Last: the chat's catch-all route takes every path that is not registered before it.
    with as_file(files("app.ui").joinpath("chat.py")) as target:
        mount_chat(application, target)
    return application


async def _alive() -> str:
    # Ready does not wait for Loki or the model: without them the page says what is missing.
    return "ok"
