"""Patterns read with the signals: which of them are findings, and which findings are one problem."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log1p

from app.triage.components import component_of, domain_of, mentions, names_of, subject_of, writes_of_many
from app.triage.severity import CERTAIN, incident_severity
from app.triage.signal_reader import Line, SignalReader, default_reader
from app.triage.signals import Reading
from app.triage.topics import topics_of
from retrieval.patterns.fields import Level
from retrieval.patterns.pattern import Pattern
from retrieval.taxonomy import Category, Severity

# What the question adds to a finding of the workload that it names, and to one that holds a word of it.
ASKED_FOR, MENTIONED = 4.0, 1.0
# What it adds, among the findings of that workload, to those of the kind of trouble that it asks about ("… the
# certificate of etcd").
ON_TOPIC = 1.5
READ_CHARACTERS = 2_000
# Characters below which a workload's name is a common word as well.
SHORT = 5
# What the component that wrote a line adds to the category of its own trade.
DOMAIN = 1.0
# What the question adds, at most, to a category that it speaks of.
ASKED_ABOUT = 1.5
SIGNAL_SCORE = 1.8
CALM_SCORE = -0.9
SEVERITY_SCORE = 0.8
# A cause that tells by itself what was lost (a killed process) is not undone by what came up again.
_LASTING = 4.0
# Characters below which a message that ends with a colon is only the heading of what follows.
_HEADING = 24


@dataclass(frozen=True, slots=True)
class Finding:
    """A pattern with what it says of an incident. `number` is its place among the window's patterns.

    `asked`: it holds a word of the question. `named`: the question names its workload, or one that its lines speak of.
    """

    number: int
    pattern: Pattern
    reading: Reading
    component: str
    severity: Severity
    category: Category
    score: float
    asked: bool
    named: bool = False


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """Findings of one component and category, strongest first: one problem of the card."""

    findings: tuple[Finding, ...]

    @property
    def lead(self) -> Finding:
        """The finding that stands for the group."""
        return self.findings[0]

    @property
    def severity(self) -> Severity:
        """The worst severity among its findings."""
        return max((finding.severity for finding in self.findings), key=lambda severity: severity.rank)

    @property
    def count(self) -> int:
        """Lines of all its findings."""
        return sum(finding.pattern.count for finding in self.findings)

    @property
    def named(self) -> bool:
        """Whether it is about the workload that the question names."""
        return any(finding.named for finding in self.findings)

    @property
    def score(self) -> float:
        """The lead's score and a little for the rest."""
        rest = sum(max(0.0, finding.score) for finding in self.findings[1:])
        return self.lead.score + 0.5 * log1p(rest)


