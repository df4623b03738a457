"""`logagent ask`: one question, the same pipeline as the chat."""

import asyncio
import sys
from typing import Annotated

import typer
from rich.console import Console

from app.answer import Answer, CardReady, Event, ModelQueued, StepFinished
from app.bootstrap import open_app
from app.commands import options
from app.commands.answer_text import print_answer
from app.question import ModelUse, Question
from app.question_kinds import kind_of
from app.settings import Settings
from app.telemetry.log_records import configure_logs
from retrieval.logs.no_logs import NoLogs
from retrieval.taxonomy import IntentKind


def ask(
    question: Annotated[str, typer.Argument(help="For example: what is failing?")],
    logs: options.Logs = None,
    namespace: options.Namespace = None,
    window: options.Window = None,
    start: options.From = None,
    end: options.To = None,
    now: options.Now = None,
    llm: Annotated[ModelUse, typer.Option(help="Whether the language model is asked.")] = ModelUse.AUTO,
    coach: Annotated[bool, typer.Option("--coach", help="Explain the commands, for the CKA exam.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Ask one question about the logs.

    Example: logagent ask "why does etcd not start?" --logs /var/log/pods --window 2h
    """
    settings = Settings.read()
    configure_logs(settings.app.log_level, json=settings.app.log_json)
    times = options.Times(window, start, end, now, settings.app.zone)
    answer = asyncio.run(_answered(settings, question, logs, namespace, times, llm, coach=coach, quiet=as_json))
    if as_json:
        sys.stdout.write(answer.model_dump_json(indent=2) + "\n")
    else:
        print_answer(answer, Console())


async def _answered(
    settings: Settings,
    question: str,
    logs: options.Logs,
    namespace: str | None,
    times: options.Times,
    llm: ModelUse,
    *,
    coach: bool,
    quiet: bool,
) -> Answer:
    # How something is done can be asked without any logs.
    needs_none = not logs and settings.loki.url is None and kind_of(question) is IntentKind.HOWTO
    source = NoLogs() if needs_none else logs
    async with open_app(settings, logs=source, with_model=llm is not ModelUse.OFF) as app:
        asked = Question(
            question,
            window=options.chosen_window(times, await app.logs.extent()),
            selectors={"namespace": namespace} if namespace else {},
            now=times.moment(),
            model_use=llm,
            coach=coach,
        )
        console = Console(stderr=True, quiet=quiet)

        async def show(event: Event) -> None:
            if isinstance(event, StepFinished):
                console.print(f"[dim]{event.name:<10}{event.duration_ms:8.0f} ms  [/dim]", end="")
                console.print(event.summary, style="dim", markup=False, highlight=False)
            elif isinstance(event, CardReady) and not event.final:
                console.print("the model is asked …", style="dim")
            elif isinstance(event, ModelQueued):
                ahead = "others are" if event.ahead is None else f"{event.ahead} in line and those being answered are"
                console.print(f"{ahead} ahead at the model", style="dim")

        return await app.pipeline.run(asked, show)
