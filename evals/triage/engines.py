"""What answers a case: the pipeline that serves people, or a baseline."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from app.answer import Answer
from app.bootstrap import open_app, open_knowledge
from app.pipeline import Pipeline
from app.question import ModelUse, Question
from app.settings import Settings
from app.turn import Parts
from evals.dataset.cases import Case
from evals.triage.baselines import first_error, keywords
from evals.triage.case_source import CaseSource
from evals.triage.experiment import Experiment
from evals.triage.prediction import Citation, Prediction, Record
from evals.triage.recording import recorded_pool, replayed_pool
from evals.triage.retrieval_only import RetrievalOnly
from evals.triage.sampling import sampling_of
from evals.triage.served_profile import refuse_another, with_profile
from retrieval.errors import BadInput, LogAgentError
from retrieval.taxonomy import EvidenceKind

# "Now" for a case without times, so that a run does not depend on the day.
NOW_WITHOUT_TIMES = datetime(2026, 1, 1, tzinfo=UTC)
_BASELINES = {"first_error": first_error, "keywords": keywords}
_OF_LINES = (EvidenceKind.LOG, EvidenceKind.PATTERN, EvidenceKind.EVENT)


class Engine(Protocol):
    """Answers cases, any number at a time. `model` is the language model's name where one is asked."""

    model: str | None

    async def answer(self, case: Case, repeat: int = 0) -> Record:
        """The outcome of a case; an error of this program is an outcome too. Each `repeat` has another seed."""


class Baseline:
    """A function of the case alone."""

    model: str | None = None

    def __init__(self, predict: Callable[[Case], Prediction]) -> None:
        self._predict = predict

    async def answer(self, case: Case, repeat: int = 0) -> Record:
        """See `Engine`."""
        began = time.perf_counter()
        prediction = self._predict(case)
        return Record(id=case.id, prediction=prediction, latency_ms=_since(began), usage=None, error=None)


class PipelineEngine:
    """The pipeline with the parts of the application, over the lines of each case."""

    def __init__(self, parts: Parts, model_use: ModelUse, model: str | None) -> None:
        self._parts = parts
        self._model_use = model_use
        self.model = model

    async def answer(self, case: Case, repeat: int = 0) -> Record:
        """See `Engine`."""
        source = CaseSource(case)
        now = None if await source.extent() else NOW_WITHOUT_TIMES
        pipeline = Pipeline(replace(self._parts, logs=source, seed=self._parts.seed + repeat))
        began = time.perf_counter()
        try:
            answer = await pipeline.run(Question(case.question, now=now, model_use=self._model_use))
        except LogAgentError as error:
            return Record(id=case.id, prediction=None, latency_ms=_since(began), usage=None, error=str(error))
        usage = answer.usage.model_dump() if answer.usage else None
        # A prompt stands in an answer that a model was asked for.
        fell_back = answer.engine == "extractive" if answer.prompt else None
        return Record(
            id=case.id, prediction=_predicted(answer, case), latency_ms=_since(began), usage=usage, error=None,
            fell_back=fell_back,
        )  # fmt: skip


@asynccontextmanager
async def open_engine(
    experiment: Experiment,
    settings: Settings,
    first: Case,
    *,
    record: Path | None = None,
    replay: Path | None = None,
) -> AsyncIterator[Engine]:
    """The engine of an experiment, closed on the way out.

    Its runbooks are the bundled ones, in a throw-away index, so that a run does not depend on what a user ingested.
    The model's answers are kept in `record`, or taken from `replay` instead of asking one.
    """
    if experiment.engine in _BASELINES:
        yield Baseline(_BASELINES[experiment.engine])
        return
    with TemporaryDirectory(prefix="logagent-eval-") as home:
        settings = settings.with_home(Path(home))
        if experiment.engine == "retrieval":
            async with open_knowledge(settings) as knowledge:
                if knowledge is None:
                    raise BadInput("EMBEDDING_MODEL is set to off, so nothing can be retrieved")
                yield RetrievalOnly(knowledge)
            return
        if experiment.profile is not None and replay is None:
            settings.model = with_profile(settings.model, experiment.profile, Path(home))
        async with open_app(
            settings,
            logs=CaseSource(first),
            with_model=experiment.llm is not ModelUse.OFF and replay is None,
            with_knowledge=experiment.retrieval,
        ) as app:
            if experiment.llm is not ModelUse.OFF and app.models is None and replay is None:
                raise BadInput(f"the experiment {experiment.name} asks a language model: set LLM_URL or LLM_MODEL_PATH")
            sampling = sampling_of(experiment, settings)
            parts = replace(
                app.parts,
                seed=sampling.seed,
                temperature=sampling.temperature,
                max_tokens=sampling.max_tokens,
            )
            if experiment.profile is not None and app.models is not None:
                await refuse_another(app.models)
            models = replayed_pool(replay) if replay else app.models
            if record is not None and models is not None:
                models = recorded_pool(models, record)
            name = await models.served[0].model.model_name() if models else None
            yield PipelineEngine(replace(parts, models=models), experiment.llm, name)


def _predicted(answer: Answer, case: Case) -> Prediction:
    triage = answer.triage
    known = {item.id: item for item in answer.evidence}
    citations = []
    for id_ in triage.evidence:
        item = known.get(id_)
        lines = tuple(item.lines or ()) if item is not None and item.kind in _OF_LINES else ()
        valid = item is not None and all(0 <= line < len(case.logs) for line in lines)
        kind = item.kind if item is not None else EvidenceKind.LOG
        citations.append(Citation(id=id_, kind=kind, lines=lines, valid=valid))
    positions = dict.fromkeys(line for citation in citations for line in citation.lines)
    return Prediction(
        status=triage.status, severity=triage.severity, component=triage.component, category=triage.category,
        root_cause=triage.root_cause, summary=triage.summary, key_lines=tuple(positions),
        confidence=triage.confidence, citations=tuple(citations),
    )  # fmt: skip


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)
