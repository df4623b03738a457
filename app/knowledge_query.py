"""Step 5, retrieval: what to search for, and the documents that were found.

The person's words are seldom the runbook's. So the worst lines of the window are searched for as well, and they alone
where the question is vague ("what is failing?").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.intent import Intent
from app.telemetry.conventions import Attribute, Content
from app.telemetry.spans import TracedSpan, retrieval_span
from app.triage.findings import ProblemGroup
from app.triage.message import message_of
from retrieval.knowledge.catalog import CatalogSection
from retrieval.knowledge.links import section_link
from retrieval.knowledge.relevance import THRESHOLD
from retrieval.knowledge.search import Hit, SubQuery
from retrieval.patterns.line_fields import LineFields
from retrieval.patterns.novelty import SeenBefore
from retrieval.taxonomy import Category, IntentKind

TOP_K = 5
MOST_PROBLEMS = 3
STATED = 0.4  # an exit code or status alone says less than the message it stands beside
FIRST_HTTP_ERROR = 400


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A runbook, past incident or pattern of the history that was found: the section to cite, and all its sections."""

    collection: str
    hit: Hit
    sections: Sequence[CatalogSection]
    lines: tuple[int, ...] | None = None  # of the window, where the document is about some of them

    @property
    def cited_as(self) -> str:
        """How the cited section is named as a source of evidence."""
        return f"{self.hit.doc_id}#{self.hit.section}" if self.hit.section else self.hit.doc_id

    @property
    def link(self) -> str | None:
        """Where the cited section can be read, where that is known."""
        link = self.hit.metadata.get("link")
        return section_link(str(link), self.hit.section) if link else None


class Knowledge(Protocol):
    """What the pipeline asks of the knowledge. Raises `retrieval.errors.KnowledgeDown`."""

    @property
    def address(self) -> str | None:
        """The server's address, None where it is embedded."""

    def notes(self) -> Sequence[str]:
        """What an answer has to say of its state, for example that the embedding model still loads."""

    async def find(
        self, queries: Sequence[SubQuery], k: int, collection: str, filters: Mapping[str, str] | None = None
    ) -> Sequence[KnownDocument]:
        """The k best documents of a collection, best first; with filters only those that carry these labels."""

    async def seen_before(
        self, patterns: Sequence[tuple[str, Mapping[str, str]]], before: date
    ) -> Sequence[SeenBefore | None]:
        """For each pattern, by template and labels, what the history's days before a day say; None without any."""


def knowledge_queries(question: str, intent: Intent, problems: Sequence[ProblemGroup]) -> list[SubQuery]:
    """The texts to search for, with their weights."""
    if intent.kind is IntentKind.HOWTO:
        return [SubQuery(question)]
    # "What is failing?" says nothing of what is looked for, and would find whatever speaks of failing most.
    queries = [SubQuery(question)] if intent.terms else []
    for rank, problem in enumerate(problems[:MOST_PROBLEMS], start=1):
        lead = problem.lead
        queries.append(SubQuery(message_of(lead.pattern.samples[0], 300), 1.0 / rank))
        queries.append(SubQuery(f"{lead.category.value.replace('_', ' ')} {lead.component}", 0.6 / rank))
        if stated := _stated(lead.pattern.fields):
            queries.append(SubQuery(stated, STATED / rank))
    return queries


def _stated(fields: LineFields) -> str:
    """What a line's fields state beside its message, in the words that a runbook has for it; "" for nothing."""
    parts = (
        fields.exception,
        f"exit code {fields.exit_code}" if fields.exit_code else "",  # 0 is no failure
        f"HTTP status {fields.http_status}" if (fields.http_status or 0) >= FIRST_HTTP_ERROR else "",
        f"gRPC {fields.grpc_code}" if fields.grpc_code not in ("", "OK") else "",
    )
    return " ".join(part for part in parts if part)


async def search_knowledge(
    knowledge: Knowledge,
    queries: Sequence[SubQuery],
    step: TracedSpan,
    *,
    category: Category | None = None,
    collection: str = "runbooks",
) -> list[KnownDocument]:
    """The documents that are relevant to these queries, best first; none is an answer too.

    The best runbook of the worst problem's `category` comes first where runbooks say what category they are for.
    """
    with retrieval_span(step, collection, server=knowledge.address) as span:
        span.content(Content.RETRIEVAL_QUERY, "\n".join(query.text for query in queries))
        found = await knowledge.find(queries, TOP_K, collection)
        relevant = [document for document in found if document.hit.relevance >= THRESHOLD]
        if category is not None:
            labelled = await knowledge.find(queries, 1, collection, {"category": category.value})
            # In front: the budget may not hold all, and what to do about the worst problem must be in it.
            relevant = list({each.cited_as: each for each in (*labelled, *relevant)}.values())
        span.set(
            {
                Attribute.TOP_K: TOP_K,
                Attribute.HITS: len(relevant),
                Attribute.TOP_SCORE: found[0].hit.relevance if found else None,
            }
        )
    return relevant
