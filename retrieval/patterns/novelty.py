"""Whether a pattern was there before: a window's templates matched with the catalogue of past days.

Two templates are one event where they are equal, or as long as each other and alike in most of their words; a word that
mining left open on either side (`<*>`, `<n>`) counts for neither. This follows Drain (He et al., ICWS 2017).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

ALIKE = 0.7  # of the words
DAYS = 7  # before the window that are looked at
PLACE = ("namespace", "app", "container")


@dataclass(frozen=True, slots=True)
class PastPattern:
    """One pattern of the catalogue: its lines by day (UTC), and where they came from (labels of `PLACE`)."""

    id: str
    source: str
    template: str
    place: Mapping[str, str]
    days: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """How a pattern of now stands in the catalogue: on how many of how many past days, and how often."""

    past: PastPattern | None
    days: int
    of_days: int
    lines: int
    first: date | None

    @property
    def new(self) -> bool:
        """Whether no past day has it."""
        return not self.days


class PatternHistory:
    """The catalogue, ready to be asked; `covered` are the days that it was made of, by source."""

    def __init__(self, past: Iterable[PastPattern], covered: Iterable[date]) -> None:
        self._covered = sorted(set(covered))
        self._by_length: dict[int, list[tuple[list[str], PastPattern]]] = {}
        self._equal: dict[str, list[PastPattern]] = {}
        for each in past:
            words = each.template.split()
            self._by_length.setdefault(len(words), []).append((words, each))
            self._equal.setdefault(each.template, []).append(each)

    def seen(self, template: str, labels: Mapping[str, str], before: date) -> SeenBefore | None:
        """What the days before `before` say of a template; None where no such day is in the catalogue."""
        days = [day for day in self._covered if day < before][-DAYS:]
        if not days:
            return None
        found = self._find(template, labels)
        counts = [found.days.get(day, 0) for day in days] if found else []
        earlier = [day for day in found.days if day < before] if found else []
        return SeenBefore(
            past=found,
            days=sum(1 for count in counts if count),
            of_days=len(days),
            lines=sum(counts),
            first=min(earlier, default=None),
        )

    def _find(self, template: str, labels: Mapping[str, str]) -> PastPattern | None:
        equal = [each for each in self._equal.get(template, ()) if _same_place(each.place, labels)]
        if equal:
            return equal[0]
        words = template.split()
        alike = [
            (_likeness(words, theirs), each)
            for theirs, each in self._by_length.get(len(words), ())
            if _same_place(each.place, labels)
        ]
        best = max(alike, key=lambda pair: pair[0], default=None)
        return best[1] if best and best[0] >= ALIKE else None


def _same_place(past: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether two places do not contradict each other: a pattern of several pods names fewer labels."""
    return all(past.get(name, now[name]) == now[name] for name in PLACE if name in now)


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    """The share of equal words among those that neither side left open."""
    fixed = [(a, b) for a, b in zip(one, other, strict=True) if "<" not in a and "<" not in b]
    return sum(1 for a, b in fixed if a == b) / len(fixed) if fixed else 0.0
