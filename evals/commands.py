"""`logagent dataset`: the golden dataset's pipeline on the command line."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from evals.capture.catalog import SCENARIOS
from evals.capture.runner import capture as run_scenario
from evals.capture.runner import ended_by_sigterm
from evals.capture.scenario import CaptureError, RequirementError, Scenario
from evals.dataset.cases import Case, write_cases
from evals.dataset.commands.analyze import analyze
from evals.dataset.commands.combine import combine
from evals.dataset.commands.drafts import drafts
from evals.dataset.commands.extract import extract
from evals.dataset.commands.freeze import freeze
from evals.dataset.commands.review import review
from evals.dataset.commands.synthesize import synthesize
from retrieval.errors import BadInput

CONTRACT = 1

dataset = typer.Typer(help="Make and look after the golden dataset.", no_args_is_help=True)


@dataset.callback()
def _group() -> None:
    """Make and look after the golden dataset."""


@dataset.command(epilog="Example: logagent dataset capture --only redis-port-taken --out /tmp/captures")
def capture(
    out: Annotated[Path, typer.Option(help="Folder for the captures, one file a scenario; made if missing.")] = Path(
        "captures"
    ),
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Capture this scenario only; may be given again.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the scenarios and start nothing.")] = False,
    force: Annotated[bool, typer.Option(help="Replace captures that exist.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Start real servers, bring a fault about, and keep what they printed as labelled cases."""
    try:
        chosen = _chosen(only or [])
        if list_:
            _show_list(chosen, as_json=as_json)
            return
        _refuse_existing(out, chosen, force=force)
        with ended_by_sigterm():
            outcome = _capture_all(out, chosen)
    except BadInput as error:
        typer.echo(f"logagent: {error}", err=True)
        raise typer.Exit(2) from error
    _show_outcome(outcome, as_json=as_json)
    if outcome.failed or not outcome.captured:
        raise typer.Exit(1)


@dataclass
class _Outcome:
    """What became of each scenario."""

    out: Path
    captured: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    def add(self, case: Case, path: Path) -> None:
        """Notes a capture that was written."""
        key_lines = list(case.expected.key_lines)
        self.captured.append({"id": case.id, "path": str(path), "lines": len(case.logs), "key_lines": key_lines})


def _chosen(wanted: Sequence[str]) -> list[Scenario]:
    known = {scenario.id: scenario for scenario in SCENARIOS}
    for name in wanted:
        if name not in known:
            raise BadInput(f"there is no scenario {name!r}; `logagent dataset capture --list` names them")
    return [scenario for scenario in SCENARIOS if not wanted or scenario.id in wanted]


def _path(out: Path, scenario: Scenario) -> Path:
    return out / f"{scenario.id}.jsonl"


def _refuse_existing(out: Path, chosen: Sequence[Scenario], *, force: bool) -> None:
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is no folder; --out names a folder for the captures")
    existing = [path for scenario in chosen if (path := _path(out, scenario)).exists()]
    if existing and not force:
        more = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        raise BadInput(f"{existing[0]}{more} exists; --force replaces captures, --out puts them elsewhere")


def _capture_all(out: Path, chosen: Sequence[Scenario]) -> _Outcome:
    outcome = _Outcome(out)
    for number, scenario in enumerate(chosen, start=1):
        typer.echo(f"[{number}/{len(chosen)}] {scenario.id}: {scenario.fault}", err=True)
        try:
            case = run_scenario(scenario)
        except RequirementError as error:
            outcome.skipped.append({"id": scenario.id, "reason": str(error)})
            typer.echo(f"skipped {scenario.id}: {error}", err=True)
        except CaptureError as error:
            outcome.failed.append({"id": scenario.id, "reason": str(error)})
            typer.echo(f"failed {error}", err=True)
        else:
            write_cases(_path(out, scenario), [case])
            outcome.add(case, _path(out, scenario))
    return outcome


def _show_list(chosen: Sequence[Scenario], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"id": s.id, "program": s.program.name, "fault": s.fault, "severity": s.severity, "category": s.category}
            for s in chosen
        ]
        _print_json({"contract": CONTRACT, "scenarios": rows})
        return
    width = max(len(scenario.id) for scenario in chosen)
    for scenario in chosen:
        typer.echo(f"{scenario.id:<{width}}  {scenario.program.name}: {scenario.fault}")


def _show_outcome(outcome: _Outcome, *, as_json: bool) -> None:
    if as_json:
        _print_json(
            {
                "contract": CONTRACT,
                "out": str(outcome.out),
                "captured": outcome.captured,
                "skipped": outcome.skipped,
                "failed": outcome.failed,
            }
        )
        return
    for row in outcome.captured:
        typer.echo(f"{row['path']}: {row['lines']} lines, {len(row['key_lines'])} key lines")
    counts = f"{len(outcome.captured)} captured, {len(outcome.skipped)} skipped, {len(outcome.failed)} failed"
    typer.echo(counts, err=True)


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


dataset.command(epilog="Example: LOKI_URL=http://localhost:3100 logagent dataset extract --window 24h")(extract)
dataset.command(epilog="Example: logagent dataset synthesize --seed 7 --out synthetic.jsonl")(synthesize)
dataset.command(epilog="Example: logagent dataset combine --seed 7 --out combined.jsonl")(combine)
dataset.command(epilog="Example: logagent dataset analyze combined.jsonl --out /tmp/report")(analyze)
dataset.command(epilog="Example: logagent dataset freeze combined.jsonl --out golden-v2.jsonl")(freeze)
dataset.command(epilog="Example: logagent dataset review cases.jsonl --reviewer anna --out verdicts.jsonl")(review)
dataset.add_typer(drafts, name="drafts")
