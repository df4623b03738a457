"""`logagent eval retrieval`: the experiment on the command line."""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from app.settings import KnowledgeSettings, Settings
from evals.changes.run_folder import refuse_existing
from evals.retrieval.experiment import Found, search_all, throw_away_index
from evals.retrieval.measures import MEASURES
from evals.retrieval.queries import read_queries
from evals.retrieval.report import shown
from evals.retrieval.run_folder import metrics_by_group, write_run
from evals.run_trace import traced_run
from ingestion.corpus import runbook_folder
from ingestion.loading import Source, list_documents
from ingestion.report import Progress, Report
from retrieval.errors import BadInput
from retrieval.knowledge.embedding import EmbeddingModel, SentenceEmbedder, find_model
from retrieval.knowledge.reranking import CrossEncoderReranker

BUNDLED_QUERIES = Path(__file__).with_name("queries.jsonl")
SEED = 7

Dataset = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Judged queries (JSONL); the bundled ones if none is given.")
]
Corpus = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of Markdown; the bundled runbooks if none is given.")
]
Out = Annotated[Path | None, typer.Option(help="Folder for the run; a new one under ./runs where not given.")]


def retrieval(
    dataset: Dataset = None,
    corpus: Corpus = None,
    out: Out = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the metrics as JSON.")] = False,
) -> None:
    """Search judged queries by words, by vectors and by both, and see how high the right documents stand.

    Example: logagent eval retrieval --corpus ./runbooks --dataset queries.jsonl --out /tmp/run
    """
    if corpus is not None and dataset is None:
        raise BadInput("--corpus needs the queries about it: name them with --dataset")
    target = out or Path("runs") / f"retrieval-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    refuse_existing(target)
    folder, judged = corpus or runbook_folder(), dataset or BUNDLED_QUERIES
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.")
    documents = list_documents(Source.at(folder)).doc_ids
    queries = read_queries(judged, documents)
    everything = Settings.read()
    settings = everything.knowledge
    embedder, reranker = SentenceEmbedder(find_model(_model_name(settings))), _reranker(settings)
    with (
        traced_run(everything, "retrieval", dataset, len(queries)) as tell,
        throw_away_index(folder, embedder, reranker, _tell) as (search, report),
    ):
        done = _with_progress(search_all(search, queries), len(queries))
        groups = metrics_by_group(done, SEED)
        tell({f"{mode}.{name}": got["value"] for mode, each in groups["all"].items() for name, got in each.items()})
    config = _config(dataset, corpus, documents, report, embedder.model)
    write_run(target, config | {"reranker": settings.reranker_model}, done, groups)
    for failure in report.failed:
        typer.echo(f"logagent: {failure}", err=True)
    if as_json:
        sys.stdout.write(json.dumps({"contract": 1, "out": str(target), "metrics": groups["all"]}, indent=2) + "\n")
        return
    for mode, measured in groups["all"].items():
        typer.echo("  ".join([f"{mode:<15}", *(f"{name} {shown(measured[name])}" for name in MEASURES)]))
    typer.echo(f"written to {target}", err=True)


def _model_name(settings: KnowledgeSettings) -> str | None:
    if settings.embedding_model == "off":
        raise BadInput("EMBEDDING_MODEL is set to off, so only words could be measured; set a model")
    return settings.embedding_model


def _reranker(settings: KnowledgeSettings) -> CrossEncoderReranker | None:
    if settings.reranker_model is None:
        return None
    reranker = CrossEncoderReranker(settings.reranker_model)
    reranker.load()
    return reranker


def _tell(progress: Progress) -> None:
    typer.echo(f"{progress.done} of {progress.total} sections embedded", err=True)


def _with_progress(found: Iterable[Found], total: int) -> list[Found]:
    done: list[Found] = []
    for each in found:
        done.append(each)
        if len(done) % 50 == 0:
            typer.echo(f"{len(done)} of {total} queries", err=True)
    return done


def _config(
    dataset: Path | None, corpus: Path | None, documents: Sequence[str], report: Report, model: EmbeddingModel
) -> dict[str, Any]:
    folder = corpus or runbook_folder()
    digest = hashlib.sha256()
    for doc_id in documents:
        digest.update(doc_id.encode("utf-8", "surrogateescape") + b"\0" + (folder / doc_id).read_bytes() + b"\0")
    queries = (dataset or BUNDLED_QUERIES).read_bytes()
    return {
        "experiment": "retrieval",
        "dataset": {
            "name": str(dataset or "bundled queries"),
            "version": "1",
            "sha256": hashlib.sha256(queries).hexdigest(),
        },
        "corpus": {
            "name": str(corpus or "bundled runbooks"),
            "documents": len(documents),
            "sha256": digest.hexdigest(),
            "sections": report.chunks_embedded - len(report.added),
            "failed": [str(failure) for failure in report.failed],
        },
        "engine": "retrieval",
        "model": str(model),
        "quantization": None,
        "prompt": None,
        "sampling": None,
        "code_version": version("k8s-log-agent"),
        "seed": SEED,
    }
