"""The points of `app/triage/scorecard.yaml` from labelled cases: `python -m evals.triage.severity_fit CASES.jsonl …`.

Proportional odds (ordinal logistic regression) with a ridge penalty. What it reaches is measured on programs that it
was not fitted on: cases of one source (a repository, a template, a server) are always on the same side.
"""

import argparse
import re
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.optimize import minimize
from scipy.special import expit

from app.intent import parse_intent
from app.triage.findings import find_findings, find_problems
from app.triage.scorecard import default_scorecard
from evals.dataset.cases import Case, read_cases
from evals.triage.case_source import CaseSource
from retrieval.patterns.window_patterns import find_patterns
from retrieval.taxonomy import Status

PENALTY = 0.7
FOLDS = 20
# A severity told too low costs a person more than one too high: thresholds stand this far below the likeliest.
CAUTION = 0.25
STEPS = 3
_REPOSITORY = re.compile(r"https?://[^/]+/[^/]+/[^/]+")
# What follows is of one run or one template's phrasing, not of the program.
_VARIANT = re.compile(r" [\d.(;].*|-\d+$")


@dataclass(frozen=True, slots=True)
class Sample:
    """A case with a problem: what is seen of it, its labelled step (0 WARN, 1 ERROR, 2 CRITICAL), source, weight."""

    seen: dict[str, float]
    step: int
    source: str
    weight: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Points in the order of a sample's `seen`, and the thresholds of ERROR and CRITICAL."""

    points: np.ndarray
    thresholds: np.ndarray

    def steps(self, seen: np.ndarray) -> np.ndarray:
        """The step that each row of `seen` comes to."""
        reached = (seen @ self.points)[:, None] >= self.thresholds[None]
        return np.asarray(reached.sum(axis=1), dtype=int)


def sample_of(case: Case, weight: float) -> Sample | None:
    """What the scorecard sees of a case; None where it is no problem, or none is found."""
    if case.expected.status is not Status.PROBLEM:
        return None
    terms = parse_intent(case.question, datetime(2026, 1, 1, tzinfo=UTC), {}).terms
    problems = find_problems(find_findings(find_patterns(CaseSource(case).table).patterns, terms))
    if not problems:
        return None
    seen = default_scorecard().seen(problems[0], case.question)
    return Sample(seen, case.expected.severity.rank - 1, _source(case), weight)


def fit(seen: np.ndarray, steps: np.ndarray, weights: np.ndarray, penalty: float = PENALTY) -> Fit:
    """The points (one a column of `seen`) and thresholds that make `steps` likeliest."""
    columns = seen.shape[1]

    def loss(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        points, cuts, gap = numbers[:columns], np.array([-np.inf, *_cuts(numbers[columns:]), np.inf]), numbers[-1]
        total = seen @ points
        upper, lower = expit(cuts[steps + 1] - total), expit(cuts[steps] - total)
        likely = np.clip(upper - lower, 1e-9, 1)
        up, low = weights * upper * (1 - upper) / likely, weights * lower * (1 - lower) / likely
        by_cut = np.array([low[steps == k + 1].sum() - up[steps == k].sum() for k in range(STEPS - 1)])
        gradient = [*(seen.T @ (up - low) + 2 * penalty * points), by_cut.sum(), np.exp(gap) * by_cut[1]]
        return -(weights * np.log(likely)).sum() + penalty * points @ points, np.array(gradient)

    found = minimize(loss, np.array([0.0] * columns + [-1.0, 0.0]), jac=True, method="L-BFGS-B").x
    return Fit(found[:columns], _even_odds(_cuts(found[columns:])))


def out_of_source(samples: Sequence[Sample]) -> np.ndarray:
    """The step of each sample by points fitted without its source's."""
    seen, steps, weights = _arrays(samples)
    fold = np.array([zlib.crc32(sample.source.encode()) % FOLDS for sample in samples])
    said = np.zeros(len(samples), dtype=int)
    for number in set(fold.tolist()):
        held = fold == number
        said[held] = fit(seen[~held], steps[~held], weights[~held]).steps(seen[held])
    return said


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how well it does out of source, file by file, and the points of all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("files", nargs="+", type=_weighted, metavar="CASES.jsonl[=WEIGHT]")
    given = parser.parse_args(arguments)
    sets = {path: [s for case in read_cases(path) if (s := sample_of(case, w))] for path, w in given.files}
    samples = [sample for of_file in sets.values() for sample in of_file]
    said, start = out_of_source(samples), 0
    for path, of_file in sets.items():
        right = sum(sample.step == step for sample, step in zip(of_file, said[start:], strict=False))
        start += len(of_file)
        sys.stderr.write(f"{path.name}: {right} of {len(of_file)} right out of source\n")
    yaml.safe_dump(_table(fit(*_arrays(samples)), list(samples[0].seen)), sys.stdout, sort_keys=False)


def _cuts(numbers: np.ndarray) -> np.ndarray:
    return np.array([numbers[0], numbers[0] + np.exp(numbers[1])])


def _even_odds(cuts: np.ndarray) -> np.ndarray:
    """The sums from which each step is the likeliest of the three: between close cuts the middle one is narrower."""
    grid = np.linspace(cuts[0] - 3, cuts[1] + 3, 6_001)
    below = expit(cuts[None] - grid[:, None])
    likeliest = np.stack([below[:, 0], below[:, 1] - below[:, 0], 1 - below[:, 1]], axis=1).argmax(axis=1)
    return np.array([grid[likeliest >= 1][0], grid[likeliest == STEPS - 1][0]]) - CAUTION


def _arrays(samples: Sequence[Sample]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.array([list(sample.seen.values()) for sample in samples]),
        np.array([sample.step for sample in samples]),
        np.array([sample.weight for sample in samples]),
    )


def _table(result: Fit, names: Sequence[str]) -> dict[str, Any]:
    error, critical = (round(float(value), 2) for value in result.thresholds)
    table: dict[str, Any] = {"thresholds": {"ERROR": error, "CRITICAL": critical}}
    for name, points in zip(names, result.points, strict=True):
        part, _, rest = name.partition(".")
        value = round(float(points), 2)
        if rest:
            table.setdefault(part, {})[rest] = value
        else:
            table[part] = value
    return table


def _source(case: Case) -> str:
    found = _REPOSITORY.match(case.source)
    return found[0] if found else _VARIANT.sub("", case.id if case.origin == "synthetic" else case.source)


def _weighted(text: str) -> tuple[Path, float]:
    path, _, weight = text.partition("=")
    return Path(path), float(weight or 1)


if __name__ == "__main__":
    main()
