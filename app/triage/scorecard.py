"""The severity of the incident in a window: points for what is so, added up, by `scorecard.yaml`.

A finding has a severity of its own (`severity.py`), by its wording and level; it orders the card. What the incident
means for people also shows in who wrote it, whether a process ended or tries again, and in what the person asks: one
scale of few points, fitted on labelled incidents, tells that better than rules for single cases.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from app.triage.components import component_of
from app.triage.findings import Finding, ProblemGroup
from app.triage.severity import stated
from retrieval.patterns.fields import Level
from retrieval.taxonomy import Severity

_READ_CHARACTERS = 2_000
_PARTS = {"thresholds", "wording", "level", "writer", "question", "lines"}


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that may be so and what it counts: a writer is one of `components`, or a text holds `expression`."""

    points: float
    components: frozenset[str] = frozenset()
    expression: re.Pattern[str] | None = None

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> "Mark":
        """A mark as read from YAML; ValueError where it is of nothing, or of too much."""
        if set(entry) not in ({"points", "of"}, {"points", "match"}):
            raise ValueError(f"a mark has points and either 'of' or 'match', not {sorted(entry)}")
        expression = re.compile("|".join(entry["match"]), re.IGNORECASE) if "match" in entry else None
        return cls(float(entry["points"]), frozenset(entry.get("of", ())), expression)

    def found(self, text: str) -> bool:
        """Whether its expression is somewhere in a text."""
        return self.expression is not None and self.expression.search(text) is not None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All of `scorecard.yaml`: marks by name, and the sums from which it is ERROR and CRITICAL."""

    error: float
    critical: float
    wording: float
    level: Mapping[Level, float]
    writer: Mapping[str, Mark]
    question: Mapping[str, Mark]
    lines: Mapping[str, Mark]

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> "Scorecard":
        """A scorecard as read from YAML; ValueError or KeyError where a part is missing or unknown."""
        if set(table) != _PARTS:
            raise ValueError(f"a scorecard has {sorted(_PARTS)}, not {sorted(table)}")
        error, critical = (float(table["thresholds"][name]) for name in ("ERROR", "CRITICAL"))
        if not error < critical:
            raise ValueError("a scorecard's threshold for CRITICAL is above that for ERROR")
        marks = {
            part: {name: Mark.from_entry(entry) for name, entry in table[part].items()}
            for part in ("writer", "question", "lines")
        }
        levels = {Level[name]: float(points) for name, points in table["level"].items()}
        return cls(error, critical, float(table["wording"]), levels, **marks)

    def severity(self, problem: ProblemGroup, question: str) -> Severity:
        """WARN, ERROR or CRITICAL for the incident that a problem is, in the light of what is asked."""
        points = self.points()
        total = sum(points[name] * value for name, value in self.seen(problem, question).items())
        if total < self.error:
            return Severity.WARN
        return Severity.ERROR if total < self.critical else Severity.CRITICAL

    def points(self) -> dict[str, float]:
        """The points of everything by its name in `seen`."""
        named = {
            f"{part}.{name}": mark.points
            for part, marks in (("writer", self.writer), ("question", self.question), ("lines", self.lines))
            for name, mark in marks.items()
        }
        return {"wording": self.wording, **{f"level.{level.name}": p for level, p in self.level.items()}, **named}

    def seen(self, problem: ProblemGroup, question: str) -> dict[str, float]:
        """What is so (1) and what is not (0), by name; of `wording` the steps above INFO."""
        lead = problem.lead
        who = {component_of(lead.pattern.labels), lead.component}
        level = max(finding.pattern.level for finding in problem.findings)
        said = stated(question)
        lines = "\n".join(finding.pattern.samples[0][:_READ_CHARACTERS] for finding in problem.findings)
        return {
            "wording": float(_wording(lead)),
            **{f"level.{name.name}": float(level is name) for name in self.level},
            **{f"writer.{name}": float(bool(who & mark.components)) for name, mark in self.writer.items()},
            **{f"question.{name}": float(mark.found(said)) for name, mark in self.question.items()},
            **{f"lines.{name}": float(mark.found(lines)) for name, mark in self.lines.items()},
        }


@cache
def default_scorecard() -> Scorecard:
    """The scorecard of `scorecard.yaml`."""
    return Scorecard.from_table(yaml.safe_load(files("app.triage").joinpath("scorecard.yaml").read_text("utf-8")))


def severity_of(problems: Sequence[ProblemGroup], question: str) -> Severity:
    """The severity of the incident that the first problem is."""
    return default_scorecard().severity(problems[0], question)


def _wording(lead: Finding) -> int:
    """The severity that the words usually mean, or mean of such a component; where none knows them, the level's."""
    if lead.reading.category:
        return max(lead.reading.severity.rank, lead.severity.rank)
    return Severity.WARN.rank if lead.pattern.level < Level.ERROR else Severity.ERROR.rank
