"""How sure the triage without a model is, calibrated: of answers that are 70 % sure, about 70 % should be right."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from math import exp
from numbers import Real

import yaml

from app.triage.findings import ProblemGroup

STRONGEST, WIDEST_GAP, LONE_MARGIN = 5.0, 2.0, 6.0


def confidence_of(problems: Sequence[ProblemGroup]) -> float:
    """The probability (0 to 1) that status and category of the first problem are right."""
    reading = problems[0].lead.reading
    strengths = [*reading.strengths.values(), 0.0, 0.0]
    margin = problems[0].score - problems[1].score if len(problems) > 1 else LONE_MARGIN
    seen = {
        "strength": min(1.0, reading.own_strength / STRONGEST),
        "margin": 1 - exp(-max(0.0, margin) / 3),
        "gap": min(1.0, (strengths[0] - strengths[1]) / WIDEST_GAP),
    }
    slopes = default_slopes()
    return round(1 / (1 + exp(-(slopes["intercept"] + sum(slopes[name] * value for name, value in seen.items())))), 3)


@cache
def default_slopes() -> Mapping[str, float]:
    """The numbers of `confidence.yaml`; ValueError where one is missing, unknown or no number."""
    table = yaml.safe_load(files("app.triage").joinpath("confidence.yaml").read_text("utf-8"))
    if set(table) != {"intercept", "strength", "margin", "gap"} or not all(isinstance(v, Real) for v in table.values()):
        raise ValueError("confidence.yaml holds the numbers intercept, strength, margin and gap")
    return {name: float(value) for name, value in table.items()}
