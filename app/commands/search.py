"""`logagent search`: retrieval alone."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from app.bootstrap import open_knowledge
from app.commands import options
from app.knowledge_query import KnownDocument
from app.settings import Settings
from app.telemetry.log_records import configure_logs
from app.triage.verification import inert
from retrieval.errors import BadInput
from retrieval.knowledge.relevance import THRESHOLD
from retrieval.knowledge.search import SubQuery

CONTRACT = 1
SHOWN_CHARACTERS = 240
Collection = Literal["runbooks", "incidents", "history"]


def search(
    query: Annotated[str, typer.Argument(help="Words, an alert's description, or a log line.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many documents.")] = 10,
    collection: Annotated[Collection, typer.Option(help="Where to search.")] = "runbooks",
    category: Annotated[str | None, typer.Option(help="Only documents of this category of failure.")] = None,
    component: Annotated[str | None, typer.Option(help="Only documents about this component.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Only documents for this namespace.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Search the runbooks, the past incidents or the pattern history.

    Example: logagent search "x509: certificate has expired" -k 3
    """
    if not query.strip():
        raise BadInput("say what to search for: the query is empty")
    settings = Settings.read()
    configure_logs(settings.app.log_level, json=settings.app.log_json)
    labels = {"category": category, "component": component, "namespace": namespace}
    filters = {label: value for label, value in labels.items() if value}
    found = asyncio.run(_found(settings, query, k, collection, filters))
    if as_json:
        rows = [_row(rank, document) for rank, document in enumerate(found, start=1)]
        document = {"contract": CONTRACT, "query": query, "collection": collection, "hits": rows}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    else:
        _print(found)


async def _found(
    settings: Settings, query: str, k: int, collection: str, filters: Mapping[str, str]
) -> Sequence[KnownDocument]:
    async with open_knowledge(settings) as knowledge:
        if knowledge is None:
            raise BadInput("EMBEDDING_MODEL is set to off, so nothing can be searched")
        return await knowledge.find([SubQuery(query)], k, collection, filters)


def _row(rank: int, document: KnownDocument) -> dict[str, object]:
    hit = document.hit
    return {
        "rank": rank,
        "doc_id": hit.doc_id,
        "title": hit.title,
        "section": hit.section,
        "text": hit.text,
        "score": hit.score,
        "relevance": hit.relevance,
        "lexical_rank": hit.lexical_rank,
        "dense_rank": hit.dense_rank,
    }


def _print(found: Sequence[KnownDocument]) -> None:
    console = Console()
    relevant = [document for document in found if document.hit.relevance >= THRESHOLD]
    if not relevant:
        console.print("nothing relevant is known" + (", these come nearest:" if found else ""))
    for rank, document in enumerate(relevant or found, start=1):
        hit = document.hit
        console.print(
            Text(f"{rank}. {hit.title}", style="bold"),
            Text(f"{hit.doc_id} · {hit.section} · {hit.relevance:.2f}", style="dim"),
        )
        console.print(Text(f"   {inert(hit.text, SHOWN_CHARACTERS)}"))
