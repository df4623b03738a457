"""What the past says beside the runbooks: incidents like this one, and whether the worst patterns are new."""

from collections.abc import Sequence
from datetime import date

import pytest

from app.evidence_selection import select_evidence
from app.knowledge_query import KnownDocument
from app.past_evidence import past_evidence, with_past
from app.telemetry.setup import Telemetry
from app.telemetry.spans import step_span, turn_span
from app.triage.actions import candidate_actions
from app.triage.findings import find_findings, find_problems
from retrieval.knowledge.search import Hit, SubQuery
from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.novelty import PastPattern, SeenBefore
from retrieval.patterns.window_patterns import find_patterns
from retrieval.taxonomy import IntentKind
from retrieval.time_window import TimeWindow

NANOSECONDS = 10**9
WINDOW = TimeWindow(1_763_600_000 * NANOSECONDS, 1_763_603_600 * NANOSECONDS)  # 20 November 2025
WEEK = [date(2025, 11, day) for day in range(13, 20)]


def document(collection: str, doc_id: str, relevance: float = 0.9, text: str = "text") -> KnownDocument:
    """A document that was found."""
    hit = Hit(doc_id, "here", doc_id, "Fix", ("Fix",), text, 1.0, relevance, 1, 1, {}, {})
    return KnownDocument(collection, hit, ())


class Past:
    """Knowledge with some incidents and a history of one pattern."""

    address = None

    def __init__(self, incidents: Sequence[KnownDocument] = (), known: str | None = None) -> None:
        self._incidents = incidents
        self._known = known
        self.before: date | None = None

    def notes(self):
        return ()

    async def find(self, queries, k, collection, filters=None):
        return self._incidents if collection == "incidents" else ()

    async def seen_before(self, patterns, before):
        self.before = before
        return [self._seen(template) for template, _ in patterns]

    def _seen(self, template):
        if self._known is None:
            return None
        if self._known not in template:
            return SeenBefore(None, 0, 7, 0, None)
        past = PastPattern("p1", "loki", template, {}, dict.fromkeys(WEEK[1:], 200))
        return SeenBefore(past, 6, 7, 1_200, WEEK[1])


@pytest.fixture
def problems():
    lines = ["ERROR write failed: no space left on device"] * 5 + ["FATAL certificate has expired"] * 3
    table = LogTable.from_lines(
        LogLine(n, WINDOW.start + n, {"app": "etcd" if n < 5 else "api"}, line) for n, line in enumerate(lines)
    )
    findings = find_findings(find_patterns(table).patterns)
    return find_problems(findings), findings, table


async def asked(knowledge, problems):
    telemetry = Telemetry(None)
    with turn_span(telemetry) as turn, step_span(turn, "retrieval") as step:
        found = await past_evidence(knowledge, [SubQuery("x")], problems, WINDOW, step)
    telemetry.shutdown()
    return found


async def test_a_pattern_of_most_days_is_said_not_to_be_new(problems):
    """And one that no day has is said to be; the days are those before the window."""
    knowledge = Past(known="no space")
    texts = [each.hit.text for each in await asked(knowledge, problems[0])]
    assert knowledge.before == date(2025, 11, 20)
    words = "not new: on 6 of the 7 days before that the history covers, 1,200 lines, first on 2025-11-14"
    assert any(text.startswith(words) and "no space" in text for text in texts)
    assert any(text.startswith("new: on none of the 7 days") and "certificate" in text for text in texts)


async def test_without_history_or_incidents_there_is_nothing(problems):
    """No evidence is made up."""
    assert await asked(Past(), problems[0]) == []
    assert await asked(Past(known="no space"), []) == []


async def test_only_relevant_incidents_and_the_best_two(problems):
    """Below the threshold an incident is about something else."""
    incidents = [document("incidents", f"i{n}", relevance) for n, relevance in enumerate((0.9, 0.8, 0.7, 0.2))]
    found = await asked(Past(incidents), problems[0])
    assert [each.hit.doc_id for each in found] == ["i0", "i1"]


def test_they_are_evidence_of_their_own_kind_and_no_source_of_steps(problems):
    """Incidents are I1 and so on, patterns of the past P; what to do comes from runbooks alone."""
    groups, findings, table = problems
    step = "```sh\nkubectl delete ns prod\n```"
    past = [document("incidents", "i1", text=step), document("history", "history/p1", text="not new: x")]
    documents = with_past([document("runbooks", "a.md"), document("runbooks", "b.md")], past)
    assert [each.hit.doc_id for each in documents] == ["a.md", "i1", "history/p1", "b.md"]
    selection = select_evidence(groups, findings, documents, table)
    kinds = {item.id: item.kind.value for item in selection.evidence}
    assert (kinds["I1"], kinds["R1"], kinds["R2"]) == ("incident", "runbook", "runbook")
    assert any(item.kind.value == "pattern" and item.text == "not new: x" for item in selection.evidence)
    actions = candidate_actions(documents, groups, selection, IntentKind.TRIAGE)
    assert not any("delete" in (action.command or "") for action in actions.values())
