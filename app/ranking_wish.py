"""What a ranking counts, of which things: read from the words of the question."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

By = Literal["namespace", "pod", "container", "node", "app", "component"]
Measure = Literal["errors", "warnings", "lines"]
MOST_ROWS = 10
# The labels by which a source counts them where it cannot give every line; a component has several.
COUNTED_BY: Mapping[By, tuple[str, ...]] = {
    "namespace": ("namespace",),
    "pod": ("pod",),
    "container": ("container",),
    "node": ("node",),
    "app": ("app",),
    "component": ("app", "container", "namespace"),
}
LARGEST = 50

_THINGS: tuple[tuple[By, str], ...] = (
    ("namespace", r"namespaces?|ns|teams?|projects?"),
    ("container", r"containers?"),
    ("node", r"nodes?|hosts?|machines?|workers?"),
    ("pod", r"pods?|replicas?|instances?"),
    ("app", r"apps?|applications?"),
    ("component", r"components?|services?|workloads?|deployments?|things?|part"),
)
_NAMED = {thing: re.compile(rf"\b(?:{words})\b(?! (?:kube-|[a-z0-9-]+-[a-z0-9]))") for thing, words in _THINGS}
_WARNINGS = re.compile(r"\bwarn(?:ing)?s?\b")
_ERRORS = re.compile(
    r"\b(?:errors?|fail\w*|problems?|issues?|exceptions?|crash\w*|trouble|worst|sickest|unhealth\w+|broken|errored)\b"
)
_LINES = re.compile(
    r"\b(?:lines?|logs?|nois\w+|loud\w*|chatt\w+|busi?e?st|quiet\w*|volume|talkers?|spam\w*|output|messages|entries|verbose)\b"
)
_LEAST = re.compile(r"\b(?:least|fewest|quietest|lowest|healthiest|smallest)\b")
_NUMBERS = {"three": 3, "five": 5, "ten": 10, "twenty": 20}
_COUNT = re.compile(
    r"\b(?:top|first|worst|bottom|noisiest|loudest)[ -]?(\d{1,3}|three|five|ten|twenty)\b|\b(\d{1,3}|three|five|ten"
    r"|twenty) (?:\w+ )?(?:noisiest|loudest|worst|busiest|biggest|most)\b"
)


@dataclass(frozen=True, slots=True)
class RankingWish:
    """Things of which kind, by what, most or least first, and how many rows."""

    by: By = "component"
    measure: Measure = "errors"
    least: bool = False
    rows: int = MOST_ROWS


def ranking_wish(question: str, earlier: RankingWish | None = None) -> RankingWish:
    """The wish that the words tell; what they leave open is as in `earlier`, else components by errors."""
    text = question.lower()
    places = {thing: found.start() for thing, pattern in _NAMED.items() if (found := pattern.search(text))}
    base = earlier or RankingWish()
    by = min(places, key=places.__getitem__) if places else base.by
    return RankingWish(
        by=by,
        measure=_measure(text) or base.measure,
        least=bool(_LEAST.search(text)) or base.least,
        rows=_rows(text) or base.rows,
    )


def _measure(text: str) -> Measure | None:
    if _WARNINGS.search(text) and not _ERRORS.search(text):
        return "warnings"
    if _ERRORS.search(text):
        return "errors"
    return "lines" if _LINES.search(text) else None


def _rows(text: str) -> int | None:
    found = _COUNT.search(text)
    if found is None:
        return None
    number = found[1] or found[2]
    return max(1, min(LARGEST, _NUMBERS.get(number) or int(number)))
