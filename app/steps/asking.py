"""Steps 8 to 10: the prompt, the model's triage, and the last look at every citation."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from app.answer import WITHOUT_MODEL, Action, Answer, ModelQueued, PromptUse, TriageProgress
from app.evidence_selection import Selection
from app.question import ModelUse
from app.steps.running import Step
from app.telemetry.attributes import of_fitting, of_prompt
from app.telemetry.conventions import Attribute
from app.triage.change_prompting import MOST_CHANGES, compared_material
from app.triage.engine import ModelAnswer, ModelTriage, Rejected
from app.triage.model_pool import ServedModel
from app.triage.prompt_fitting import fit_prompt
from app.triage.prompting import PromptMaterial, without_stray_runbooks
from app.triage.schema import TriageChoices
from app.triage.summary_prompting import components_in_words
from app.triage.traced_model import TracedModel
from app.turn import Looked, Parts, Turn
from prompts.active_versions import ActiveVersionsDamaged
from prompts.registry import Prompt, PromptRegistry, Rendered
from retrieval.errors import ModelDown
from retrieval.taxonomy import IntentKind

# Where neither a profile nor the settings nor the prompt says otherwise.
DEFAULT_MAX_TOKENS = 500
DEFAULT_TEMPERATURE = 0.2


@dataclass(frozen=True)
class Grounds:
    """Everything that stands before a model is asked; `card` is the whole answer without one."""

    looked: Looked
    selection: Selection
    actions: Mapping[str, Action]
    card: Answer


@dataclass(frozen=True)
class Request:
    """What the model is asked: the rendered prompt, and the closed choices of its answer; by which model, if any."""

    use: PromptUse
    rendered: Rendered
    choices: TriageChoices
    selection: Selection
    actions: Mapping[str, Action]
    served: ServedModel | None
    static_tokens: int
    dynamic_tokens: int
    counted: bool
    max_tokens: int
    temperature: float


async def prompt_step(turn: Turn, grounds: Grounds) -> Request:
    """The active prompt of the intent, rendered with what of the evidence fits; the card's triage is its candidate."""
    async with turn.steps.run("prompt") as step:
        looked = grounds.looked
        prompt = _active_prompt(turn, looked.asked.intent.kind)
        parts = turn.parts
        served = await turn.models.choose(looked.asked.intent.kind, grounds.selection.tokens) if turn.models else None
        fitted = await fit_prompt(
            prompt,
            _material(turn, grounds),
            parts.evidence_tokens,
            served.model if served else None,
            answer_tokens=_max_tokens(parts, served, prompt),
        )
        if fitted.left_out:
            turn.warnings.append(_left_out(fitted.left_out, parts.evidence_tokens))
        rendered, fit = fitted.rendered, fitted.material
        use = PromptUse(id=prompt.id, version=prompt.version, sha256=prompt.sha256, rendered_sha256=rendered.sha256)
        step.measured({**of_prompt(use), **of_fitting(fitted.static_tokens, fitted.dynamic_tokens, fitted.left_out)})
        about = "" if fitted.counted else "about "
        step.summary = (
            f"{prompt.id} version {prompt.version}, {about}{fitted.dynamic_tokens:,} tokens beside the fixed part"
        )
        step.details = {"fixed tokens": fitted.static_tokens, "evidence left out": fitted.left_out}
        if served:
            step.details["model profile"] = served.profile.name
    return Request(
        use, rendered, fit.choices, fit.selection, fit.actions, served,
        fitted.static_tokens, fitted.dynamic_tokens, fitted.counted,
        _max_tokens(parts, served, prompt), _temperature(parts, served, prompt),
    )  # fmt: skip


def _active_prompt(turn: Turn, intent: IntentKind) -> Prompt:
    """The prompt that was switched to; the newest of the program, and a warning, where the choices cannot be read."""
    try:
        return turn.parts.prompts.live(intent)
    except ActiveVersionsDamaged as error:
        turn.warnings.append(f"{error}.")
        return PromptRegistry.bundled().live(intent)


def _material(turn: Turn, grounds: Grounds) -> PromptMaterial:
    looked = grounds.looked
    coverage = looked.read.coverage
    explains = looked.asked.intent.kind is IntentKind.HOWTO
    material = PromptMaterial(
        question=turn.question.text,
        window=str(looked.asked.window),
        coverage=f"{coverage.lines_read} of {coverage.lines_matched} lines read",
        verdict=grounds.card.triage,
        problems=looked.problems,
        selection=grounds.selection if explains else without_stray_runbooks(grounds.selection, grounds.actions),
        actions=grounds.actions,
        notes=turn.warnings,
    )
    if grounds.card.overview is not None:
        return replace(material, components=components_in_words(grounds.card.overview))
    if looked.comparison is None:
        return material
    return replace(material, candidates=MOST_CHANGES, compared=compared_material(looked.comparison, grounds.selection))


def _left_out(count: int, limit: int) -> str:
    what = "1 further piece of evidence is" if count == 1 else f"{count} further pieces of evidence are"
    return f"{what} on the card and did not fit the {limit:,} tokens that the model reads"


