"""Ingesting runbooks from the chat: an admin chooses one of the allowed folders, sees the progress and the result."""

import asyncio
import time
from pathlib import Path
from typing import Any

import chainlit as cl

from app.traced_ingestion import traced_ingestion
from app.ui.ingest_props import choice_props, done_props, failed_props, running_props
from app.ui.notice import say
from app.ui.rating import waiting
from app.ui.screen_element import screen_element
from app.ui.sign_in import current_user
from app.web.running import running
from ingestion.report import Progress, Report
from ingestion.watch import Watch
from retrieval.errors import BadInput, LogAgentError

COMMAND = "/ingest"
FRAME = 0.4  # seconds between two pictures of the progress
REFUSED = "Only an admin may ingest runbooks"


def offers_ingestion(signed_in: cl.User | None) -> bool:
    """Whether the empty page offers it: to admins, where there is a folder to ingest."""
    access = running.access
    user = access.user(str(signed_in.identifier) if signed_in else None)
    return user is not None and user.admin and bool(access.folders)


def asks_to_ingest(message: cl.Message) -> bool:
    """Whether a message is the command."""
    return str(message.content).strip().lower() == COMMAND


async def offer_folders() -> None:
    """The form: one button a folder. Refused to everybody but admins."""
    if not await _allowed():
        return
    folders, rated = [str(folder) for folder in running.access.folders], await asyncio.to_thread(waiting)
    if not folders and not rated:
        await say("No folder may be ingested from the chat", hint="LOGAGENT_INGEST_FOLDERS names those that may.")
        return
    message = cl.Message(content="")
    await message.send()
    await screen_element("Ingest", choice_props(folders, rated)).send(for_id=message.id)


async def ingest_folder(folder: str, *, dry_run: bool) -> None:
    """Do the job, beside the questions that are asked meanwhile; stopping the turn stops it between two batches."""
    if not await _allowed():
        return
    try:
        if not running.access.may_ingest(Path(folder)):
            raise BadInput("that folder may not be ingested from the chat")
        if running.app.knowledge is None:
            raise BadInput("EMBEDDING_MODEL is set to off, so nothing can be ingested")
    except LogAgentError as error:
        await say(str(error))
        return
    message = cl.Message(content="")
    await message.send()
    shown = _Shown(folder, message.id)
    await shown.draw(running_props(folder, None, 0.0))
    await _watched(shown, folder, dry_run=dry_run)


async def _watched(shown: "_Shown", folder: str, *, dry_run: bool) -> None:
    latest: list[Progress] = []
    stopped: list[bool] = []
    watch = Watch(latest.append, lambda: bool(stopped))
    began = time.monotonic()
    job = asyncio.create_task(asyncio.to_thread(_ingested, Path(folder), watch, dry_run=dry_run))
    try:
        while not (await asyncio.wait({job}, timeout=FRAME))[0]:
            await shown.draw(running_props(folder, latest[-1] if latest else None, time.monotonic() - began))
        await shown.draw(_ended(folder, job, dry_run=dry_run))
    except asyncio.CancelledError:
        stopped.append(True)
        raise


def _ingested(folder: Path, watch: Watch, *, dry_run: bool) -> Report:
    app = running.app
    assert app.knowledge is not None  # noqa: S101  looked at before the job began
    with traced_ingestion(app.telemetry, app.settings, "runbooks", dry_run=dry_run) as job:
        report = app.knowledge.ingest([folder], job.watched(watch), dry_run=dry_run)
        job.done(report)
    return report


def _ended(folder: str, job: "asyncio.Task[Report]", *, dry_run: bool) -> dict[str, Any]:
    try:
        return done_props(folder, job.result(), dry_run=dry_run)
    except LogAgentError as error:
        return failed_props(folder, str(error))


class _Shown:
    """The element of one job, drawn again where it changed."""

    def __init__(self, folder: str, message: str) -> None:
        self._folder = folder
        self._message = message
        self._element: cl.CustomElement | None = None

    async def draw(self, props: dict[str, Any]) -> None:
        """Show these props."""
        if self._element is None:
            self._element = screen_element("Ingest", props)
            await self._element.send(for_id=self._message)
        elif self._element.props != props:
            self._element.props = props
            await self._element.update()


async def _allowed() -> bool:
    user = current_user()
    if user is None or not user.admin:
        await say(REFUSED, hint="LOGAGENT_ADMINS names the admins.")
        return False
    return True
