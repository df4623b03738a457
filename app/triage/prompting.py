"""Step 8, prompt: the evidence as the model reads it, and the closed choices that it may make."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.answer import Action, Triage
from app.evidence_selection import SECTION_CHARACTERS, Selection
from app.triage.compact_text import compact
from app.triage.components import UNKNOWN, component_of
from app.triage.findings import ProblemGroup
from app.triage.message import message_of
from app.triage.prompt_text import untagged
from app.triage.schema import TriageChoices
from app.triage.verification import inert
from retrieval.evidence import Evidence
from retrieval.taxonomy import Category, EvidenceKind, Status
from retrieval.timestamps import to_datetime

MOST_CANDIDATES = 5
OBSERVED = (EvidenceKind.LOG, EvidenceKind.PATTERN, EvidenceKind.EVENT)
# A longer question is cut in the prompt; the rules that read it before see all of it.
QUESTION_CHARACTERS = 800
# What a prompt may declare.
OFFERED_VARIABLES = frozenset(
    {
        "question", "window", "coverage", "verdict", "candidates", "actions", "evidence", "notes",
        "before", "after", "changes", "events", "components",
    }
)  # fmt: skip


def triage_choices(
    problems: Sequence[ProblemGroup], selection: Selection, actions: Mapping[str, Action]
) -> TriageChoices:
    """What the model may choose from: this request's ids and components (by canonical name), and every category."""
    components = dict.fromkeys(problem.lead.component for problem in problems)
    components |= dict.fromkeys(component_of(item.labels) for item in selection.prompted if item.kind in OBSERVED)
    components.pop(UNKNOWN, None)
    readable = [name for name in components if name.isprintable() and name.strip()][:20]
    return TriageChoices(
        evidence_ids=tuple(item.id for item in selection.prompted),
        components=(*readable, UNKNOWN),
        categories=tuple(Category),
        action_ids=tuple(actions),
    )


@dataclass(frozen=True, slots=True)
class ComparedMaterial:
    """What a prompt may say of a comparison: both windows with their lines, each change and its ids, what happened."""

    before: str
    after: str
    changes: Sequence[tuple[str, Sequence[str]]]
    events: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PromptMaterial:
    """Everything that a prompt may say; `candidates` is how many of the problems, or of the changes, it lists.

    `verdict` is the extractive triage, which the model is to confirm or to overturn; `components` tell a summary's
    window by component, the quiet ones last.
    """

    question: str
    window: str
    coverage: str
    verdict: Triage
    problems: Sequence[ProblemGroup]
    selection: Selection
    actions: Mapping[str, Action]
    notes: Sequence[str]
    candidates: int = MOST_CANDIDATES
    compared: ComparedMaterial | None = None
    components: Sequence[str] = ()

    @property
    def listable(self) -> int:
        """How many problems or changes there are to list."""
        return len(self.compared.changes) if self.compared else len(self.problems)

    @property
    def choices(self) -> TriageChoices:
        """The closed choices that go with it."""
        return triage_choices(self.problems, self.selection, self.actions)

    def variables(self) -> dict[str, str]:
        """What the prompts may name. Text from logs and runbooks cannot close the data block it stands in."""
        readable = {item.id for item in self.selection.prompted}
        listed = [
            _candidate(rank, problem, [id_ for id_ in self.selection.ids_of(problem) if id_ in readable])
            for rank, problem in enumerate(self.problems[: self.candidates], start=1)
        ]
        offered = [f"{id_}: {action.title}" for id_, action in self.actions.items()]
        return {
            "question": untagged(shortened(self.question, QUESTION_CHARACTERS)),
            "window": self.window,
            "coverage": self.coverage,
            "verdict": untagged(_verdict(self.verdict, readable)),
            "candidates": untagged("\n".join(listed)) or "none: no line reads like a failure",
            "actions": untagged("\n".join(offered)) or "none",
            "evidence": "\n".join(prompt_lines(self.selection)) or "none",
            "notes": untagged(" ".join(self.notes)),
            "components": untagged("\n".join(self._components())) or "no component wrote a line",
            **self._compared(readable),
        }

    def _components(self) -> list[str]:
        """As many of the components in trouble as of the problems, and those that are quiet."""
        shown = self.components if len(self.problems) <= self.candidates else self.components[: self.candidates]
        quiet = [line for line in self.components[-1:] if line not in shown]
        return [*shown, *quiet]

    def _compared(self, readable: Collection[str]) -> dict[str, str]:
        compared = self.compared or ComparedMaterial("", "", ())
        changes = [
            f"{nth}. {said}{_cited([id_ for id_ in ids if id_ in readable])}"
            for nth, (said, ids) in enumerate(compared.changes[: self.candidates], start=1)
        ]
        return {
            "before": compared.before,
            "after": compared.after,
            "changes": untagged("\n".join(changes)) or "none that chance does not explain",
            "events": untagged("\n".join(compared.events)) or "none seen",
        }


def _verdict(triage: Triage, readable: Collection[str]) -> str:
    if triage.status is not Status.PROBLEM:
        return f"{triage.status}: {triage.summary}"
    cited = [id_ for id_ in triage.evidence if id_ in readable]
    cause = shortened(triage.root_cause, 200)
    return f"{triage.status} · {triage.severity} · {triage.category} · {triage.component}{_cited(cited)}: {cause}"


def _cited(ids: Sequence[str]) -> str:
    return f" [{', '.join(ids)}]" if ids else ""


def _candidate(rank: int, problem: ProblemGroup, ids: Sequence[str]) -> str:
    lead = problem.lead
    said = message_of(lead.pattern.samples[0], 90)
    facts = f"{lead.component} · {lead.category} · {problem.severity} · {problem.count} lines"
    return f"{rank}. {facts} · {said}{_cited(ids[:4])}"


def shortened(text: str, longest: int) -> str:
    """At most `longest` characters, and a sign where some are missing."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def prompt_lines(selection: Selection) -> list[str]:
    """The evidence, a piece a line."""
    readable = {item.id for item in selection.prompted}
    like = {
        id_: ids[0]
        for ids in selection.ids_of_pattern.values()
        for id_ in ids[1:]
        if ids[0] in readable and id_ != ids[0]
    }
    return [prompt_line(item, like.get(item.id)) for item in selection.prompted]


def prompt_line(item: Evidence, like: str | None = None) -> str:
    """One piece of evidence without what frames a log line; `like` is the line that a counted pattern is shown by."""
    if item.kind in (EvidenceKind.LOG, EvidenceKind.EVENT):
        time = f"{to_datetime(item.timestamp):%H:%M:%S} " if item.timestamp is not None else ""
        who = item.labels.get("pod") or item.labels.get("app") or item.source
        return f"{item.id} {time}{untagged(inert(who, 80))}: {untagged(compact(item.text))}"
    if item.kind is EvidenceKind.PATTERN and like is not None:
        return f"{item.id} {untagged(inert(item.source, 40))} like {like}"
    if item.kind is EvidenceKind.PATTERN:
        return f"{item.id} {untagged(inert(item.text, SECTION_CHARACTERS))}"
    return f"{item.id} {untagged(inert(item.source, 120))}: {untagged(inert(item.text, SECTION_CHARACTERS))}"
