"""`logagent prompts`: the prompts as versioned data: list, show, compare, render, switch and switch back."""

import asyncio
import difflib
import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from app.bootstrap import open_app, open_prompts
from app.commands import options
from app.question import Question
from app.settings import Settings
from app.steps.asking import Request
from app.telemetry.log_records import configure_logs
from prompts.active_versions import ActiveVersionsDamaged
from prompts.registry import Prompt, PromptError, PromptRegistry
from retrieval.errors import BadInput

prompts = typer.Typer(help="The prompts: what is sent to the model, by version.", no_args_is_help=True)
Given = TypeVar("Given")
Id = Annotated[str, typer.Argument(help="For example triage.")]
Version = Annotated[str | None, typer.Option(help="Its version; without it the active one.")]


@prompts.command("list")
def list_(as_json: options.AsJson = False) -> None:
    """Every version of every prompt; a star marks the active ones.

    Example: logagent prompts list
    """
    registry = _registry()
    active = _asked(registry.active)
    rows = [_row(prompt, active=active[prompt.id] is prompt) for prompt in registry.all()]
    if as_json:
        _write({"contract": 1, "prompts": rows})
        return
    for row in rows:
        own = "" if row["bundled"] else "  (yours)"
        intents, mark = ", ".join(row["intents"]), "*" if row["active"] else " "
        _say(f"{mark} {row['id']:<10} {row['version']:<6} {row['sha256'][:12]}  {intents}{own}")


@prompts.command()
def show(prompt: Id, version: Version = None, as_json: options.AsJson = False) -> None:
    """One prompt as its file has it.

    Example: logagent prompts show triage --version 1
    """
    registry = _registry()
    found = _asked(lambda: registry.find(prompt, version))
    if as_json:
        _write({"contract": 1, **_row(found, active=_asked(registry.active)[found.id] is found), "text": found.text})
    else:
        sys.stdout.write(found.text)


@prompts.command()
def diff(prompt: Id, before: str, after: str, as_json: options.AsJson = False) -> None:
    """What differs between two versions.

    Example: logagent prompts diff triage 1 2
    """
    registry = _registry()
    old, new = (_asked(lambda each=each: registry.find(prompt, each)) for each in (before, after))  # type: ignore[misc]
    lines = list(
        difflib.unified_diff(
            old.text.splitlines(),
            new.text.splitlines(),
            f"{prompt} {old.version}",
            f"{prompt} {new.version}",
            lineterm="",
        )
    )
    if as_json:
        _write({"contract": 1, "id": prompt, "before": old.version, "after": new.version, "diff": lines})
    else:
        sys.stdout.write("".join(f"{line}\n" for line in lines))


@prompts.command()
def render(
    question: Annotated[str, typer.Argument(help="For example: what is failing?")],
    logs: options.Logs = None,
    namespace: options.Namespace = None,
    window: options.Window = None,
    start: options.From = None,
    end: options.To = None,
    now: options.Now = None,
    as_json: options.AsJson = False,
) -> None:
    """What the model would read for a question, to the letter, with its hashes and tokens. The model is not asked.

    Example: logagent prompts render "why does etcd not start?" --logs etcd.log
    """
    settings = Settings.read()
    configure_logs(settings.app.log_level, json=settings.app.log_json)
    times = options.Times(window, start, end, now)
    request = asyncio.run(_rendered(settings, question, logs, namespace, times))
    if as_json:
        tokens = {"static": request.static_tokens, "dynamic": request.dynamic_tokens, "counted": request.counted}
        _write({
            "contract": 1, "prompt": request.use.model_dump(), "messages": list(request.rendered.messages),
            "evidence": [item.id for item in request.selection.prompted], "tokens": tokens,
        })  # fmt: skip
        return
    for message in request.rendered.messages:
        sys.stdout.write(f"--- {message['role']}\n{message['content']}\n")
    counted = "counted by the server" if request.counted else "estimated"
    use = request.use
    _say(
        f"--- {use.id} {use.version}, file {use.sha256[:12]}, rendered {use.rendered_sha256[:12]}; "
        f"{request.static_tokens:,} fixed and {request.dynamic_tokens:,} further tokens, {counted}"
    )


@prompts.command()
def use(
    prompt: Id,
    version: Annotated[str | None, typer.Argument(help="The version to switch to.")] = None,
    back: Annotated[bool, typer.Option("--back", help="Undo the last switch instead.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Switch to a version, or back; the next question uses it, also in a program that runs.

    Example: logagent prompts use triage 1    and back: logagent prompts use triage --back
    """
    if (version is None) is not back:
        raise BadInput("give either a version to switch to or --back")
    registry = _registry()
    active = _asked(lambda: registry.back(prompt) if version is None else registry.use(prompt, version))
    if as_json:
        _write({"contract": 1, **_row(active, active=True)})
    else:
        _say(f"{active.id} {active.version} is active")


async def _rendered(
    settings: Settings, question: str, logs: options.Logs, namespace: str | None, times: options.Times
) -> Request:
    async with open_app(settings, logs=logs) as app:
        window = options.chosen_window(times, await app.logs.extent())
        moment: datetime | None = times.moment()
        selectors = {"namespace": namespace} if namespace else {}
        return await app.pipeline.request(Question(question, window=window, selectors=selectors, now=moment))


def _registry() -> PromptRegistry:
    return open_prompts(Settings.read().app.home)


def _asked(what: Callable[[], Given]) -> Given:
    """The registry's answer; what it cannot do is bad input in its own words."""
    try:
        return what()
    except (PromptError, ActiveVersionsDamaged) as error:
        raise BadInput(str(error)) from error
    except OSError as error:
        raise BadInput(f"the choice cannot be kept: {error.strerror} ({error.filename})") from error


def _row(prompt: Prompt, *, active: bool) -> dict[str, Any]:
    return {
        "id": prompt.id,
        "version": prompt.version,
        "active": active,
        "intents": list(prompt.intents),
        "variables": list(prompt.variables),
        "model_hints": prompt.hints.model_dump(exclude_none=True),
        "sha256": prompt.sha256,
        "bundled": prompt.bundled,
    }


def _write(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def _say(line: str) -> None:
    Console(soft_wrap=True).print(Text(line))
