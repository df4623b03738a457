"""`logagent eval triage`: the experiment on the command line."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from app.commands import options
from app.question import ModelUse
from app.settings import Settings
from app.telemetry.log_records import configure_logs
from evals.comparison.baseline import drift_from_baseline
from evals.comparison.machine_speed import as_metric, reference_ms
from evals.dataset.cases import Case
from evals.metrics.metric import Metric
from evals.run_trace import traced_run
from evals.triage.dataset_file import cases_of, sha256_of
from evals.triage.engines import open_engine
from evals.triage.experiment import Experiment, bundled_names
from evals.triage.prediction import Record, Scored
from evals.triage.publishing import publish
from evals.triage.run_folder import RunFolder
from evals.triage.running import run_cases
from evals.triage.sampling import sampling_of
from evals.triage.scoring import score
from prompts.registry import PromptRegistry
from retrieval.errors import BadInput
from retrieval.taxonomy import IntentKind

Dataset = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Case file, or golden-v1; the bundled captures if none.")
]
Out = Annotated[Path | None, typer.Option(help="Folder for the run; a new one under ./runs where not given.")]
Llm = Annotated[ModelUse | None, typer.Option(help="Whether the language model is asked; as the experiment says.")]


def triage(
    dataset: Dataset = None,
    out: Out = None,
    llm: Llm = None,
    experiment: Annotated[str, typer.Option(help=f"{', '.join(bundled_names())}, or a YAML file.")] = "extractive",
    split: Annotated[
        str | None, typer.Option(help="Of a frozen dataset this split alone: tune on dev, report test.")
    ] = None,
    parallel: Annotated[int | None, typer.Option(min=1, max=64, help="Cases under way at once.")] = None,
    repeats: Annotated[int | None, typer.Option(min=1, max=32, help="Answers a case, each with another seed.")] = None,
    record: Annotated[Path | None, typer.Option(help="Keep the model's answers in this file.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Take the model's answers from a recording.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Put labelled cases through the pipeline that serves people, and measure its answers.

    Example: logagent eval triage --dataset cases.jsonl --out /tmp/run --llm off
    """
    chosen = Experiment.read(experiment)
    changes = {"llm": llm, "dataset": dataset, "split": split, "parallel": parallel, "repeats": repeats}
    chosen = chosen.model_copy(update={name: value for name, value in changes.items() if value is not None})
    settings = Settings.read()
    configure_logs(settings.app.log_level, json=settings.app.log_json)
    cases, _ = cases_of(chosen.dataset, chosen.split)
    target = out or Path("runs") / f"triage-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    if record is not None and replay is not None:
        raise BadInput("give either --record or --replay, not both")
    with traced_run(settings, f"triage.{chosen.name}", chosen.dataset, len(cases)) as tell:
        metrics = asyncio.run(_measured(chosen, settings, cases, target, record=record, replay=replay))
        tell({name: metric.value for name, metric in metrics.items()})
    if as_json:
        table = {name: metric.as_json() for name, metric in metrics.items()}
        sys.stdout.write(json.dumps({"contract": 1, "out": str(target), "metrics": table}, indent=2) + "\n")
        return
    for name, metric in metrics.items():
        typer.echo(f"{name:<22}{metric.in_words(3)}")
    typer.echo(f"written to {target}", err=True)


async def _measured(
    experiment: Experiment,
    settings: Settings,
    cases: Sequence[Case],
    target: Path,
    *,
    record: Path | None = None,
    replay: Path | None = None,
) -> Mapping[str, Metric]:
    run = RunFolder(target, run_config(experiment, settings, cases))
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("cases", total=len(cases))
        async with open_engine(experiment, settings, cases[0], record=record, replay=replay) as engine:
            run.start(engine.model)
            if run.done:
                console.print(f"going on: {len(run.done)} of {len(cases)} cases were done", style="dim")
                progress.update(task, completed=len(run.done))

            def keep(outcome: Record) -> None:
                run.keep(outcome)
                progress.advance(task)

            speed = reference_ms()
            records = await run_cases(cases, engine, experiment.parallel, run.done, keep, experiment.repeats)
            speed += reference_ms()
    scored = [Scored(case, outcome) for case, outcome in zip(cases, records, strict=True)]
    metrics = {**score(scored), "reference_ms": as_metric(speed)}
    run.finish(scored, metrics)
    endpoint = settings.telemetry.otel_exporter_otlp_metrics_endpoint
    publish(
        metrics,
        dataset=Path(run.config["dataset"]["name"]).stem,
        engine=experiment.name,
        endpoint=str(endpoint) if endpoint else None,
        folder=target,
        drift=drift_from_baseline(run.config, scored),
    )
    return metrics


def run_config(experiment: Experiment, settings: Settings, cases: Sequence[Case]) -> dict[str, Any]:
    """What has to be equal for two runs to be the same experiment, as `config.json` has it."""
    with_model = experiment.engine == "pipeline" and experiment.llm is not ModelUse.OFF
    prompt = PromptRegistry.bundled().live(IntentKind.TRIAGE) if with_model else None
    return {
        "experiment": "triage",
        "name": experiment.name,
        "dataset": {
            "name": str(experiment.dataset or "bundled captures"),
            "version": "1",
            "sha256": cases_of(experiment.dataset)[1],
            "split": experiment.split,
            "cases": len(cases),
        },
        "engine": experiment.engine,
        "llm": experiment.llm.value,
        "retrieval": experiment.retrieval,
        "embedding_model": settings.knowledge.embedding_model or "bundled",
        "model": None,
        "quantization": experiment.profile.quantization if experiment.profile else None,
        "prompt": {"id": prompt.id, "version": prompt.version, "sha256": prompt.sha256} if prompt else None,
        "profile": experiment.profile.name if experiment.profile else None,
        "sampling": sampling_of(experiment, settings).as_json() if with_model else None,
        "code_version": version("k8s-log-agent"),
        "signals_sha256": sha256_of(_triage_data()),
        "parallel": experiment.parallel,
        "repeats": experiment.repeats,
        "seed": experiment.seed,
    }


def _triage_data() -> list[Path]:
    """The weights of the extractive engine."""
    return sorted(Path(str(files("app.triage"))).glob("*.yaml"))
