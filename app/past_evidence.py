"""Step 5, retrieval, beside the runbooks: incidents like this one, and whether the worst patterns are new."""

from collections.abc import Sequence

from app.knowledge_query import Knowledge, KnownDocument, search_knowledge
from app.telemetry.spans import TracedSpan
from app.triage.findings import ProblemGroup
from retrieval.knowledge.search import Hit, SubQuery
from retrieval.patterns.novelty import SeenBefore
from retrieval.patterns.pattern import Pattern
from retrieval.time_window import TimeWindow
from retrieval.timestamps import to_datetime

MOST_INCIDENTS = 2
MOST_PATTERNS = 3  # problems whose past is told
FEWEST_DAYS = 2  # of history before anything is called new


async def past_evidence(
    knowledge: Knowledge,
    queries: Sequence[SubQuery],
    problems: Sequence[ProblemGroup],
    window: TimeWindow,
    step: TracedSpan,
) -> list[KnownDocument]:
    """The incidents that are relevant to these queries, then what past days say of the worst problems."""
    incidents = await search_knowledge(knowledge, queries, step, collection="incidents")
    leads = [problem.lead for problem in problems[:MOST_PATTERNS]]
    patterns = [(lead.pattern.template, lead.pattern.labels) for lead in leads]
    seen = await knowledge.seen_before(patterns, to_datetime(window.start).date()) if patterns else []
    past = [_document(lead.pattern, each) for lead, each in zip(leads, seen, strict=True) if each]
    return [*incidents[:MOST_INCIDENTS], *(each for each in past if each)]


def with_past(runbooks: Sequence[KnownDocument], past: Sequence[KnownDocument]) -> list[KnownDocument]:
    """The best runbook, what the past says, then the other runbooks: in this order they are given room."""
    return [*runbooks[:1], *past, *runbooks[1:]]


def novelty_words(seen: SeenBefore) -> str:
    """For example `seen on 6 of the 7 days before, 1,204 lines, first on 2026-11-14`."""
    days = f"the {seen.of_days} days before that the history covers"
    if seen.new:
        earlier = f"; seen before these, first on {seen.first}" if seen.first else ""
        return f"new: on none of {days}{earlier}"
    return f"not new: on {seen.days} of {days}, {seen.lines:,} lines, first on {seen.first}"


def _document(pattern: Pattern, seen: SeenBefore) -> KnownDocument | None:
    if seen.of_days < FEWEST_DAYS:
        return None
    hit = Hit(
        doc_id=f"history/{seen.past.id}" if seen.past else "history",
        source=seen.past.source if seen.past else "history",
        title=pattern.template,
        section="",
        header_path=(),
        text=f"{novelty_words(seen)}: {pattern.template}",
        score=1.0,
        relevance=1.0,
        lexical_rank=None,
        dense_rank=None,
        labels={},
        metadata={},
    )
    return KnownDocument("history", hit, (), lines=pattern.sample_positions)
