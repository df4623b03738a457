"""Reading lines with the signals: many at once, and fast.

The words that the expressions cannot match without are looked for in all lines together (Aho-Corasick, in polars);
only expressions whose word is there are tried.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from app.triage.signals import Expression, Reading, Signal, default_signals, ordered
from retrieval.taxonomy import Category, Severity

# What a word beside the message says, in parts of what it says within.
REST = 0.55
# A second signal of the same category adds a little: it is another wording of the same thing.
AGAIN = 0.1


@dataclass(frozen=True, slots=True)
class Line:
    """A line to read: its message and error, what else stands in it, and the component that wrote it."""

    said: str
    rest: str = ""
    component: str = ""


class SignalReader:
    """Reads lines with these signals."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        self._signals = signals
        self._always: set[int] = set()
        self._by_literal: dict[str, set[int]] = {}
        for number, signal in enumerate(signals):
            for expression in signal.expressions:
                for literal in expression.literals:
                    self._by_literal.setdefault(literal, set()).add(number)
                if not expression.literals:
                    self._always.add(number)
        self._literals = sorted(self._by_literal)

    def read(self, lines: Sequence[Line]) -> list[Reading]:
        """What each line says."""
        texts = pl.Series([f"{line.said}\n{line.rest}".lower() for line in lines], dtype=pl.String)
        found = texts.str.extract_many(self._literals, overlapping=True).to_list() if self._literals else []
        return [self._reading(line, words or ()) for line, words in zip(lines, found or [()] * len(lines), strict=True)]

    def _reading(self, line: Line, words: Collection[str]) -> Reading:
        strengths: dict[Category, float] = {}
        severities: dict[Category, Severity] = {}
        calm, recovery, loud, found = 0.0, False, False, []
        present = frozenset(words)
        for number in sorted(self._always.union(*(self._by_literal[word] for word in present))):
            signal = self._signals[number]
            strength = _strength(signal, line, present)
            if not strength:
                continue
            found.append(signal.id)
            loud |= signal.any_level
            category, known = signal.category, strengths.get(signal.category, 0.0)
            recovery |= signal.recovery
            if signal.calm:
                calm = max(calm, strength)
            elif strength > known:
                strengths[category], severities[category] = strength + AGAIN * known, signal.severity
            else:
                strengths[category] = known + AGAIN * strength
        return Reading(ordered(strengths), severities, calm, recovery, loud, tuple(found))


@cache
def default_reader() -> SignalReader:
    """The reader of all bundled signals."""
    return SignalReader(default_signals())


def _strength(signal: Signal, line: Line, words: frozenset[str]) -> float:
    """The signal's weight where the line says it, less where it stands beside the message, 0 where nowhere."""
    if signal.components and line.component not in signal.components:
        return 0.0
    possible = [each for each in signal.expressions if not each.literals or not words.isdisjoint(each.literals)]
    strength = signal.weight if _any(possible, line.said) else 0.0
    if not strength and not signal.calm and line.rest and _any(possible, line.rest):
        strength = signal.weight if signal.anywhere else REST * signal.weight
    return 0.0 if strength and _any(signal.unless, line.said) else strength


def _any(expressions: Sequence[Expression], text: str) -> bool:
    return any(each.found(text) for each in expressions)
