"""Step 7, the card: ranked problems, pattern table and volume chart, without any model; shown at once."""

from collections.abc import Sequence

import polars as pl

from app.answer import EvidenceItem, PatternRow, Problem
from app.answer_sections import Volume
from app.evidence_selection import Selection
from app.triage.extractive import problem_title
from app.triage.findings import Finding, ProblemGroup
from retrieval.evidence import Evidence
from retrieval.log_lines import LogTable
from retrieval.patterns.window_patterns import WindowPatterns
from retrieval.taxonomy import EvidenceKind, Severity
from retrieval.time_window import TimeWindow
from retrieval.timestamps import NANOSECONDS, to_iso

VOLUME_BUCKETS = 60
MOST_PATTERNS = 40
SAMPLE_CHARACTERS = 400


def problem_rows(problems: Sequence[ProblemGroup], selection: Selection, window: TimeWindow) -> list[Problem]:
    """The problems that have evidence, ranked from 1. One whose lines have no time lies somewhere in the window."""
    cited = [(problem, selection.ids_of(problem)) for problem in problems]
    return [
        Problem(
            rank=rank,
            title=problem_title(problem),
            severity=problem.severity,
            component=problem.lead.component,
            category=problem.lead.category,
            count=problem.count,
            first_seen=to_iso(
                min((f.pattern.first_seen for f in problem.findings if f.pattern.first_seen), default=window.start)
            ),
            last_seen=to_iso(
                max((f.pattern.last_seen for f in problem.findings if f.pattern.last_seen), default=window.end)
            ),
            evidence=ids,
        )
        for rank, (problem, ids) in enumerate(((p, ids) for p, ids in cited if ids), start=1)
    ]


def pattern_rows(findings: Sequence[Finding], selection: Selection) -> list[PatternRow]:
    """The strongest patterns; `id` names the first evidence of a pattern where it has any."""
    return [
        PatternRow(
            id=next(iter(selection.ids_of_pattern.get(finding.number, ())), None),
            template=finding.pattern.template,
            severity=finding.severity,
            count=finding.pattern.count,
            first_seen=_iso(finding.pattern.first_seen),
            last_seen=_iso(finding.pattern.last_seen),
            labels=dict(finding.pattern.labels),
            spark=list(finding.pattern.spark),
            samples=[sample[:SAMPLE_CHARACTERS] for sample in finding.pattern.samples],
        )
        for finding in findings[:MOST_PATTERNS]
    ]


def volume(table: LogTable, found: WindowPatterns, findings: Sequence[Finding], window: TimeWindow) -> Volume | None:
    """Lines over time by the severity of their pattern; None where no line has a time."""
    if table.span() is None:
        return None
    width = max(1, -(-(window.end - window.start) // VOLUME_BUCKETS))
    severities = {finding.number: finding.severity.rank for finding in findings}
    rows = table.rows.select(
        bucket=(pl.col("timestamp") - window.start) // width,
        severity=found.assignment.replace_strict(severities, return_dtype=pl.Int8),
    ).drop_nulls("bucket")
    series = {severity: [0] * VOLUME_BUCKETS for severity in Severity}
    for bucket, rank, count in rows.group_by("bucket", "severity").len().iter_rows():
        series[list(Severity)[rank]][min(max(bucket, 0), VOLUME_BUCKETS - 1)] += count
    buckets = [to_iso((window.start + nth * width) // NANOSECONDS * NANOSECONDS) for nth in range(VOLUME_BUCKETS)]
    return Volume(buckets=buckets, bucket_seconds=width / NANOSECONDS, series=series)


def evidence_items(evidence: Sequence[Evidence]) -> list[EvidenceItem]:
    """Evidence as the contract has it."""
    return [
        EvidenceItem(
            id=item.id,
            kind=EvidenceKind(item.kind),
            text=item.text,
            timestamp=_iso(item.timestamp),
            labels=dict(item.labels),
            source=item.source,
            lines=None if item.lines is None else list(item.lines),
            score=item.score,
            link=item.link,
        )
        for item in evidence
    ]


def _iso(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else to_iso(nanoseconds)