def find_findings(
    patterns: Sequence[Pattern], terms: Sequence[str] = (), reader: SignalReader | None = None
) -> list[Finding]:
    """Every pattern as a finding, strongest first; `terms` are the telling words of the question."""
    reader = default_reader() if reader is None else reader
    # What the question says of the trouble is read like a line: "since we enabled network policies".
    asked_about, *readings = reader.read([Line(" ".join(terms)), *(_line(pattern) for pattern in patterns)])
    asked = _asked(patterns, terms)
    findings = [
        _finding(number, pattern, _leaning(reading, component_of(pattern.labels), asked_about), asked)
        for number, (pattern, reading) in enumerate(zip(patterns, readings, strict=True))
    ]
    return sorted(with_recoveries(findings), key=lambda finding: (-finding.score, finding.number))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a question asks about.

    `components`: well-known ones among its words; `names`: these, and workloads of the window by any name, in lower
    case; `topics`: kinds of trouble.
    """

    terms: Sequence[str]
    components: frozenset[str]
    names: frozenset[str]
    topics: frozenset[Category]


def _asked(patterns: Sequence[Pattern], terms: Sequence[str]) -> _Asked:
    components: frozenset[str] = frozenset().union(*(mentions(term) for term in terms))
    known: frozenset[str] = frozenset().union(*(names_of(pattern.workloads) for pattern in patterns))
    # A node is a place where much goes on: that its name is asked about says nothing against another's trouble on it.
    nodes = names_of(pattern.labels["node"] for pattern in patterns if pattern.labels.get("node"))
    names = components | (known - nodes).intersection(names_of(terms))
    return _Asked(terms, components, names, topics_of(terms))


def find_problems(findings: Sequence[Finding]) -> list[ProblemGroup]:
    """The findings that are trouble (WARN or worse), grouped by component and category, worst first.

    Before all others stand those of the workload that the question names, however loud the rest of the cluster is.
    """
    groups: dict[tuple[str, Category], list[Finding]] = {}
    for finding in findings:
        if finding.severity is not Severity.INFO:
            groups.setdefault((finding.component, finding.category), []).append(finding)
    problems = [ProblemGroup(tuple(group)) for group in groups.values()]
    return sorted(problems, key=lambda problem: (not problem.named, -problem.score))


def _leaning(reading: Reading, component: str, asked_about: Reading) -> Reading:
    """A reading in the light of who wrote the line and of what was asked."""
    domain = domain_of(component)
    reading = reading.leaning(domain, DOMAIN)
    for category, strength in asked_about.strengths.items():
        most = ASKED_ABOUT - DOMAIN if category is domain else ASKED_ABOUT
        reading = reading.leaning(category, min(strength, most))
    return reading


def _line(pattern: Pattern) -> Line:
    """What a pattern's lines say. Where they are no trouble by their level, the message alone is read.

    Their other fields (settings, paths) hold words of trouble by chance.
    """
    said = pattern.fields.said[:READ_CHARACTERS]
    if len(said) < _HEADING and said.endswith(":"):
        # A heading ("Error:") says nothing; what stands under it is the message.
        said = pattern.samples[0][:READ_CHARACTERS]
    if pattern.fields.exception:
        said = f"{said}: {pattern.fields.exception}"
    rest = "" if pattern.level <= Level.INFO else pattern.samples[0][:READ_CHARACTERS]
    return Line(said, rest, component_of(pattern.labels))


def _finding(number: int, pattern: Pattern, reading: Reading, asked: _Asked) -> Finding:
    writer = component_of(pattern.labels)
    text = f"{pattern.fields.said}\n{pattern.samples[0][:READ_CHARACTERS]}"
    severity = incident_severity(pattern, reading, writer)
    component = subject_of(writer, text) or writer
    own = component in asked.names or not asked.names.isdisjoint(names_of(pattern.workloads))
    named = own or _speaks_of(text, asked.names)
    meant = own or _says(text, pattern, asked.terms)
    otherwise = Category.BENIGN_NOISE if severity is Severity.INFO else domain_of(writer) or Category.APPLICATION_BUG
    category = reading.category or otherwise
    score = pattern.score + SEVERITY_SCORE * severity.rank + CALM_SCORE * min(2.0, reading.calm)
    # A question's word lifts what is trouble, not every line that happens to hold it.
    if severity is not Severity.INFO:
        score += SIGNAL_SCORE * min(6.0, reading.strength)
        if meant:
            score += ASKED_FOR if component in asked.components else MENTIONED
        if named and category in asked.topics:
            score += ON_TOPIC
    return Finding(
        number,
        pattern,
        reading,
        component,
        severity,
        category,
        round(score, 4),
        meant,
        named,
    )


def _speaks_of(text: str, named: frozenset[str]) -> bool:
    """Whether a line holds one of these names as a word; a short one ("api", "web") means other things too often."""
    return any(
        re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE) for name in named if len(name) >= SHORT
    )


def _says(text: str, pattern: Pattern, terms: Sequence[str]) -> bool:
    if not terms:
        return False
    lower = text.lower()
    values = {value.lower() for value in pattern.labels.values()}
    return any(term.lower() in lower or any(term.lower() in value for value in values) for term in terms)


def with_recoveries(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, those milder whose component said afterwards that it is well again."""
    well: dict[str, tuple[int, int]] = {}
    for finding in findings:
        if finding.reading.recovery and finding.severity.rank <= Severity.WARN.rank:
            well[finding.component] = max(well.get(finding.component, (-1, -1)), _last(finding))
    return [_milder(each) if _last(each) < well.get(each.component, (-1, -1)) else each for each in findings]


def _milder(finding: Finding) -> Finding:
    """A passing trouble is a warning; one that was only warned of, and is no cause by itself, is nothing to do."""
    if (
        finding.severity is Severity.INFO
        or writes_of_many(finding.component)
        or finding.reading.own_strength >= _LASTING
    ):
        return finding
    mere = finding.pattern.level <= Level.WARN and finding.reading.own_strength < CERTAIN
    severity = Severity.INFO if mere else Severity.WARN
    drop = SEVERITY_SCORE * (finding.severity.rank - severity.rank)
    return replace(finding, severity=severity, score=round(finding.score - drop, 4))


def _last(finding: Finding) -> tuple[int, int]:
    """When it was last seen, as far as that is known, and where in the input."""
    return finding.pattern.last_seen or 0, max(finding.pattern.sample_positions)
