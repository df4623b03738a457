"""A window of lines, triaged as the pipeline does it without a model."""

from collections.abc import Mapping, Sequence

from app.answer import Triage
from app.evidence_selection import select_evidence
from app.triage.extractive import extractive_triage
from app.triage.findings import Finding, find_findings, find_problems
from retrieval.evidence import Evidence
from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.window_patterns import find_patterns
from retrieval.taxonomy import IntentKind
from retrieval.timestamps import NANOSECONDS

Written = tuple[str, str]  # app and line


def table_of(lines: Sequence[Written]) -> LogTable:
    """A line a second."""
    return LogTable.from_lines(
        LogLine(number, (1_780_000_000 + number) * NANOSECONDS, {"app": app}, text)
        for number, (app, text) in enumerate(lines)
    )


def findings_of(*lines: Written, terms: Sequence[str] = ()) -> list[Finding]:
    """The findings, strongest first."""
    return find_findings(find_patterns(table_of(lines)).patterns, terms)


def triaged(
    *lines: Written, question: str = "what is failing?", terms: Sequence[str] = ()
) -> tuple[Triage, Mapping[str, Evidence]]:
    """The extractive triage and its evidence by id."""
    table = table_of(lines)
    found = find_patterns(table)
    findings = find_findings(found.patterns, terms)
    problems = find_problems(findings)
    selection = select_evidence(problems, findings, [], table, found=found)
    triage = extractive_triage(IntentKind.TRIAGE, problems, findings, selection, {}, terms, question)
    return triage, {item.id: item for item in selection.evidence}
