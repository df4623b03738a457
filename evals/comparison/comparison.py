"""Two runs compared case by case: every measure with its flips, and the drift of the verdicts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.comparison.finished_run import FinishedRun, paired
from evals.comparison.paired_tests import mcnemar, paired_difference, population_stability, quantile_ratio
from evals.metrics.confident_wrong import CONFIDENT
from evals.triage.prediction import Scored

P95 = 0.95


def _cites_a_key_line(one: Scored) -> bool:
    keys = set(one.expected.key_lines)
    return not keys or one.says(lambda p, _: bool(keys & set(p.key_lines)))


def is_confident_wrong(one: Scored) -> bool:
    """Whether a verdict is wrong and sure of itself."""
    return one.says(lambda p, _: p.confidence >= CONFIDENT) and not one.correct


# Each is right or wrong for a case, so that it can flip.
MEASURES: Mapping[str, Callable[[Scored], bool]] = {
    "status": lambda one: one.says(lambda p, e: p.status is e.status),
    "severity": lambda one: one.says(lambda p, e: p.severity is e.severity),
    "category": lambda one: one.says(lambda p, e: p.category is e.category),
    "key_line_hit": _cites_a_key_line,
    "correct": lambda one: one.correct,
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure: its share in both runs, their difference with its interval, McNemar's p, and what flipped."""

    name: str
    before: float
    after: float
    difference: float
    interval: tuple[float, float]
    p_value: float
    better: tuple[str, ...]
    worse: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs on the cases that both hold; `drift` is the population stability of what they answered."""

    before: FinishedRun
    after: FinishedRun
    pairs: tuple[tuple[Scored, Scored], ...]
    measures: tuple[Compared, ...]
    confident_wrong: tuple[int, int]
    p95_ratio: float
    p95_interval: tuple[float, float]
    drift: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """As `eval compare --json` prints it."""
        return {
            "contract": 1,
            "before": str(self.before.folder),
            "after": str(self.after.folder),
            "cases": len(self.pairs),
            "measures": {
                one.name: {
                    "before": one.before, "after": one.after, "difference": one.difference, "ci": list(one.interval),
                    "p_value": round(one.p_value, 6), "better": list(one.better), "worse": list(one.worse),
                }
                for one in self.measures
            },
            "confident_wrong": {"before": self.confident_wrong[0], "after": self.confident_wrong[1]},
            "latency_p95_ratio": {"value": self.p95_ratio, "ci": list(self.p95_interval)},
            "drift": dict(self.drift),
        }  # fmt: skip


def compare(before: FinishedRun, after: FinishedRun) -> Comparison:
    """The comparison of two runs; BadInput where they have no case in common."""
    pairs = paired(before, after)
    # In units of the machine's speed, so that a slower machine is not taken for a slower program.
    units = (before.reference_ms, after.reference_ms)
    slow = (units[0] or 1.0, units[1] or 1.0) if all(units) else (1.0, 1.0)
    ratio, interval = quantile_ratio(
        [one.record.latency_ms / slow[0] for one, _ in pairs],
        [two.record.latency_ms / slow[1] for _, two in pairs],
        P95,
    )
    return Comparison(
        before,
        after,
        tuple(pairs),
        tuple(_compared(name, holds, pairs) for name, holds in MEASURES.items()),
        (sum(is_confident_wrong(one) for one, _ in pairs), sum(is_confident_wrong(two) for _, two in pairs)),
        ratio,
        interval,
        drift(pairs),
    )


def _compared(name: str, holds: Callable[[Scored], bool], pairs: Sequence[tuple[Scored, Scored]]) -> Compared:
    was, now = [holds(one) for one, _ in pairs], [holds(two) for _, two in pairs]
    ids = [one.case.id for one, _ in pairs]
    better = tuple(id_ for id_, a, b in zip(ids, was, now, strict=True) if b and not a)
    worse = tuple(id_ for id_, a, b in zip(ids, was, now, strict=True) if a and not b)
    difference, interval = paired_difference(was, now)
    return Compared(
        name,
        round(sum(was) / len(was), 4),
        round(sum(now) / len(now), 4),
        difference,
        interval,
        mcnemar(len(better), len(worse)),
        better,
        worse,
    )


def drift(pairs: Sequence[tuple[Scored, Scored]]) -> dict[str, float]:
    """The population stability of two runs' answers, whatever is right: how far the verdicts moved."""
    read: Mapping[str, Callable[[Scored], str]] = {
        "category": lambda one: one.prediction.category.value if one.prediction else "none",
        "severity": lambda one: one.prediction.severity.value if one.prediction else "none",
        "status": lambda one: one.prediction.status.value if one.prediction else "none",
        "confidence": lambda one: f"{int(one.prediction.confidence * 5)}" if one.prediction else "none",
    }
    return {
        name: population_stability([of(one) for one, _ in pairs], [of(two) for _, two in pairs])
        for name, of in read.items()
    }
