"""Mounting the chat into a FastAPI application; the chat framework is imported here and nowhere above."""

from pathlib import Path

from chainlit.config import config, config_translation_dir
from chainlit.utils import mount_chainlit
from fastapi import FastAPI

from app.ui.content_policy import ContentPolicy
from app.ui.page_words import write_page_words
from app.ui.sign_in import offer_sign_in
from app.web.running import running


def mount_chat(application: FastAPI, target: Path) -> None:
    """Serve the chat in `target` at `/`; routes registered before stay in front of it."""
    # The browser understands "system", only the framework's configuration file does not.
    config.ui.default_theme = "system"
    write_page_words(Path(config_translation_dir))
    application.add_middleware(ContentPolicy)
    offer_sign_in(running.access)
    mount_chainlit(app=application, target=str(target), path="")
