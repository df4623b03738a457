"""The ablation "retrieval only": the runbook that is found first gives the verdict."""

import pytest

from app.knowledge_query import KnownDocument
from evals.captures import folder
from evals.dataset.cases import read_cases
from evals.triage.retrieval_only import RetrievalOnly
from retrieval.errors import KnowledgeDown
from retrieval.knowledge.search import Hit
from retrieval.taxonomy import Category, Severity, Status

(CASE,) = read_cases(folder() / "redis-snapshot-disk-full.jsonl")
(CALM,) = read_cases(folder() / "chrony-ordinary-start.jsonl")


def runbook(relevance, category="disk_pressure", severity="CRITICAL"):
    hit = Hit(
        doc_id="disk.md", source="bundled", title="The disk is full", section="Fix", header_path=("Fix",), text="…",
        score=1.0, relevance=relevance, lexical_rank=1, dense_rank=1,
        labels={"category": frozenset([category])} if category else {},
        metadata={"severity": severity} if severity else {},
    )  # fmt: skip
    return KnownDocument("runbooks", hit, ())


class Shelf:
    """A knowledge that finds one document, and remembers what it was asked."""

    address = None

    def __init__(self, *found):
        self.asked = []
        self._found = found

    async def find(self, queries, k, collection, filters=None):
        self.asked.append([query.text for query in queries])
        if not self._found:
            raise KnowledgeDown("the index is gone")
        return list(self._found)


async def test_the_first_runbook_gives_category_and_severity():
    """It was searched for with the question and the first different lines of trouble, and these are cited."""
    shelf = Shelf(runbook(0.9))
    answer = (await RetrievalOnly(shelf).answer(CASE)).prediction
    assert (answer.status, answer.category, answer.severity) == (
        Status.PROBLEM, Category.DISK_PRESSURE, Severity.CRITICAL,
    )  # fmt: skip
    assert (answer.confidence, answer.summary) == (0.9, "The disk is full")
    assert shelf.asked == [[CASE.question, *(CASE.logs[position].line[:300] for position in answer.key_lines)]]
    assert 1 <= len(answer.key_lines) <= 3


@pytest.mark.parametrize(
    ("found", "case"),
    [(runbook(0.4), CASE), (runbook(0.9, category=None), CASE), (runbook(0.9), CALM.model_copy(update={"logs": ()}))],
)
async def test_without_a_runbook_or_trouble_all_is_well(found, case):
    """What is not relevant, has no category, or has no line to be about, is no verdict."""
    answer = (await RetrievalOnly(Shelf(found)).answer(case)).prediction
    assert answer.status is (Status.HEALTHY if case.logs else Status.INSUFFICIENT_EVIDENCE)
    assert answer.category is Category.BENIGN_NOISE


async def test_a_runbook_without_a_severity_is_an_error():
    """The severity that most problems have."""
    answer = (await RetrievalOnly(Shelf(runbook(0.9, severity=None))).answer(CASE)).prediction
    assert answer.severity is Severity.ERROR


async def test_a_knowledge_that_is_down_is_an_outcome():
    """The case has no prediction, and says why."""
    record = await RetrievalOnly(Shelf()).answer(CASE)
    assert (record.prediction, record.error) == (None, "the index is gone")
