"""Dev and test splits by family, so that no program and no template stands in both."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from evals.dataset.cases import Case
from evals.dataset.combination.combine import family

TEST_SHARE = 0.4
_TRIES = 400


def split(cases: Sequence[Case], seed: int, test_share: float = TEST_SHARE) -> Mapping[str, list[str]]:
    """Case ids by split, `dev` and `test`.

    Of many seeded ways to deal out whole families, the one whose test split is nearest to its share of every severity
    and origin, and holds the most categories.
    """
    families: dict[str, list[Case]] = defaultdict(list)
    for case in sorted(cases, key=lambda each: each.id):
        families[family(case)].append(case)
    wanted = {trait: count * test_share for trait, count in _traits(cases).items()}
    tries = (_dealt(families, len(cases) * test_share, f"{seed}/{nth}") for nth in range(_TRIES))
    test = {case.id for case in min(tries, key=lambda chosen: _distance(chosen, wanted))}
    return {"dev": sorted(case.id for case in cases if case.id not in test), "test": sorted(test)}


def _dealt(families: Mapping[str, list[Case]], size: float, seed: str) -> list[Case]:
    order = sorted(families)
    random.Random(seed).shuffle(order)  # noqa: S311  # repeatable, nothing secret
    chosen: list[Case] = []
    for name in order:
        if len(chosen) + len(families[name]) <= size + 1:
            chosen += families[name]
    return chosen


def _traits(cases: Sequence[Case]) -> Counter[str]:
    return Counter(trait for case in cases for trait in (case.expected.severity.value, case.origin.value))


def _distance(chosen: Sequence[Case], wanted: Mapping[str, float]) -> float:
    have = _traits(chosen)
    missing = len({case.expected.category for case in chosen})
    return sum((have[trait] - count) ** 2 for trait, count in wanted.items()) - missing
