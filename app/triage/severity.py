"""The severity that a pattern has by itself, which is not the level that its lines were logged at.

A signal says what its wording usually means; `severity.yaml` says where that is worse (a store of record that cannot
write) or milder (what is tried again). What the incident in the window comes to, `scorecard.py` tells.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from app.triage.signals import Reading
from retrieval.patterns.fields import Level
from retrieval.patterns.pattern import Pattern
from retrieval.taxonomy import Category, Severity

# Strength of a signal from which it tells of an incident by itself, and from which a mere warning does not temper it.
TELLING, CERTAIN = 2.0, 3.0
EVENTS = "kubernetes-events"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of `severity.yaml`; what it does not name may be anything."""

    to: Severity
    components: frozenset[str] = frozenset()
    categories: frozenset[Category] = frozenset()
    level: Level = Level.DEBUG
    match: re.Pattern[str] | None = None

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> "Rule":
        """A rule as read from YAML; ValueError or KeyError where it does not hold what it must."""
        if unknown := set(entry) - {"to", "of", "category", "level", "match"}:
            raise ValueError(f"a severity rule has unknown keys {sorted(unknown)}")
        return cls(
            Severity(entry["to"]),
            frozenset(entry.get("of", ())),
            frozenset(Category(name) for name in entry.get("category", ())),
            Level[entry.get("level", "DEBUG")],
            _any(entry["match"]) if "match" in entry else None,
        )

    def fits(self, component: str, category: Category | None, level: Level, said: str) -> bool:
        """Whether all that it names holds."""
        return (
            (not self.components or component in self.components)
            and (not self.categories or category in self.categories)
            and level >= self.level
            and (self.match is None or self.match.search(said) is not None)
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """All of `severity.yaml`."""

    raising: Sequence[Rule]
    lowering: Sequence[Rule]
    core: frozenset[str]
    doubting: re.Pattern[str]
    general: re.Pattern[str]
    harmed: re.Pattern[str]
    told: re.Pattern[str]


@cache
def default_rules() -> Rules:
    """The rules of `severity.yaml`."""
    table = yaml.safe_load(files("app.triage").joinpath("severity.yaml").read_text("utf-8"))
    return Rules(
        tuple(Rule.from_entry(entry) for entry in table["raise"]),
        tuple(Rule.from_entry(entry) for entry in table["lower"]),
        frozenset(table["core"]),
        _any(table["question"]["doubting"]),
        _any(table["question"]["general"]),
        _any(table["question"]["harmed"]),
        _any(table["question"]["told"]),
    )


def incident_severity(pattern: Pattern, reading: Reading, component: str) -> Severity:
    """The severity by the signals of a pattern where it is trouble, else by its level."""
    severity = _plain(pattern, reading, event=component == EVENTS)
    if severity is Severity.INFO:
        return severity
    rules, said = default_rules(), pattern.fields.said
    for rule in rules.lowering:
        if rule.fits(component, reading.category, pattern.level, said):
            return min(severity, rule.to, key=_rank)
    for rule in rules.raising:
        if rule.fits(component, reading.category, pattern.level, said):
            return max(severity, rule.to, key=_rank)
    return severity if component in rules.core else min(severity, Severity.ERROR, key=_rank)


def doubts(question: str) -> bool:
    """Whether a question asks if there is trouble, and does not take it for granted."""
    return default_rules().doubting.search(question.strip().lower()) is not None


def tells_of_trouble(question: str) -> bool:
    """Whether a question first says that something failed, or did: "The link went down. Is it back?"."""
    told, *asked = re.split(r"[.;!]\s", question.strip().lower())
    return bool(asked) and default_rules().told.search(told) is not None


def harmed(question: str) -> bool:
    """Whether a question says that something does not work; "what is failing?" says nothing."""
    return default_rules().harmed.search(stated(question)) is not None and not doubts(question)


def stated(question: str) -> str:
    """A question in small letters without "what is failing?", which anybody asks of any window."""
    return default_rules().general.sub("", question.lower())


def _plain(pattern: Pattern, reading: Reading, *, event: bool) -> Severity:
    level, strength = pattern.level, reading.own_strength
    if _unremarkable(pattern, reading, event=event):
        return Severity.INFO
    if strength >= TELLING or reading.loud or (strength and level >= Level.WARN):
        # A warning says that the program carries on; what it is about may still be serious, so one step less. Of the
        # events of Kubernetes all are warnings that are not normal.
        tempered = level is Level.WARN and strength < CERTAIN and not event
        return min(reading.severity, Severity.WARN, key=_rank) if tempered else reading.severity
    if level is Level.UNKNOWN:
        return Severity.WARN if pattern.trouble > 1 else Severity.INFO
    # A process that says fatal is one workload that fails; what is CRITICAL only a signal can tell.
    return min(level.severity, Severity.ERROR, key=_rank)


def _unremarkable(pattern: Pattern, reading: Reading, *, event: bool) -> bool:
    level, strength = pattern.level, reading.own_strength
    if reading.calm and reading.calm >= strength and (level < Level.FATAL or not strength):
        return True
    if level <= Level.INFO:
        return not reading.loud and (not pattern.trouble or strength < TELLING)
    if level is Level.UNKNOWN:
        return not pattern.trouble and strength < CERTAIN
    # Some programs log their banner as a warning: without a word of trouble a warning is only that. Kubernetes gives
    # the type Warning only to events that somebody should see.
    return level is Level.WARN and not pattern.trouble and not strength and not event


def _any(expressions: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{text})" for text in expressions), re.IGNORECASE)


def _rank(severity: Severity) -> int:
    return severity.rank
