"""What changed, in sentences from counted facts: the triage of a comparison that needs no model."""

from collections import Counter
from collections.abc import Mapping, Sequence

from app.answer import Action, Triage
from app.change_events import distance_words
from app.changes import sentence
from app.comparison import WORSENING, Comparison
from app.evidence_selection import Selection
from app.triage.findings import Finding, ProblemGroup
from app.triage.message import message_of
from retrieval.patterns.change import Change, ChangeKind
from retrieval.selectors import Selectors, in_words
from retrieval.taxonomy import Category, EvidenceKind, Severity, Status

MOST_TOLD = 2
MOST_CITED = 6
_KINDS = {
    ChangeKind.NEW: "new",
    ChangeKind.INCREASED: "more often",
    ChangeKind.DECREASED: "less often",
    ChangeKind.GONE: "gone",
}


def change_triage(
    comparison: Comparison,
    findings: Sequence[Finding],
    problems: Sequence[ProblemGroup],
    selection: Selection,
    actions: Mapping[str, Action],
    selectors: Selectors,
) -> Triage:
    """The triage of what changed; `findings` are the changes, in the same order; `selectors` chose the lines."""
    if comparison.failed:
        return _untold("One of the two windows could not be read, so what changed cannot be told.", selection)
    before, after = comparison.counts
    of = "".join(f" of {name} {in_words(selected)}" for name, selected in selectors.items())
    if not before and not after:
        return _untold(f"Neither window holds a log line{of}. Name other windows, or another namespace.", selection)
    if not after:
        told = f"The window after holds no line{of}; the {before:,} lines before have no successors."
        return _untold(f"{told} Either nothing ran, or its logs did not arrive.", selection)
    if not comparison.changes:
        return _nothing(comparison, selection)
    lead = _lead(comparison, problems)
    component = findings[lead].component
    return Triage(
        status=Status.PROBLEM if problems else Status.HEALTHY,
        summary=_summary(comparison, lead),
        root_cause=f"{subject(comparison.changes[lead], component)}: {change_words(comparison, lead)}.",
        category=findings[lead].category if problems else Category.BENIGN_NOISE,
        component=component,
        severity=problems[0].severity if problems else Severity.INFO,
        confidence=_confidence(comparison.changes[lead], before),
        evidence=_cited(comparison, selection, lead),
        actions=list(actions.values()),
    )


def change_words(comparison: Comparison, number: int) -> str:
    """The change in words, with what happened next to it."""
    happened = [f"{event.text} {distance_words(seconds)}" for event, seconds in comparison.near(number)[:1]]
    return "; ".join([sentence(comparison.changes[number]), *happened])


def _summary(comparison: Comparison, lead: int) -> str:
    changes = comparison.changes
    counts = Counter(change.kind for change in changes)
    kinds = ", ".join(f"{counts[kind]} {words}" for kind, words in _KINDS.items() if counts[kind])
    number = f"{len(changes)} thing{'s' if len(changes) != 1 else ''} changed ({kinds})"
    if not comparison.counts[0]:
        number = f"The window before holds no lines, so all {len(changes)} kinds of lines count as new"
    others = [n for n in range(len(changes)) if n != lead and not _same(changes[n], changes[lead])][:MOST_TOLD]
    sentences = [f"{subject(changes[n], None)}: {change_words(comparison, n)}." for n in others]
    return " ".join([f"{number}.", *sentences])


def _same(change: Change, other: Change) -> bool:
    """Whether two changes are of one event by their time, place and kind, so that one of them is enough to tell."""
    return (change.group, change.labels) == (other.group, other.labels)


def subject(change: Change, component: str | None) -> str:
    """Where it happened and what its lines say."""
    where = component or "/".join(dict.fromkeys(change.labels.values())) or "log"
    return f"{where} “{message_of(change.pattern.samples[0], 90)}”"


def _lead(comparison: Comparison, problems: Sequence[ProblemGroup]) -> int:
    """The change that the answer is about: the first that is trouble, else the first."""
    if problems:
        return min(finding.number for finding in problems[0].findings)
    return next((n for n, change in enumerate(comparison.changes) if change.kind in WORSENING), 0)


def _nothing(comparison: Comparison, selection: Selection) -> Triage:
    before, after = comparison.counts
    if comparison.left_out:
        summary = f"{comparison.left_out} things changed, none of them of the kind asked for."
    else:
        summary = "Nothing changed that chance does not explain"
        summary += f": {before:,} lines before, {after:,} after, {comparison.found.events} kinds of lines."
    return Triage(
        status=Status.HEALTHY,
        summary=summary,
        root_cause="No change was found between the windows.",
        category=Category.BENIGN_NOISE,
        component="cluster",
        severity=Severity.INFO,
        confidence=0.8 if min(before, after) >= 50 else 0.4,
        evidence=_observed(selection)[:3],
        actions=[],
    )


def _untold(summary: str, selection: Selection) -> Triage:
    return Triage(
        status=Status.INSUFFICIENT_EVIDENCE,
        summary=summary,
        root_cause="Not enough evidence to name a cause.",
        category=Category.BENIGN_NOISE,
        component="unknown",
        severity=Severity.INFO,
        confidence=0.3,
        evidence=_observed(selection)[:3],
        actions=[],
    )


def _cited(comparison: Comparison, selection: Selection, lead: int) -> list[str]:
    """The lead's items, then the counted items of the next changes, then the first runbook."""
    others = [n for n in range(len(comparison.changes)) if n != lead]
    ids = [
        *selection.ids_of_pattern.get(lead, ()),
        *(i for n in others for i in selection.ids_of_pattern.get(n, ())[:1]),
    ]
    runbook = [item.id for item in selection.evidence if item.kind is EvidenceKind.RUNBOOK][:1]
    return [*ids[: MOST_CITED - 1], *runbook]


def _observed(selection: Selection) -> list[str]:
    kinds = (EvidenceKind.LOG, EvidenceKind.PATTERN, EvidenceKind.EVENT)
    return [item.id for item in selection.evidence if item.kind in kinds]


def _confidence(change: Change, before: int) -> float:
    """Higher the less chance explains the change; low where there was nothing to compare with."""
    if not before:
        return 0.4
    return 0.9 if change.q_value <= 0.001 else 0.8 if change.q_value <= 0.05 else 0.6
