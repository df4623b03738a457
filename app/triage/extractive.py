"""The triage that needs no model: the floor that every user has.

It says only what was counted: the worst problem of the card, its lines, the runbook's actions. Severity is that of the
incident: a warning that came once is not an outage, and a window without findings is healthy, not empty.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from math import exp

from app.answer import Action, Triage
from app.evidence_selection import Selection
from app.triage.components import domain_of, mentions_plainly
from app.triage.confidence import confidence_of
from app.triage.findings import Finding, ProblemGroup
from app.triage.message import message_of
from app.triage.scorecard import severity_of
from app.triage.severity import TELLING, doubts, harmed, tells_of_trouble
from retrieval.evidence import Evidence
from retrieval.patterns.fields import Level
from retrieval.taxonomy import Category, EvidenceKind, IntentKind, Severity, Status
from retrieval.timestamps import to_datetime

# Fewer lines than this, and none of trouble, tell nothing about a cluster's health.
FEWEST_LINES = 3
MOST_CITED = 6
OTHERS_CITED = 2
# A question that takes trouble for granted: where no line shows any, the window does not explain it.
_PRESUPPOSES = re.compile(
    r"(?:^|[,.;:])\W*(?:and |but |so )?(?:why\b|how come\b|what (?:caused|broke|crashed|killed)\b)", re.IGNORECASE
)
# Characters below which a section's prose is a fragment between its steps.
SHORTEST_PROSE = 60


def extractive_triage(
    intent: IntentKind,
    problems: Sequence[ProblemGroup],
    findings: Sequence[Finding],
    selection: Selection,
    actions: Mapping[str, Action],
    terms: Sequence[str] = (),
    question: str = "",
) -> Triage:
    """The triage of a window from its problems (worst first), its evidence and the actions of its runbooks.

    `terms` are the telling words of the question; its text tells what it takes for granted, and who feels it.
    """
    if intent is IntentKind.HOWTO:
        return _from_runbooks(selection, actions) or _no_runbook(selection)
    if _asks_for_the_absent(terms, findings):
        return _nothing_about(terms, problems, selection)
    if problems and not (doubts(question) and not tells_of_trouble(question) and _is_faint(problems)):
        triage = _problem(problems, selection, actions, question)
        return triage if problems[0].named else _elsewhere(triage, findings)
    return _without_problem(problems, findings, selection, actions, question)


def _without_problem(
    problems: Sequence[ProblemGroup],
    findings: Sequence[Finding],
    selection: Selection,
    actions: Mapping[str, Action],
    question: str,
) -> Triage:
    """Where no problem answers the question: a faint one where it takes trouble for granted, too little, or healthy."""
    lines = sum(finding.pattern.count for finding in findings)
    calm = any(finding.reading.calm for finding in findings)
    presupposed = bool(_PRESUPPOSES.search(question)) and (harmed(question) or not calm)
    if presupposed and (faint := _faint_problem(findings, selection, actions)):
        return faint
    if not problems and lines < FEWEST_LINES:
        return _insufficient(lines, selection)
    if presupposed:
        return _unexplained(lines, len(findings), selection)
    return _healthy(findings, selection, lines)


def problem_title(problem: ProblemGroup) -> str:
    """One line for a problem: its component and what its lead line says."""
    return f"{problem.lead.component}: {message_of(problem.lead.pattern.samples[0], 120)}"


def _problem(
    problems: Sequence[ProblemGroup], selection: Selection, actions: Mapping[str, Action], question: str
) -> Triage:
    worst = problems[0]
    lead = worst.lead
    others = len(problems) - 1
    summary = f"{lead.component}: {worst.count} {_lines(worst.count)} of {_words(lead.category)}{_when(worst)}."
    if others:
        names = ", ".join(dict.fromkeys(problem.lead.component for problem in problems[1:5]))
        summary += f" {others} more {'problem' if others == 1 else 'problems'} in this window ({names})."
    return Triage(
        status=Status.PROBLEM,
        summary=summary,
        root_cause=f"{lead.component}: {message_of(lead.pattern.samples[0])}",
        category=lead.category,
        component=lead.component,
        severity=severity_of(problems, question),
        confidence=confidence_of(problems),
        evidence=[*_cited(problems, selection), *_first_runbook_and_incident(selection)],
        actions=list(actions.values()),
    )


def _elsewhere(triage: Triage, findings: Sequence[Finding]) -> Triage:
    """The triage, which says first that the workload asked about is not the one in trouble, where one was named."""
    own = dict.fromkeys(finding.component for finding in findings if finding.named)
    if not own:
        return triage
    summary = f"No line about {_joined(own)} reads like a failure; the worst elsewhere: {triage.summary}"
    return triage.model_copy(update={"summary": summary})


def _faint_problem(findings: Sequence[Finding], selection: Selection, actions: Mapping[str, Action]) -> Triage | None:
    """Where trouble is taken for granted, and no finding tells of it, the likeliest of the lines that speak of any."""
    likely = [each for each in findings if _speaks_of_trouble(each) and each.number in selection.ids_of_pattern]
    if not likely:
        return None
    lead = likely[0]
    said = message_of(lead.pattern.samples[0])
    category = domain_of(lead.component) or Category.APPLICATION_BUG
    return Triage(
        status=Status.PROBLEM,
        summary=f"No line tells of a failure for certain; the most likely is of {lead.component}: {said}",
        root_cause=f"{lead.component}: {said}",
        category=lead.reading.category or category,
        component=lead.component,
        severity=max(Severity.WARN, lead.reading.severity, key=lambda each: each.rank),
        confidence=0.35,
        evidence=[id_ for each in likely[:3] for id_ in selection.ids_of_pattern[each.number]][:MOST_CITED],
        actions=list(actions.values()),
    )


def _speaks_of_trouble(finding: Finding) -> bool:
    pattern = finding.pattern
    if pattern.level >= Level.ERROR:
        return True
    # One such word may stand in any setting that is logged ("timeout 0 ms").
    return pattern.trouble > (1 if pattern.level <= Level.INFO else 0)


def _cited(problems: Sequence[ProblemGroup], selection: Selection) -> list[str]:
    """The evidence of the worst problem, and the first of each further one that the summary names, within the bound."""
    further = [ids[0] for problem in problems[1 : 1 + OTHERS_CITED] if (ids := selection.ids_of(problem))]
    return [*selection.ids_of(problems[0])[: MOST_CITED - 1 - len(further)], *further]


def _is_faint(problems: Sequence[ProblemGroup]) -> bool:
    """Whether no wording tells of an incident by itself: words of trouble alone are no yes to "is it broken?"."""
    findings = [finding for problem in problems for finding in problem.findings]
    return all(each.reading.own_strength < TELLING and each.pattern.level < Level.FATAL for each in findings)


def _healthy(findings: Sequence[Finding], selection: Selection, lines: int) -> Triage:
    component = findings[0].component if findings else "cluster"
    return Triage(
        status=Status.HEALTHY,
        summary=f"Nothing in these {lines:,} lines ({len(findings)} patterns) reads like a failure.",
        root_cause="No failure was found in the window.",
        category=Category.BENIGN_NOISE,
        component=component,
        severity=Severity.INFO,
        confidence=round(0.85 - 0.18 * exp(-lines / 50), 3),
        evidence=_reassuring(findings, selection),
        actions=[],
    )


def _reassuring(findings: Sequence[Finding], selection: Selection) -> list[str]:
    """The lines that look most frightening and are not, then what else was looked at."""
    frightening = [each for each in findings if each.reading.calm or each.pattern.level > Level.UNKNOWN]
    ids = [id_ for each in frightening for id_ in selection.ids_of_pattern.get(each.number, ())[:1]]
    return list(dict.fromkeys([*ids, *_observations(selection)]))[:4]


def _insufficient(lines: int, selection: Selection) -> Triage:
    looked_at = "No log line lies in this window" if not lines else f"Only {lines} {_lines(lines)} in this window"
    return _no_verdict(f"{looked_at}, too little to tell. Widen the window, or ask about another namespace.", selection)


def _unexplained(lines: int, patterns: int, selection: Selection) -> Triage:
    return _no_verdict(
        f"Nothing in these {lines:,} lines ({patterns} patterns) explains it. Widen the window, or look at another"
        " component.",
        selection,
    )


def _nothing_about(terms: Sequence[str], problems: Sequence[ProblemGroup], selection: Selection) -> Triage:
    names = ", ".join(dict.fromkeys(problem.lead.component for problem in problems[:4]))
    elsewhere = f" There is trouble elsewhere: {names}." if names else ""
    return _no_verdict(f"No line in this window is about {_listed(terms)}.{elsewhere}", selection)


def _no_verdict(summary: str, selection: Selection) -> Triage:
    return Triage(
        status=Status.INSUFFICIENT_EVIDENCE,
        summary=summary,
        root_cause="Not enough evidence to name a cause.",
        category=Category.BENIGN_NOISE,
        component="unknown",
        severity=Severity.INFO,
        confidence=0.5,
        evidence=_observations(selection)[:3],
        actions=[],
    )


def _no_runbook(selection: Selection) -> Triage:
    return _no_verdict(
        "No runbook here explains this, and an answer from memory would have nothing to cite. Ingest one that does: "
        "logagent ingest runbooks FOLDER.",
        selection,
    )


def _from_runbooks(selection: Selection, actions: Mapping[str, Action]) -> Triage | None:
    sections = [item for item in selection.evidence if item.kind is EvidenceKind.RUNBOOK]
    if not sections:
        return None
    return Triage(
        status=Status.HEALTHY,
        summary=_opening(sections[0]),
        root_cause=f"Explained in the runbook {sections[0].source.split('#')[0]}.",
        category=Category.BENIGN_NOISE,
        component="cluster",
        severity=Severity.INFO,
        confidence=min(1.0, sections[0].score or 0.0),
        evidence=[item.id for item in sections[:3]],
        actions=list(actions.values()),
    )


def _asks_for_the_absent(terms: Sequence[str], findings: Sequence[Finding]) -> bool:
    """Whether the question names a known component, and no line of the window is of it or speaks of it."""
    named = any(mentions_plainly(term) for term in terms)
    return named and bool(findings) and not any(finding.asked for finding in findings)


def _observations(selection: Selection) -> list[str]:
    kinds = (EvidenceKind.LOG, EvidenceKind.PATTERN, EvidenceKind.EVENT)
    return [item.id for item in selection.evidence if item.kind in kinds]


def _first_runbook_and_incident(selection: Selection) -> list[str]:
    kinds = EvidenceKind.RUNBOOK, EvidenceKind.INCIDENT
    return [id_ for kind in kinds for id_ in [item.id for item in selection.evidence if item.kind is kind][:1]]


def _opening(section: Evidence) -> str:
    """The first sentences of a section's prose, or where it says how, if it is all steps."""
    prose = " ".join(line for line in section.text.splitlines() if line and not line.startswith(("#", "-", "```")))
    if len(prose) < SHORTEST_PROSE:
        return f"The runbook {section.source.split('#')[0]} says how; its steps follow."
    sentences = prose.split(". ")
    return ". ".join(sentences[:2]).strip().rstrip(".") + "."


def _when(problem: ProblemGroup) -> str:
    first = [finding.pattern.first_seen for finding in problem.findings if finding.pattern.first_seen is not None]
    last = [finding.pattern.last_seen for finding in problem.findings if finding.pattern.last_seen is not None]
    if not first:
        return ""
    start, end = to_datetime(min(first)), to_datetime(max(last))
    first_second, last_second = f"{start:%H:%M:%S}", f"{end:%H:%M:%S}"
    one_second = end - start < timedelta(seconds=1) and first_second == last_second
    return f" at {first_second} UTC" if one_second else f" from {first_second} to {last_second} UTC"


def _words(category: Category) -> str:
    return category.value.replace("_", " ")


def _lines(count: int) -> str:
    return "line" if count == 1 else "lines"


def _joined(names: Iterable[str]) -> str:
    return ", ".join(list(names)[:4])


def _listed(terms: Sequence[str]) -> str:
    return ", ".join(f"“{term}”" for term in terms[:4])
