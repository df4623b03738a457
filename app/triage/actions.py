"""What can be done: the steps of the runbooks that were found. A command never comes from a log line or a model."""

import re
from collections.abc import Mapping, Sequence

from app.answer import Action
from app.evidence_selection import Selection
from app.knowledge_query import KnownDocument
from app.triage.findings import ProblemGroup
from retrieval.knowledge.actions import RunbookAction, runbook_actions
from retrieval.taxonomy import IntentKind

MOST_ACTIONS = 6
MOST_RUNBOOKS = 2
# Steps taken from the runbook that fits best, and from each further one.
FROM_BEST = {"check": 2, "fix": 2}
FROM_OTHERS = {"check": 1, "fix": 0}

# What Kubernetes allows as a name; a label value that is none stays out of commands.
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_PLACEHOLDERS = {"<namespace>": "namespace", "<pod>": "pod", "<container>": "container", "<node>": "node"}


def candidate_actions(
    documents: Sequence[KnownDocument], problems: Sequence[ProblemGroup], selection: Selection, intent: IntentKind
) -> dict[str, Action]:
    """The actions that an answer may offer, by id (A1, A2 …), the best runbook's first.

    Only documents that are cited as evidence give actions. Where nothing is wrong, and nothing was asked of how to do
    something, there are none.
    """
    if not problems and intent is not IntentKind.HOWTO:
        return {}
    cited = {item.source: item.id for item in selection.evidence}
    # Steps come from runbooks: an incident holds log lines, which may look like commands.
    usable = [each for each in documents if each.collection == "runbooks" and each.cited_as in cited]
    ranked = (usable if intent is IntentKind.HOWTO else _best_first(usable, problems))[:MOST_RUNBOOKS]
    labels = problems[0].lead.pattern.labels if problems else {}
    actions: dict[str, Action] = {}
    seen: set[str] = set()
    for nth, document in enumerate(ranked):
        for step in _steps(document, FROM_BEST if nth == 0 else FROM_OTHERS):
            command = _filled(step.command, labels) if step.command else None
            if len(actions) == MOST_ACTIONS or (command or step.title) in seen:
                continue
            seen.add(command or step.title)
            actions[f"A{len(actions) + 1}"] = Action(
                title=step.title,
                command=command,
                explanation=step.explanation,
                exam_domain=step.exam_domain,
                evidence=[cited[document.cited_as]],
            )
    return actions


def _best_first(documents: Sequence[KnownDocument], problems: Sequence[ProblemGroup]) -> list[KnownDocument]:
    """Documents of the worst problem's category before the others, in the order in which they were found."""
    category = problems[0].lead.category.value if problems else None
    return sorted(documents, key=lambda document: category not in document.hit.labels.get("category", ()))


def _steps(document: KnownDocument, wanted: Mapping[str, int]) -> list[RunbookAction]:
    """The first steps of the sections that check and that fix; of any section where none is named so."""
    named: list[RunbookAction] = []
    for word, count in wanted.items():
        sections = [s for s in document.sections if s.header_path and word in s.header_path[-1].lower()]
        named += [step for section in sections for step in runbook_actions(section.text)][:count]
    if named or not sum(wanted.values()):
        return named
    return [step for section in document.sections for step in runbook_actions(section.text)][: sum(wanted.values())]


def _filled(command: str, labels: Mapping[str, str]) -> str:
    """The command with the names of the workload that the problem is about."""
    for placeholder, label in _PLACEHOLDERS.items():
        value = labels.get(label, "")
        if _NAME.fullmatch(value):
            command = command.replace(placeholder, value)
    return command
