"""How a model's words are drawn in an experiment: what `config.json` says is what is asked for."""

from dataclasses import asdict, dataclass
from typing import Any

from app.settings import Settings
from app.steps.asking import DEFAULT_MAX_TOKENS, DEFAULT_TEMPERATURE
from evals.triage.experiment import Experiment


@dataclass(frozen=True, slots=True)
class Sampling:
    """Of one experiment; `other` is what its profile asks for beside the temperature (top_p, top_k …)."""

    temperature: float
    seed: int
    max_tokens: int
    other: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """As `config.json` has it."""
        told = asdict(self)
        return {**told.pop("other"), **told}


def sampling_of(experiment: Experiment, settings: Settings) -> Sampling:
    """The experiment's own values, else its profile's, else the settings', else what every prompt asks for."""
    profile, model = experiment.profile, settings.model
    of_profile = profile.sampling.temperature if profile else None
    given = (experiment.temperature, of_profile, model.temperature, DEFAULT_TEMPERATURE)
    return Sampling(
        temperature=next(each for each in given if each is not None),
        seed=experiment.seed,
        max_tokens=(profile.max_tokens if profile else None) or model.max_tokens or DEFAULT_MAX_TOKENS,
        other=profile.sampling.beside_temperature() if profile else {},
    )
