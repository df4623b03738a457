"""One of each error: what a line says without what varies, its severity, and how often it was said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from app.triage.components import component_of
from evals.dataset.extraction.filters import Filter
from retrieval.patterns.fields import Level, level_of, trouble_words
from retrieval.patterns.masking import masked, unprotected
from retrieval.redaction.redactor import redact_texts
from retrieval.taxonomy import Severity

# Words that say more than the level of the line they stand in.
_GRAVE = ("etcdserver: no leader", "data loss", "corrupt", "system oom", "nodenotready", "control plane", "panic: ")


@dataclass(frozen=True)
class Line:
    """A line that a filter found: nanoseconds, text, its labels under our names, and the query that found it."""

    timestamp: int
    text: str
    labels: Mapping[str, str]
    filter: Filter
    query: str


@dataclass(frozen=True)
class Found:
    """One error: its first line, what it says without what varies and without secrets, and how often it was said."""

    line: Line
    signature: str
    severity: Severity
    component: str
    count: int


def distinct(lines: Iterable[Line]) -> list[Found]:
    """One of each signature and component, oldest first; a line that several filters found counts for the first."""
    once: dict[tuple[int, str, str | None], Line] = {}
    for line in lines:
        once.setdefault((line.timestamp, line.text, line.labels.get("pod")), line)
    ordered = sorted(once.values(), key=lambda line: line.timestamp)
    groups: dict[tuple[str, str], list[Line]] = {}
    for line, signature in zip(ordered, _signatures([line.text for line in ordered]), strict=True):
        groups.setdefault((component_of(line.labels), signature), []).append(line)
    return [
        Found(same[0], unprotected(signature), severity_of(signature), component, len(same))
        for (component, signature), same in groups.items()
    ]


def severity_of(signature: str) -> Severity:
    """A guess from one masked line: its level, raised by grave words; without a level, its words of trouble."""
    level = level_of(signature)
    if any(word in signature.lower() for word in _GRAVE) or level is Level.FATAL:
        return Severity.CRITICAL
    if level is Level.UNKNOWN:
        return (
            Severity.ERROR
            if trouble_words(signature) > 1
            else Severity.WARN
            if trouble_words(signature)
            else Severity.INFO
        )
    return level.severity


def _signatures(texts: Sequence[str]) -> list[str]:
    table = pl.DataFrame({"line": redact_texts(texts)[0]}, schema={"line": pl.String})
    return table.select(masked("line"))["line"].to_list()
