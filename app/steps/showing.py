"""Step 7: the evidence card, which is the whole answer with the extractive triage."""

from collections.abc import Mapping

from app.answer import Action, Answer, CardReady, Selectors, Triage, Window
from app.card import evidence_items, pattern_rows, problem_rows, volume
from app.change_rows import change_rows, compared_windows, coverage_of, event_rows
from app.evidence_selection import Selection
from app.lookup import lookup_triage
from app.overview import overview_of, summarised
from app.ranking import ranking_triage
from app.triage.change_words import change_triage
from app.triage.extractive import extractive_triage
from app.turn import Looked, Turn
from retrieval.selectors import values_of
from retrieval.taxonomy import IntentKind
from retrieval.timestamps import to_iso


async def card_step(turn: Turn, looked: Looked, selection: Selection, actions: Mapping[str, Action]) -> Answer:
    """The answer as it stands without a model, shown at once."""
    async with turn.steps.run("card") as step:
        answer = _answer(turn, looked, selection, _triage(turn, looked, selection, actions))
        if looked.asked.intent.kind is IntentKind.SUMMARY:
            overview = overview_of(looked, answer.problems)
            told = summarised(answer.triage, overview, answer.problems, looked)
            answer = answer.model_copy(update={"overview": overview, "triage": told})
        triage = answer.triage
        step.summary = f"{triage.status.value.replace('_', ' ')}, {len(answer.problems)} problems ranked"
    final = not turn.asks_model(looked.asked.intent.kind)
    await turn.steps.emit(CardReady(answer, looked.lines, final, looked.asked.earlier))
    return answer


def _triage(turn: Turn, looked: Looked, selection: Selection, actions: Mapping[str, Action]) -> Triage:
    if looked.comparison is not None:
        return change_triage(
            looked.comparison, looked.findings, looked.problems, selection, actions, looked.asked.selectors
        )
    if looked.ranking is not None:
        return ranking_triage(looked, looked.ranking, actions)
    if looked.lookup is not None:
        return lookup_triage(looked, looked.lookup)
    intent = looked.asked.intent
    return extractive_triage(
        intent.kind, looked.problems, looked.findings, selection, actions, intent.terms, turn.question.text
    )


def _answer(turn: Turn, looked: Looked, selection: Selection, triage: Triage) -> Answer:
    window, comparison = looked.asked.window, looked.comparison
    before, after = compared_windows(comparison) if comparison else (None, None)
    return Answer(
        question=turn.question.text,
        intent=looked.asked.intent.kind,
        window=Window(start=to_iso(window.start), end=to_iso(window.end), source=window.source),
        selectors=Selectors(**{name: ", ".join(values_of(one)) for name, one in looked.asked.selectors.items()}),
        query=looked.read.query,
        link=looked.read.link,
        coverage=coverage_of(*(comparison.reads if comparison else (looked.read,))),
        evidence=evidence_items(selection.evidence),
        problems=problem_rows(looked.problems, selection, window),
        patterns=[] if comparison else pattern_rows(looked.findings, selection),
        volume=None if comparison else volume(looked.lines, looked.found, looked.findings, window),
        before=before,
        after=after,
        changes=change_rows(comparison, selection, looked.event_ids) if comparison else [],
        ranking=looked.ranking,
        lookup=looked.lookup,
        events=event_rows(comparison, looked.event_ids) if comparison else [],
        triage=triage,
        engine="extractive",
        model=None,
        prompt=None,
        usage=None,
        timings_ms=turn.steps.timings(),
        warnings=list(turn.warnings),
        trace_id=turn.span.trace_id,
    )
