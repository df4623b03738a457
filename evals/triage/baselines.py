"""Two baselines that anybody would write first; what the program adds is measured against them."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from app.triage.components import component_of
from evals.dataset.cases import Case
from evals.triage.prediction import Citation, Prediction
from retrieval.taxonomy import Category, EvidenceKind, Severity, Status

_ERROR = re.compile("error", re.IGNORECASE)


def first_error(case: Case) -> Prediction:
    """The first line that holds "error" is the cause, an ERROR of the application; none holds it, all is well."""
    position = next((n for n, line in enumerate(case.logs) if _ERROR.search(line.line)), None)
    if position is None:
        return _healthy(case)
    return _prediction(case, position, Severity.ERROR, Category.APPLICATION_BUG, 0.5)


def keywords(case: Case) -> Prediction:
    """The category with the most lines that hold one of its words, the severity by the worst level word of these."""
    hits: dict[Category, list[int]] = {}
    for position, line in enumerate(case.logs):
        for category, words in _words().items():
            if words.search(line.line):
                hits.setdefault(category, []).append(position)
    if not hits:
        return first_error(case)
    category = max(hits, key=lambda name: len(hits[name]))
    severity = max((_level(case.logs[n].line) for n in hits[category]), key=lambda level: level.rank)
    return _prediction(case, hits[category][0], severity, category, 0.5)


def _level(line: str) -> Severity:
    lower = line.lower()
    if re.search("fatal|panic|critical|emerg", lower):
        return Severity.CRITICAL
    return Severity.WARN if "warn" in lower and "error" not in lower else Severity.ERROR


@cache
def _words() -> Mapping[Category, re.Pattern[str]]:
    table: dict[str, list[str]] = yaml.safe_load(files("evals.triage").joinpath("keywords.yaml").read_text("utf-8"))
    return {
        Category(name): re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
        for name, words in table.items()
    }


def _healthy(case: Case) -> Prediction:
    status = Status.HEALTHY if case.logs else Status.INSUFFICIENT_EVIDENCE
    return Prediction(
        status=status, severity=Severity.INFO, component="cluster", category=Category.BENIGN_NOISE,
        root_cause="No line holds the word error.", summary="No line holds the word error.", key_lines=(),
        confidence=0.5, citations=(),
    )  # fmt: skip


def _prediction(case: Case, position: int, severity: Severity, category: Category, confidence: float) -> Prediction:
    line = case.logs[position]
    return Prediction(
        status=Status.PROBLEM, severity=severity, component=component_of(line.labels.model_dump()), category=category,
        root_cause=line.line[:220], summary=line.line[:220], key_lines=(position,), confidence=confidence,
        citations=(Citation(id="L1", kind=EvidenceKind.LOG, lines=(position,), valid=True),),
    )  # fmt: skip
