"""What a line's wording says of the incident behind it, by the rules in `signals_*.yaml`.

Each entry of these files is a signal:

    id        its name, once in all files
    category  the failure category (contract) that its wording points to
    severity  of the incident it usually means: INFO nothing to do, WARN degraded or at risk, ERROR a workload or
              request fails, CRITICAL the cluster, the control plane, data, a node or a whole service is at stake
    weight    how telling it is: 1 a mere symptom (a refused connection), 2 usual, 3 nearly always this, 4 a root cause
              by itself (no space left on device). A root cause outweighs what it brings about.
    match     regular expressions, any of which must be found, in any case; one that begins with
              a small letter has to begin a word
    unless    expressions, any of which says that it is something else (optional)
    of        components (canonical) that must have written the line (optional)
    anywhere  true: counts in full wherever in the line it stands (optional)
    any_level true: counts though the line was logged as information (optional)
    calm      true: the wording means "nothing to do" however frightening it looks; `recovery`: that all is well again

Message and error of a line count in full, what else stands in it (labels, paths, stack) by a part.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from app.triage.signal_literals import required_literals
from retrieval.taxonomy import Category, Severity

FILES = ("workloads", "network", "cluster", "services", "calm")
_KEYS = frozenset(
    {"id", "category", "severity", "weight", "match", "unless", "of", "anywhere", "any_level", "calm", "recovery"}
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression and the words without one of which it cannot match (none: it may match anything)."""

    text: str
    literals: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Expression":
        """From the data; ValueError where its brackets do not close."""
        return cls(text, required_literals(text))

    def found(self, text: str) -> bool:
        """Whether it matches anywhere. Compiled when first needed, for most never are; re.error where it is none."""
        return _compiled(self.text).search(text) is not None


@cache
def _compiled(text: str) -> re.Pattern[str]:
    # What begins with a small letter begins a word: "generation failed" is no regeneration of an endpoint.
    return re.compile(f"(?<![A-Za-z])(?:{text})" if text[:1].islower() else text, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signal:
    """One entry of the files; see the module."""

    id: str
    category: Category
    severity: Severity
    weight: float
    expressions: tuple[Expression, ...]
    unless: tuple[Expression, ...] = ()
    components: frozenset[str] = frozenset()
    anywhere: bool = False
    any_level: bool = False
    calm: bool = False
    recovery: bool = False

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> "Signal":
        """An entry as read from YAML; ValueError or KeyError where it does not hold what it must."""
        if unknown := set(entry) - _KEYS:
            raise ValueError(f"signal {entry.get('id')}: unknown keys {sorted(unknown)}")
        return cls(
            id=str(entry["id"]),
            category=Category(entry["category"]),
            severity=Severity(entry["severity"]),
            weight=float(entry["weight"]),
            expressions=tuple(Expression.of(text) for text in entry["match"]),
            unless=tuple(Expression.of(text) for text in entry.get("unless", ())),
            components=frozenset(entry.get("of", ())),
            anywhere=bool(entry.get("anywhere", False)),
            any_level=bool(entry.get("any_level", False)),
            calm=bool(entry.get("calm", False)),
            recovery=bool(entry.get("recovery", False)),
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """The categories that a text points to, strongest first, and the severity that each would have.

    `calm` is how strongly it reads as nothing to do (no category of its own here), `recovery` whether it says
    that something is well again, `loud` whether a signal that counts at any level was found; `signals` are the ids of
    all, `lent` what was added to categories for who wrote the line and what was asked.
    """

    strengths: Mapping[Category, float]
    severities: Mapping[Category, Severity]
    calm: float = 0.0
    recovery: bool = False
    loud: bool = False
    signals: tuple[str, ...] = ()
    lent: Mapping[Category, float] = field(default_factory=dict)

    @property
    def category(self) -> Category | None:
        """The strongest category, or None."""
        return next(iter(self.strengths), None)

    @property
    def strength(self) -> float:
        """How strongly it points to that category; 0 for none."""
        return next(iter(self.strengths.values()), 0.0)

    @property
    def severity(self) -> Severity:
        """The severity of the strongest category; INFO for none."""
        return self.severities[self.category] if self.category else Severity.INFO

    @property
    def own_strength(self) -> float:
        """`strength` without what was lent: what the words say by themselves."""
        return self.strength - (self.lent.get(self.category, 0.0) if self.category else 0.0)

    def leaning(self, category: Category | None, weight: float) -> "Reading":
        """The reading with `weight` lent to a category that it points to already."""
        if category is None or category not in self.strengths:
            return self
        strengths = ordered({**self.strengths, category: self.strengths[category] + weight})
        lent = {**self.lent, category: self.lent.get(category, 0.0) + weight}
        return replace(self, strengths=strengths, lent=lent)


@cache
def default_signals() -> tuple[Signal, ...]:
    """The entries of all files, in their order."""
    folder = files("app.triage")
    entries = [
        entry for name in FILES for entry in yaml.safe_load(folder.joinpath(f"signals_{name}.yaml").read_text("utf-8"))
    ]
    return tuple(Signal.from_entry(entry) for entry in entries)


def ordered(strengths: Mapping[Category, float]) -> dict[Category, float]:
    """Strongest first; of equals the first found."""
    return dict(sorted(strengths.items(), key=lambda item: -item[1]))
