"""How alike two cases are: the share of masked lines they have in common (Jaccard), line for line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from evals.dataset.cases import Case
from retrieval.patterns.masking import masked

NEAR = 0.6


@dataclass(frozen=True)
class Pair:
    """Two cases and how alike they are, 0 (no masked line in common) to 1 (the same ones)."""

    first: str
    second: str
    likeness: float


def near_duplicates(cases: Sequence[Case], least: float = NEAR) -> list[Pair]:
    """The pairs of cases that are at least so much alike, the most alike first."""
    sets = {case.id: masked_lines(case) for case in cases}
    pairs = (Pair(one, other, _jaccard(sets[one], sets[other])) for one, other in _comparable(sets))
    return sorted((pair for pair in pairs if pair.likeness >= least), key=lambda pair: (-pair.likeness, pair.first))


def masked_lines(case: Case) -> frozenset[str]:
    """The different masked lines of a case."""
    table = pl.DataFrame({"line": [line.line for line in case.logs]}, schema={"line": pl.String})
    return frozenset(table.select(masked("line"))["line"].to_list())


def _comparable(sets: dict[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    for one, other in combinations(sorted(sets), 2):
        if sets[one] & sets[other]:
            yield one, other


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
