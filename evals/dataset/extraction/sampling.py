"""A sample with the wanted shares of severities, spread over filters and components."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from evals.dataset.combination.targets import GOLDEN
from evals.dataset.extraction.signatures import Found
from retrieval.taxonomy import Severity


def quotas(count: int, shares: Mapping[Severity, int] = GOLDEN) -> dict[Severity, int]:
    """`count` dealt out by shares; what rounding leaves over goes to the largest remainders."""
    total = sum(shares.values())
    exact = {severity: count * share / total for severity, share in shares.items()}
    dealt = {severity: int(value) for severity, value in exact.items()}
    for severity in sorted(exact, key=lambda each: dealt[each] - exact[each])[: count - sum(dealt.values())]:
        dealt[severity] += 1
    return dealt


def sample(found: Sequence[Found], count: int, seed: int) -> list[Found]:
    """At most `count`, by severity as `quotas` has it; where there are too few of one, the others fill up."""
    order = sorted(found, key=lambda each: (each.component, each.signature))
    random.Random(seed).shuffle(order)  # noqa: S311  # repeatable, nothing secret
    chosen: list[Found] = []
    for severity, wanted in quotas(count).items():
        _take([each for each in order if each.severity is severity], wanted, chosen)
    _take([each for each in order if each not in chosen], count - len(chosen), chosen)
    return chosen


def _take(candidates: list[Found], count: int, chosen: list[Found]) -> None:
    """Adds up to `count` of them, those of rare filters and components first."""
    left = list(candidates)
    seen = Counter(name for each in chosen for name in (each.line.filter.id, each.component))
    for _ in range(min(count, len(left))):
        best = min(left, key=lambda each: (seen[each.line.filter.id], seen[each.component]))
        left.remove(best)
        chosen.append(best)
        seen.update((best.line.filter.id, best.component))
