"""An ablation: the verdict is the hint of the runbook that is found first, and the lines are read by nothing else.

It tells how much of a verdict is in the runbooks' labels already, with the search that serves people and no triage.
"""

import re
import time
from collections.abc import Sequence

from app.knowledge_query import Knowledge, KnownDocument
from app.triage.components import component_of
from evals.dataset.cases import Case
from evals.triage.prediction import Citation, Prediction, Record
from retrieval.errors import LogAgentError
from retrieval.knowledge.relevance import THRESHOLD
from retrieval.knowledge.search import SubQuery
from retrieval.taxonomy import Category, EvidenceKind, Severity, Status

LINES = 3
CHARACTERS = 300
_TROUBLE = re.compile("error|fail|fatal|panic|critical|warn|refused|denied|timeout", re.IGNORECASE)


class RetrievalOnly:
    """An `evals.triage.engines.Engine`: the question and the first lines of trouble are searched for together.

    The first runbook that is relevant names category and severity; where none is, or no line tells of trouble, all is
    well. Its confidence is the relevance of what was found.
    """

    model: str | None = None

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def answer(self, case: Case, repeat: int = 0) -> Record:
        """See `Engine`."""
        began = time.perf_counter()
        positions = _trouble(case)
        queries = [SubQuery(case.question), *(SubQuery(case.logs[n].line[:CHARACTERS]) for n in positions)]
        prediction, error = None, None
        try:
            found = await self._knowledge.find(queries, 1, "runbooks")
            prediction = _verdict(case, positions, [each for each in found if each.hit.relevance >= THRESHOLD])
        except LogAgentError as failed:
            error = str(failed)
        latency = round((time.perf_counter() - began) * 1000, 2)
        return Record(id=case.id, prediction=prediction, latency_ms=latency, usage=None, error=error)


def _trouble(case: Case) -> list[int]:
    """The positions of the first different lines that tell of trouble."""
    first: dict[str, int] = {}
    for position, line in enumerate(case.logs):
        if _TROUBLE.search(line.line):
            first.setdefault(re.sub(r"\d+", "0", line.line), position)
    return list(first.values())[:LINES]


def _verdict(case: Case, positions: Sequence[int], found: Sequence[KnownDocument]) -> Prediction:
    hit = found[0].hit if found else None
    category = min(hit.labels.get("category", ()), default=None) if hit else None
    if hit is None or category is None or not positions:
        return Prediction(
            status=Status.HEALTHY if case.logs else Status.INSUFFICIENT_EVIDENCE, severity=Severity.INFO,
            component="cluster", category=Category.BENIGN_NOISE, root_cause="No runbook is about these lines.",
            summary="No runbook is about these lines.", key_lines=(), confidence=0.5, citations=(),
        )  # fmt: skip
    first = case.logs[positions[0]]
    citations = [
        Citation(id=f"L{n}", kind=EvidenceKind.LOG, lines=(position,), valid=True)
        for n, position in enumerate(positions, start=1)
    ]
    return Prediction(
        status=Status.PROBLEM, severity=Severity(str(hit.metadata.get("severity", Severity.ERROR.value))),
        component=component_of(first.labels.model_dump(exclude_none=True)), category=Category(category),
        root_cause=first.line[:220], summary=hit.title, key_lines=tuple(positions),
        confidence=min(1.0, max(0.0, hit.relevance)),
        citations=(*citations, Citation(id="R1", kind=EvidenceKind.RUNBOOK, lines=(), valid=True)),
    )  # fmt: skip
