"""A measured value with its 95 % interval and n, and the two ways in which an interval is found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959964
RESAMPLES = 2_000
SEED = 7


@dataclass(frozen=True, slots=True)
class Metric:
    """`value` is None, and the interval the widest one, where there was nothing to measure (n = 0)."""

    value: float | None
    ci: tuple[float, float]
    n: int

    def in_words(self, digits: int) -> str:
        """Value, interval and n in columns, for a terminal; nothing but the n where there is nothing to tell."""
        if self.value is None:
            return f"{'–':>10}  {'':>22}  n={self.n}"
        interval = f"[{self.ci[0]:.{digits}f}, {self.ci[1]:.{digits}f}]"
        return f"{self.value:>10.{digits}f}  {interval:<22}  n={self.n}"

    def as_json(self) -> dict[str, Any]:
        """As `metrics.json` has it."""
        return {"value": self.value, "ci": list(self.ci), "n": self.n}


def nothing(low: float = 0.0, high: float = 1.0) -> Metric:
    """The metric of no cases; `low` and `high` bound what it could have been."""
    return Metric(None, (low, high), 0)


def proportion(hits: Sequence[bool]) -> Metric:
    """The share of true values, 0 to 1, with Wilson's score interval (1927), which holds near 0 and 1 too."""
    n = len(hits)
    if not n:
        return nothing()
    share = sum(hits) / n
    middle = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 * sqrt(share * (1 - share) / n + Z95**2 / (4 * n * n)) / (1 + Z95**2 / n)
    return Metric(round(share, 4), (round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)), n)


def bootstrapped(rows: Sequence[Sequence[float]], statistic: Callable[[NDArray[np.float64]], float]) -> Metric:
    """A statistic of the rows, one a case, with the percentile bootstrap over cases (Efron, 1979), seeded.

    `statistic` gets an array of cases by columns and may be asked for any resample of it.
    """
    if not rows:
        return nothing()
    table = np.asarray(rows, dtype=np.float64)
    drawn = np.random.default_rng(SEED).integers(0, len(table), size=(RESAMPLES, len(table)))
    resampled = np.sort([statistic(table[rows_]) for rows_ in drawn])
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Metric(round(float(statistic(table)), 4), (round(float(low), 4), round(float(high), 4)), len(table))


def mean(values: Sequence[float]) -> Metric:
    """The mean of one value a case, with its bootstrap interval."""
    return bootstrapped([[value] for value in values], lambda table: float(table.mean()))
