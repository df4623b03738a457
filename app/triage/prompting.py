"""Step 8, prompt: the evidence as the model reads it, and the closed choices that it may make."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from app.answer import Action, Triage
from app.evidence_selection import SECTION_CHARACTERS, Selection
from app.triage.compact_text import compact
from app.triage.components import UNKNOWN, component_of
from app.triage.excerpt import excerpt
from app.triage.findings import ProblemGroup
from app.triage.message import message_of
from app.triage.prompt_text import untagged
from app.triage.schema import TriageChoices
from app.triage.verification import confidence_word, inert
from retrieval.evidence import Evidence
from retrieval.knowledge.tokens import tokens
from retrieval.taxonomy import Category, EvidenceKind, Status
from retrieval.timestamps import to_datetime

MOST_CANDIDATES = 5
# Beside `unknown`.
MOST_COMPONENTS = 20
OBSERVED = (EvidenceKind.LOG, EvidenceKind.PATTERN, EvidenceKind.EVENT)
# A longer question is cut in the prompt; the rules that read it before see all of it.
QUESTION_CHARACTERS = 800
# Of a runbook's section, where there are lines beside it that say what happened.
EXCERPT_CHARACTERS = 280
# What a prompt may declare. `excerpts` is `evidence` with each section cut to what touches on the
# lines; `choices` are the names of components that an answer may give.
OFFERED_VARIABLES = frozenset(
    {
        "question", "window", "coverage", "verdict", "candidates", "choices", "actions", "evidence", "excerpts",
        "notes", "before", "after", "changes", "events", "components",
    }
)  # fmt: skip


def triage_choices(
    problems: Sequence[ProblemGroup], selection: Selection, actions: Mapping[str, Action]
) -> TriageChoices:
    """What the model may choose from: this request's ids and components (by canonical name), and every category."""
    components = dict.fromkeys(problem.lead.component for problem in problems)
    components |= dict.fromkeys(component_of(item.labels) for item in selection.prompted if item.kind in OBSERVED)
    components.pop(UNKNOWN, None)
    readable = [name for name in components if name.isprintable() and name.strip()][:MOST_COMPONENTS]
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
            "verdict": untagged(_verdict(self.verdict, readable, listed=bool(listed) and self.compared is None)),
            "candidates": untagged("\n".join(listed)) or "none: no line reads like a failure",
            "choices": untagged(", ".join(self.choices.components)),
            "actions": untagged("\n".join(offered)) or "none",
            "evidence": "\n".join(prompt_lines(self.selection)) or "none",
            "excerpts": "\n".join(prompt_lines(self.selection, self._telling_words())) or "none",
            "notes": untagged(" ".join(self.notes)),
            "components": untagged("\n".join(self._components())) or "no component wrote a line",
            **self._compared(readable),
        }

    def _components(self) -> list[str]:
        """As many of the components in trouble as of the problems, and those that are quiet."""
        shown = self.components if len(self.problems) <= self.candidates else self.components[: self.candidates]
        quiet = [line for line in self.components[-1:] if line not in shown]
        return [*shown, *quiet]

    def _telling_words(self) -> frozenset[str]:
        """The words of the question and of the observed evidence, stemmed."""
        observed = [compact(item.text) for item in self.selection.prompted if item.kind in OBSERVED]
        return frozenset(tokens(" ".join([self.question, *observed])))

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


def _verdict(triage: Triage, readable: Collection[str], *, listed: bool) -> str:
    """The computed verdict; its cause in words only where no candidate is `listed` that says it."""
    if triage.status is not Status.PROBLEM:
        return f"{triage.status}: {triage.summary}"
    cited = _cited([id_ for id_ in triage.evidence if id_ in readable])
    sure = f"{confidence_word(triage.confidence)} confidence"
    said = f"{triage.status} · {triage.severity} · {triage.category} · {triage.component} · {sure}{cited}"
    return said if listed else f"{said}: {shortened(triage.root_cause, 200)}"


def _cited(ids: Sequence[str]) -> str:
    return f" [{', '.join(ids)}]" if ids else ""


def _candidate(rank: int, problem: ProblemGroup, ids: Sequence[str]) -> str:
    lead = problem.lead
    said = message_of(lead.pattern.samples[0], 90)
    facts = f"{lead.component} · {lead.category} · {problem.severity} · {problem.count} lines"
    return f"{rank}. {facts} · {said}{_cited(ids[:4])}"


def without_stray_runbooks(selection: Selection, actions: Mapping[str, Action]) -> Selection:
    """The selection of which a model reads those runbooks whose steps it is offered, or the best where it has none.

    The card shows the others; to a small model they are noise at 100 tokens each.
    """
    runbooks = [item.id for item in selection.prompted if item.kind is EvidenceKind.RUNBOOK]
    useful = {id_ for action in actions.values() for id_ in action.evidence} or set(runbooks[:1])
    kept = tuple(item for item in selection.prompted if item.kind is not EvidenceKind.RUNBOOK or item.id in useful)
    return replace(selection, prompted=kept)


def shortened(text: str, longest: int) -> str:
    """At most `longest` characters, and a sign where some are missing."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def prompt_lines(selection: Selection, telling: Collection[str] = ()) -> list[str]:
    """The evidence, a piece a line; with `telling` words, of each section what touches on them."""
    readable = {item.id for item in selection.prompted}
    like = {
        id_: ids[0]
        for ids in selection.ids_of_pattern.values()
        for id_ in ids[1:]
        if ids[0] in readable and id_ != ids[0]
    }
    said: dict[str, str] = {}
    return [_line(item, like.get(item.id), telling, said) for item in selection.prompted]


def _line(item: Evidence, like: str | None, telling: Collection[str], said: dict[str, str]) -> str:
    """One piece of evidence without what frames a log line.

    `like` is the line that a counted pattern is shown by; `said` holds what lines before it said, with their ids.
    """
    if item.kind in (EvidenceKind.LOG, EvidenceKind.EVENT):
        time = f"{to_datetime(item.timestamp):%H:%M:%S} " if item.timestamp is not None else ""
        who = item.labels.get("pod") or item.labels.get("app") or item.source
        text = untagged(compact(item.text))
        first = said.setdefault(text, item.id)
        return f"{item.id} {time}{untagged(inert(who, 80))}: {text if first == item.id else f'the same as {first}'}"
    if item.kind is EvidenceKind.PATTERN and like is not None:
        return f"{item.id} {untagged(inert(item.source, 40))} like {like}"
    if item.kind is EvidenceKind.PATTERN:
        return f"{item.id} {untagged(inert(item.text, SECTION_CHARACTERS))}"
    text = inert(item.text, SECTION_CHARACTERS)
    if telling:
        text = excerpt(text, telling, EXCERPT_CHARACTERS)
    return f"{item.id} {untagged(inert(item.source, 120))}: {untagged(text)}"
