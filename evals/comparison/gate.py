"""Whether a run may replace the baseline: each rule says what it refuses."""

from collections.abc import Callable, Iterator, Sequence

from evals.comparison.comparison import Comparison
from evals.comparison.finished_run import FinishedRun

SIGNIFICANT = 0.05
SLOWER = 1.2
# Of the machine, not of the answers.
TIMES = ("latency_", "reference_ms")


def refusals(compared: Comparison, *, latency: bool = True) -> list[str]:
    """Why the run after may not land, one sentence each; none where it may.

    Without `latency` it is not held against the baseline's: of two machines only a rough ratio is known.
    """
    rules = [rule for rule in RULES if latency or rule is not _not_slower]
    return [sentence for rule in rules for sentence in rule(compared)]


def differing(before: FinishedRun, after: FinishedRun) -> list[str]:
    """The metrics that are not the same to the last digit, times aside: of a run that draws nothing there are none."""
    names = sorted(name for name in before.metrics.keys() | after.metrics.keys() if not name.startswith(TIMES))
    return [
        f"{name} is {_value(after, name)}, in the baseline {_value(before, name)}"
        for name in names
        if before.metrics.get(name) != after.metrics.get(name)
    ]


def _value(run: FinishedRun, name: str) -> object:
    return (run.metrics.get(name) or {}).get("value", "missing")


def _no_significant_drop(compared: Comparison) -> Iterator[str]:
    """A measure is lower by more than chance: McNemar's p and the paired bootstrap's interval agree."""
    for one in compared.measures:
        if one.difference < 0 and (one.p_value < SIGNIFICANT or one.interval[1] < 0):
            yield (
                f"{one.name} fell from {one.before:.3f} to {one.after:.3f} "
                f"(difference {one.difference:+.3f} [{one.interval[0]:+.3f}, {one.interval[1]:+.3f}], "
                f"p = {one.p_value:.3g}): {_some(one.worse)}"
            )


def _not_surer_and_wrong(compared: Comparison) -> Iterator[str]:
    before, after = compared.confident_wrong
    if after > before:
        yield f"{after} verdicts are wrong and sure of it, {before} before"


def _no_flaky_verdict(compared: Comparison) -> Iterator[str]:
    """Repeats of a case have to agree where nothing is drawn at random."""
    flaky = [two.case.id for _, two in compared.pairs if two.record.flaky]
    if flaky:
        yield f"the verdict changes from one repeat to the next: {_some(flaky)}"


def _not_slower(compared: Comparison) -> Iterator[str]:
    """The 95th percentile rose by more than a fifth, and by more than what the cases scatter."""
    if compared.p95_ratio > SLOWER and compared.p95_interval[0] > SLOWER:
        low, high = compared.p95_interval
        yield f"the 95th percentile of latency is {compared.p95_ratio:.2f} times the baseline's [{low:.2f}, {high:.2f}]"


def _no_new_error(compared: Comparison) -> Iterator[str]:
    failed = [two.case.id for one, two in compared.pairs if two.record.error and not one.record.error]
    if failed:
        yield f"cases end in an error that had an answer: {_some(failed)}"


RULES: tuple[Callable[[Comparison], Iterator[str]], ...] = (
    _no_significant_drop,
    _not_surer_and_wrong,
    _no_flaky_verdict,
    _not_slower,
    _no_new_error,
)


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
