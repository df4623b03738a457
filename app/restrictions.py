"""What a question wants to see of an answer: only errors, only what is new."""

import re
from dataclasses import dataclass

from retrieval.patterns.change import ChangeKind
from retrieval.taxonomy import Severity

_ONLY = re.compile(
    r"\b(?:only|just|nothing but|no more than|limit(?:ed)? to|filter(?:ed)? (?:for|to|by|on)|restrict(?:ed)? to)\b"
)
_LEVELS: tuple[tuple[re.Pattern[str], frozenset[Severity]], ...] = (
    (re.compile(r"\bcritical(?:s| ones)?\b|\bfatals?\b"), frozenset({Severity.CRITICAL})),
    (re.compile(r"\berrors?\b|\bfailures?\b|\bfailing\b"), frozenset({Severity.ERROR, Severity.CRITICAL})),
    (re.compile(r"\bwarn(?:ing)?s?\b"), frozenset({Severity.WARN})),
    (
        re.compile(r"\bproblems?\b|\btrouble\b|\bissues?\b|\bbad (?:ones|things)\b"),
        frozenset({Severity.WARN, Severity.ERROR, Severity.CRITICAL}),
    ),
)
_KINDS: tuple[tuple[re.Pattern[str], frozenset[ChangeKind]], ...] = (
    (re.compile(r"\bnew\b|\bappeared\b|\bstarted\b"), frozenset({ChangeKind.NEW})),
    (re.compile(r"\bgone\b|\bdisappeared\b|\bstopped\b|\bmissing\b|\bvanished\b"), frozenset({ChangeKind.GONE})),
    (re.compile(r"\bincreas\w+\b|\bmore (?:often|frequent)\b|\brising\b"), frozenset({ChangeKind.INCREASED})),
    (re.compile(r"\bdecreas\w+\b|\bless (?:often|frequent)\b|\bfewer\b"), frozenset({ChangeKind.DECREASED})),
)


@dataclass(frozen=True, slots=True)
class Only:
    """Severities and kinds of change that are wanted; empty where all are."""

    severities: frozenset[Severity] = frozenset()
    kinds: frozenset[ChangeKind] = frozenset()

    def wants(self, severity: Severity, kind: ChangeKind | None = None) -> bool:
        """Whether something of this severity, and kind of change, is wanted."""
        return (not self.severities or severity in self.severities) and (
            kind is None or not self.kinds or kind in self.kinds
        )

    def __bool__(self) -> bool:
        return bool(self.severities or self.kinds)

    def __str__(self) -> str:
        parts = [severity.value for severity in Severity if severity in self.severities]
        return ", ".join([*parts, *(kind.value for kind in ChangeKind if kind in self.kinds)])


EVERYTHING = Only()


def find_only(question: str, *, said: bool = False) -> Only:
    """The restriction that the words make with "only" or "just"; with `said` the words alone make it."""
    text = question.lower()
    if not said:
        found = _ONLY.search(text)
        if found is None:
            return EVERYTHING
        text = text[found.end() :]
    severities = [wanted for pattern, wanted in _LEVELS if pattern.search(text)]
    kinds = [wanted for pattern, wanted in _KINDS if pattern.search(text)]
    return Only(frozenset().union(*severities), frozenset().union(*kinds))
