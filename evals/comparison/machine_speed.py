"""How fast this machine is just now, so that latencies of two machines, or of two hours, can be compared.

A fixed piece of work of the kind that the program does (hashing, regular expressions, sorting), and none of its code:
were it our own, a slower program would measure as a slower machine.
"""

import hashlib
import re
import statistics
import time

from evals.metrics.metric import Metric

ROUNDS = 5
_LINES = 12_000
_FIELDS = re.compile(r"(\w+)=(\d+)")


def reference_ms() -> list[float]:
    """Milliseconds of the fixed work, a few times over; about 50 each on a desktop of 2022."""
    return [_timed() for _ in range(ROUNDS)]


def as_metric(milliseconds: list[float]) -> Metric:
    """The median of what was measured, with the least and the most."""
    return Metric(
        round(statistics.median(milliseconds), 3),
        (round(min(milliseconds), 3), round(max(milliseconds), 3)),
        len(milliseconds),
    )


def _timed() -> float:
    began = time.perf_counter()
    lines = [f"level=error attempt={number} took={number * 7 % 1000} id={number:x}" for number in range(_LINES)]
    found = [tuple(_FIELDS.findall(line)) for line in lines]
    digests = sorted(hashlib.sha256(line.encode()).hexdigest() for line in lines)
    assert len(found) == len(digests)  # noqa: S101  keeps both from being optimised away by a cleverer interpreter
    return (time.perf_counter() - began) * 1000
