"""Steps 5 and 6: the runbooks that fit, and the evidence that fits the budget."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from app.change_evidence import select_change_evidence
from app.evidence_selection import Selection, select_evidence
from app.knowledge_query import KnownDocument, knowledge_queries, search_knowledge
from app.lookup import looked_up
from app.past_evidence import past_evidence, with_past
from app.ranking import ranked
from app.telemetry.attributes import of_evidence
from app.turn import Looked, Turn
from retrieval.errors import KnowledgeDown
from retrieval.taxonomy import IntentKind


async def retrieval_step(turn: Turn, looked: Looked) -> Sequence[KnownDocument]:
    """The runbooks for the question and the worst problems; none, and a warning, where they cannot be searched."""
    async with turn.steps.run("retrieval") as step:
        knowledge = turn.parts.knowledge
        if knowledge is None:
            step.summary = "no runbooks are loaded"
            return ()
        queries = knowledge_queries(turn.question.text, looked.asked.intent, looked.problems)
        about_the_window = looked.problems and looked.asked.intent.kind is not IntentKind.HOWTO
        category = looked.problems[0].lead.category if about_the_window else None
        try:
            documents, past = await asyncio.gather(
                search_knowledge(knowledge, queries, step.span, category=category),
                past_evidence(knowledge, queries, looked.problems, looked.asked.window, step.span),
            )
        except KnowledgeDown as error:
            turn.knowledge_down = True
            turn.warnings.append(str(error))
            step.summary = "the runbooks cannot be searched"
            return ()
        turn.warnings.extend(knowledge.notes())
        best = documents[0].hit.doc_id if documents else ""
        step.summary = f"{len(documents)} runbooks, first {best}" if documents else "no runbook fits"
        step.details = {"documents": [f"{each.hit.doc_id} ({each.hit.relevance:.2f})" for each in documents]}
        if past:
            step.summary += f", {len(past)} from the past"
            step.details["past"] = [f"{each.cited_as}: {each.hit.text[:120]}" for each in past]
    return with_past(documents, past)


async def evidence_step(turn: Turn, looked: Looked, documents: Sequence[KnownDocument]) -> tuple[Looked, Selection]:
    """The numbered evidence, and a warning about what did not fit; what was looked at knows its events' ids now."""
    async with turn.steps.run("evidence") as step:
        looked, selection = await asyncio.to_thread(_chosen, turn, looked, documents)
        step.measured(of_evidence(item.kind for item in selection.evidence))
        step.summary = f"{len(selection.evidence)} items, about {selection.tokens:,} tokens"
        if selection.left_out:
            turn.warnings.append(selection.left_out)
    return looked, selection


def _chosen(turn: Turn, looked: Looked, documents: Sequence[KnownDocument]) -> tuple[Looked, Selection]:
    """The evidence of the kind of question, and what was looked at with what was computed on the way."""
    intent, tokens = looked.asked.intent, turn.parts.evidence_tokens
    if looked.comparison is not None:
        selection, event_ids = select_change_evidence(looked.comparison, documents, tokens)
        return replace(looked, event_ids=event_ids), selection
    if intent.ranking is not None:
        by_count = ranked(looked, intent.ranking, documents, tokens)
        return replace(looked, ranking=by_count.ranking), by_count.selection
    if intent.kind is IntentKind.LOOKUP:
        found = looked_up(looked, turn.question.text, tokens)
        return replace(looked, lookup=found.lookup), found.selection
    return looked, select_evidence(looked.problems, looked.findings, documents, looked.lines, tokens, looked.found)