def _max_tokens(parts: Parts, served: ServedModel | None, prompt: Prompt) -> int:
    """Of the profile, else of the settings, else of the prompt."""
    own = served.profile.max_tokens if served else None
    return own or parts.max_tokens or prompt.hints.max_tokens or DEFAULT_MAX_TOKENS


def _temperature(parts: Parts, served: ServedModel | None, prompt: Prompt) -> float:
    """Of the profile, else of the settings, else of the prompt."""
    own = served.profile.sampling.temperature if served else None
    given = (own, parts.temperature, prompt.hints.temperature, DEFAULT_TEMPERATURE)
    return next(each for each in given if each is not None)


async def generate_step(turn: Turn, request: Request, card: Answer) -> Answer:
    """The card's answer with the model's triage, or with a warning where it has none that can stand.

    Raises ModelDown where a model is required.
    """
    async with turn.steps.run("generate") as step:
        try:
            async with asyncio.timeout(turn.parts.total_seconds):
                reply = await _spoken(turn, step, request)
        except (ModelDown, TimeoutError) as error:
            return _without_model(turn, step, request, card, error)
        step.measured({Attribute.REPAIRED: reply.attempts > 1})
        attempts = "" if reply.attempts == 1 else f" in {reply.attempts} attempts"
        step.summary = f"{reply.usage.completion_tokens} tokens{attempts}"
    return card.model_copy(
        update={
            "triage": reply.triage,
            "engine": "llama.cpp",
            "model": reply.model,
            "prompt": request.use,
            "usage": reply.usage,
            "timings_ms": turn.steps.timings(reply.first_token_ms),
        }
    )


async def verify_step(turn: Turn, answer: Answer) -> Answer:
    """Every id that the answer cites exists in its evidence; the finished answer."""
    async with turn.steps.run("verify") as step:
        cited = cited_ids(answer)
        missing = cited - {item.id for item in answer.evidence}
        if missing:  # a defect of this program, not of a model: schema and verification rule it out
            raise AssertionError(f"the answer cites evidence that does not exist: {sorted(missing)}")
        step.measured({Attribute.CITATIONS: len(answer.triage.evidence)})
        step.summary = f"{len(cited)} cited items, all exist"
    timings = turn.steps.timings(answer.timings_ms.first_token)
    return answer.model_copy(update={"timings_ms": timings, "warnings": list(turn.warnings)})


def cited_ids(answer: Answer) -> set[str]:
    """Every evidence id that an answer's triage, actions, problems and changes cite, and every other part."""
    cited = set(answer.triage.evidence)
    cited.update(*(action.evidence for action in answer.triage.actions))
    cited.update(*(problem.evidence for problem in answer.problems))
    cited.update(*(change.evidence for change in answer.changes))
    cited.update(*(row.evidence for row in (answer.ranking.rows if answer.ranking else ())))
    cited.update(*(row.evidence for row in (answer.overview.components if answer.overview else ())))
    cited.update(answer.lookup.lines if answer.lookup else ())
    return cited


async def _spoken(turn: Turn, step: Step, request: Request) -> ModelAnswer:
    """The model's answer, once it has a place in the line; its words are shown while they arrive."""
    served, parts, evidence = request.served, turn.parts, request.selection.prompted
    if served is None:
        raise ModelDown("No model profile serves this kind of question with this much evidence.")
    await served.looked()
    engine = ModelTriage(
        TracedModel(served.model, step.span, served.address, request.use),
        max_tokens=request.max_tokens,
        temperature=request.temperature,
        seed=parts.seed,
    )

    async def moved(ahead: int) -> None:
        await turn.steps.emit(ModelQueued(ahead))

    run = engine.run(request.rendered.messages, request.choices, evidence, request.actions)
    asked = time.perf_counter()
    async with served.line.place(moved), aclosing(run) as progress:
        step.measured({Attribute.QUEUE_SECONDS: time.perf_counter() - asked})
        if await served.busy_with_others():
            await turn.steps.emit(ModelQueued(None))
        async for item in progress:
            if isinstance(item, ModelAnswer):
                if note := served.answered_as(item.model):
                    turn.warnings.append(note)
                return item
            await turn.steps.emit(TriageProgress(item))
    raise ModelDown("The language model's answer broke off.")


def _without_model(turn: Turn, step: Step, request: Request, card: Answer, error: Exception) -> Answer:
    """The card's answer stands, and says why."""
    reason = str(error) or f"The language model did not answer within {turn.parts.total_seconds:.0f} seconds."
    if turn.question.model_use is ModelUse.REQUIRE:
        raise error if isinstance(error, ModelDown) else ModelDown(reason) from error
    turn.warnings.append(f"{reason} {WITHOUT_MODEL}")
    step.measured({Attribute.FELL_BACK: True})
    step.summary = "no usable answer; the extractive triage stands"
    usage = error.usage if isinstance(error, Rejected) else None
    return card.model_copy(update={"prompt": request.use, "usage": usage})
