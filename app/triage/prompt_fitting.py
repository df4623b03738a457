"""A prompt that fits: the pieces least worth their tokens go until the server's own count is within the limit.

    render ──► count ──► fits ──► sent
       └── drop ◄── too long

The static part is not counted: it is the same for every question, so that the server keeps it in its cache.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.evidence_selection import Selection, estimated_tokens
from app.triage.engine import LanguageModel, Message
from app.triage.prompting import PromptMaterial, prompt_lines
from prompts.registry import Prompt, Rendered
from retrieval.errors import ModelDown
from retrieval.taxonomy import EvidenceKind

_KNOWLEDGE = (EvidenceKind.RUNBOOK, EvidenceKind.INCIDENT)
# Counts until it fits; each drops what the last one says is too much, so the second is nearly always enough.
MOST_COUNTS = 6
# Tokens left free below the context: servers round and add their own.
MARGIN = 16
_FRAMING_TOKENS = 8


@dataclass(frozen=True, slots=True)
class FittedPrompt:
    """A rendering within the limit: what it says, its dynamic tokens, and how many pieces of evidence it left out.

    `counted` is False where the tokens are an estimate, since no server counted them.
    """

    rendered: Rendered
    material: PromptMaterial
    static_tokens: int
    dynamic_tokens: int
    counted: bool
    left_out: int


async def fit_prompt(
    prompt: Prompt, material: PromptMaterial, limit: int, model: LanguageModel | None, *, answer_tokens: int = 0
) -> FittedPrompt:
    """The prompt with at most `limit` dynamic tokens, and `answer_tokens` left free in the model's context.

    Where nothing more can go it may be longer; where the server cannot count, an upper estimate does.
    """
    counter = _Counter(model)
    static = await counter.count([{"role": "system", "content": prompt.system}, {"role": "user", "content": ""}])
    if (context := await counter.context()) is not None:
        limit = min(limit, context - static - answer_tokens - MARGIN)
    offered = len(material.selection.prompted)
    for _ in range(MOST_COUNTS):
        rendered = prompt.render(prompt.pick(material.variables()))
        dynamic = await counter.count(rendered.messages) - static
        smaller = _without(material, dynamic, limit, len(rendered.messages[-1]["content"]))
        if dynamic <= limit or smaller is material:
            break
        material = smaller
    left_out = offered - len(material.selection.prompted)
    return FittedPrompt(rendered, material, static, dynamic, counter.exact, left_out)


class _Counter:
    """Counts with the server while it answers, and by the estimate where it does not."""

    def __init__(self, model: LanguageModel | None) -> None:
        self._model = model
        self.exact = model is not None

    async def count(self, messages: Sequence[Message]) -> int:
        if self._model is not None and self.exact:
            try:
                return await self._model.prompt_tokens(messages)
            except ModelDown:  # the request that follows says so, where it matters
                self.exact = False
        return sum(estimated_tokens(each["content"]) + _FRAMING_TOKENS for each in messages)

    async def context(self) -> int | None:
        try:
            return await self._model.context() if self._model is not None and self.exact else None
        except ModelDown:
            return None


def _without(material: PromptMaterial, dynamic: int, limit: int, characters: int) -> PromptMaterial:
    """The material with as many pieces fewer as the excess comes to; itself where there is nothing more to drop."""
    excess = (dynamic - limit) * characters / max(1, dynamic)
    for smaller, saved in _ever_smaller(material):
        if excess <= 0:
            break
        material = smaller
        excess -= saved
    return material


def _ever_smaller(material: PromptMaterial) -> Iterator[tuple[PromptMaterial, int]]:
    """The material with one piece fewer at a time, the least worth first, and the characters that it saves."""
    for logs, knowledge, candidates, actions in ((99, 3, 5, 6), (12, 2, 3, 6), (4, 1, 2, 3), (1, 0, 1, 1)):
        while min(material.candidates, material.listable) > candidates:
            material = replace(material, candidates=min(material.candidates, material.listable) - 1)
            yield material, 120
        while len(material.actions) > actions:
            kept = dict(list(material.actions.items())[:-1])
            saved = len(list(material.actions.values())[-1].title) + 6
            material = replace(material, actions=kept)
            yield material, saved
        for is_knowledge, floor in ((True, knowledge), (False, logs)):
            while sum((each.kind in _KNOWLEDGE) is is_knowledge for each in material.selection.prompted) > floor:
                material, saved = _one_fewer(material, knowledge=is_knowledge)
                yield material, saved


def _one_fewer(material: PromptMaterial, *, knowledge: bool) -> tuple[PromptMaterial, int]:
    """The last piece of evidence of a kind goes: the first ones carry most."""
    prompted = material.selection.prompted
    last = max(nth for nth, each in enumerate(prompted) if (each.kind in _KNOWLEDGE) is knowledge)
    smaller = replace(material.selection, prompted=(*prompted[:last], *prompted[last + 1 :]))
    return replace(material, selection=smaller), _characters(material.selection) - _characters(smaller)


def _characters(selection: Selection) -> int:
    return sum(len(line) + 1 for line in prompt_lines(selection))
