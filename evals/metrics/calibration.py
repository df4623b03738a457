"""Calibration: of the answers that are 70 % sure, are 70 % right? (Naeini, Cooper, Hauskrecht, AAAI 2015)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.metrics.metric import Metric, bootstrapped
from evals.triage.prediction import Scored

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like confidence: how many, their mean confidence, and the share that is right."""

    n: int
    confidence: float
    right: float


def expected_calibration_error(scored: Sequence[Scored]) -> Metric:
    """Σ over ten equal bins of confidence: n/N · |share right − mean confidence|. 0 to 1, lower is better.

    Right is an answer whose status and category are the expected ones.
    """
    return bootstrapped(_rows(scored), _error)


def calibration_bins(scored: Sequence[Scored]) -> list[Bin]:
    """The bins that hold an answer, least confident first: the reliability diagram."""
    rows = np.asarray(_rows(scored), dtype=np.float64).reshape(-1, 2)
    return [Bin(len(part), float(part[:, 0].mean()), float(part[:, 1].mean())) for part in _parts(rows)]


def _rows(scored: Sequence[Scored]) -> list[tuple[float, float]]:
    return [(one.prediction.confidence, float(one.correct)) for one in scored if one.prediction is not None]


def _parts(rows: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    of_row = np.minimum((rows[:, 0] * BINS).astype(int), BINS - 1)
    return [rows[of_row == number] for number in range(BINS) if (of_row == number).any()]


def _error(rows: NDArray[np.float64]) -> float:
    parts = _parts(rows)
    return float(sum(len(part) / len(rows) * abs(part[:, 1].mean() - part[:, 0].mean()) for part in parts))
