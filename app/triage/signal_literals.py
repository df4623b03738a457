"""Words that a regular expression cannot match without: looked for first, for they are found a hundred times as fast.

Reads the plain expressions of the signals: literals, escapes, classes, groups, alternatives and quantifiers.
"""

SHORTEST = 3
_CLASSES = frozenset("bBdDsSwWAZ")


def required_literals(expression: str) -> tuple[str, ...]:
    """Lower-case texts, one of which is in every text that the expression matches; empty where none can be told."""
    literals, end = _alternatives(expression, 0)
    if end < len(expression):
        raise ValueError(f"unbalanced brackets in {expression!r}")
    return tuple(sorted(literals)) if literals and min(map(len, literals)) >= SHORTEST else ()


def _alternatives(expression: str, at: int) -> tuple[set[str], int]:
    """The literals of the branches from `at` to the closing bracket or the end; none if a branch has none."""
    branches: list[set[str]] = []
    while True:
        found, at = _branch(expression, at)
        branches.append(found)
        if at >= len(expression) or expression[at] == ")":
            return (set.union(*branches) if all(branches) else set()), at
        at += 1  # the bar


def _branch(expression: str, at: int) -> tuple[set[str], int]:
    """The best literals of one branch: those whose shortest is the longest."""
    best: set[str] = set()
    run = ""
    while at < len(expression) and expression[at] not in "|)":
        found, literal, at = _atom(expression, at)
        optional = expression[at : at + 1] in ("?", "*") or expression[at : at + 2] == "{0"
        repeated = expression[at : at + 1] in ("?", "*", "+", "{")
        if literal and not optional:
            run += literal
        if not literal or repeated:
            best, run = _better(best, {run}), ""
        if not optional:
            best = _better(best, found)
        at = _behind_quantifier(expression, at)
    return _better(best, {run}), at


def _atom(expression: str, at: int) -> tuple[set[str], str, int]:
    """A group's literals, or a literal character, and the place behind it."""
    character = expression[at]
    if character == "\\":
        escaped = expression[at + 1]
        return set(), "" if escaped in _CLASSES else escaped.lower(), at + 2
    if character == "[":
        end = at + 1
        while expression[end] != "]" or end == at + 1:
            end += 2 if expression[end] == "\\" else 1
        return set(), "", end + 1
    if character == "(":
        lookaround = expression[at + 1 : at + 3] in ("?=", "?!", "?<")
        start = expression.index(":", at) + 1 if expression[at + 1 : at + 3] in ("?:", "?-", "?i") else at + 1
        found, end = _alternatives(expression, start)
        if end >= len(expression):
            raise ValueError(f"unbalanced brackets in {expression!r}")
        return set() if lookaround else found, "", end + 1
    return set(), "" if character in ".^$" else character.lower(), at + 1


def _behind_quantifier(expression: str, at: int) -> int:
    if expression[at : at + 1] == "{":
        at = expression.index("}", at) + 1
    elif expression[at : at + 1] in ("?", "*", "+"):
        at += 1
    return at + 1 if expression[at : at + 1] == "?" else at


def _better(one: set[str], other: set[str]) -> set[str]:
    return max(one, other, key=lambda texts: min(map(len, texts), default=0))
