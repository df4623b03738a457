"""Chooses the cases of a dataset: rare categories, components and families first, the same for the same seed."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from evals.dataset.cases import Case, Origin
from evals.dataset.combination.targets import Targets
from retrieval.errors import BadInput
from retrieval.taxonomy import Category, Severity, Status

_CALM_TAGS = {"recovered", "red-herring"}


def family(case: Case) -> str:
    """What a case shares lines with: the program of a capture, the template of a synthetic case."""
    return case.tags[1] if case.origin is Origin.SYNTHETIC and len(case.tags) > 1 else case.tags[0]


def is_calm(case: Case) -> bool:
    """Healthy, recovered, a red herring, or not enough evidence."""
    return case.expected.status is not Status.PROBLEM or bool(_CALM_TAGS & set(case.tags))


def combine(pool: Sequence[Case], targets: Targets, seed: int) -> list[Case]:
    """The chosen cases, sorted by id; BadInput, saying what is missing, where the pool does not reach the targets."""
    order = sorted(pool, key=lambda case: case.id)
    twice = [one.id for one, other in pairwise(order) if one.id == other.id]
    if twice:
        raise BadInput(f"two cases are called {twice[0]!r}")
    random.Random(seed).shuffle(order)  # noqa: S311  # repeatable, nothing secret
    chosen: list[Case] = []
    for captured in (True, False):
        for severity, wanted in targets.by_severity.items():
            here = [case for case in order if case.expected.severity is severity]
            mine = [case for case in here if (case.origin is not Origin.SYNTHETIC) == captured]
            have = sum(case.expected.severity is severity for case in chosen)
            count = min(len(mine), round(wanted * targets.captured)) if captured else wanted - have
            if len(mine) < count:
                raise BadInput(f"{count} synthetic cases of severity {severity} are wanted and {len(mine)} are there")
            _choose(mine, count, chosen)
    _check(chosen, targets)
    return sorted(chosen, key=lambda case: case.id)


def _choose(candidates: Iterable[Case], count: int, chosen: list[Case]) -> None:
    """Adds `count` candidates one by one, each time the one whose category and family are rarest so far."""
    left = list(candidates)
    categories = Counter(case.expected.category for case in chosen)
    families = Counter(family(case) for case in chosen)
    for _ in range(count):
        best = min(left, key=lambda case: _rarity(case, categories, families))
        left.remove(best)
        chosen.append(best)
        categories[best.expected.category] += 1
        families[family(best)] += 1


def _rarity(case: Case, categories: Counter[Category], families: Counter[str]) -> tuple[int, int, int]:
    """Smallest first: templates not used yet, then categories, which beyond four cases give way to families."""
    used = families[family(case)]
    return used if case.origin is Origin.SYNTHETIC else 0, min(categories[case.expected.category], 4), used


def _check(chosen: Sequence[Case], targets: Targets) -> None:
    for severity, wanted in targets.by_severity.items():
        have = sum(case.expected.severity is severity for case in chosen)
        if have != wanted:
            raise BadInput(f"{wanted} cases of severity {Severity(severity)} are wanted and {have} are there")
    categories = Counter(case.expected.category for case in chosen)
    rare = [category for category in Category if categories[category] < targets.each_category]
    if rare:
        raise BadInput(f"category {rare[0]} has {categories[rare[0]]} cases; each needs {targets.each_category}")
    captured = sum(case.origin is not Origin.SYNTHETIC for case in chosen)
    if captured < targets.least_captured * len(chosen):
        raise BadInput(f"{captured} of {len(chosen)} cases are captured; at least half have to be")
    calm = sum(map(is_calm, chosen))
    if calm < targets.least_calm * len(chosen):
        raise BadInput(
            f"{calm} of {len(chosen)} cases are healthy, recovered or red herrings; at least a fifth must be"
        )
