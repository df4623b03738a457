"""Whether two runs on the same cases differ by more than chance."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest

RESAMPLES = 4_000
SEED = 7


def mcnemar(better: int, worse: int) -> float:
    """The p-value of the exact McNemar test: `better` and `worse` are the cases that flipped either way.

    Two-sided binomial on the flips (McNemar, 1947, exact form); 1.0 where nothing flipped.
    """
    flips = better + worse
    return 1.0 if not flips else float(binomtest(better, flips, 0.5).pvalue)


def paired_difference(before: Sequence[float], after: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The mean of after − before over cases, with the 95 % percentile interval of the paired bootstrap, seeded."""
    differences = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    drawn = np.random.default_rng(SEED).integers(0, len(differences), size=(RESAMPLES, len(differences)))
    low, high = np.quantile(differences[drawn].mean(axis=1), [0.025, 0.975])
    return round(float(differences.mean()), 4), (round(float(low), 4), round(float(high), 4))


def quantile_ratio(before: Sequence[float], after: Sequence[float], share: float) -> tuple[float, tuple[float, float]]:
    """Of a quantile over the same cases, after / before, with the 95 % interval of the paired bootstrap, seeded."""
    one, two = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    drawn = np.random.default_rng(SEED).integers(0, len(one), size=(RESAMPLES, len(one)))
    floor = np.finfo(np.float64).tiny
    ratios = np.quantile(two[drawn], share, axis=1) / np.maximum(np.quantile(one[drawn], share, axis=1), floor)
    low, high = np.quantile(ratios, [0.025, 0.975])
    value = float(np.quantile(two, share) / max(float(np.quantile(one, share)), floor))
    return round(value, 4), (round(float(low), 4), round(float(high), 4))


def population_stability(before: Sequence[str], after: Sequence[str]) -> float:
    """The population stability index of two samples of labels: Σ (q − p) · ln(q / p) over all labels.

    0 where both have the same shares; up to 0.1 is usually called stable, above 0.2 a shift (Siddiqi, 2006). Each count
    is raised by one half, so that a label which one sample lacks does not make it infinite.
    """
    labels = sorted(set(before) | set(after))
    shares = []
    for sample in (before, after):
        counts = np.asarray([sum(one == label for one in sample) + 0.5 for label in labels])
        shares.append(counts / counts.sum())
    p, q = shares
    return round(float(np.sum((q - p) * np.log(q / p))), 4)
