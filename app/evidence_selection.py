"""Step 6, evidence: choose and number what fits the token budget. Deterministic; says what it left out.

Each problem gives its lead pattern's lines first, then come further patterns of the same problems, so that a budget
that is too small drops details before it drops a whole problem. What is left goes to the lines around them: programs
often say why in a line of its own that no level marks as trouble. Problems beyond the budget keep one line each, which
the card shows and the model does not read. Where nothing is wrong, the most telling patterns are shown, so that
"healthy" too rests on lines.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from app.knowledge_query import KnownDocument
from app.triage.compact_text import compact
from app.triage.findings import Finding, ProblemGroup
from retrieval.evidence import Evidence
from retrieval.log_lines import LogLine, LogTable
from retrieval.logs.events.reading import read_event
from retrieval.patterns.pattern import Pattern
from retrieval.patterns.window_patterns import WindowPatterns
from retrieval.taxonomy import EvidenceKind

LINE_CHARACTERS = 360
PATTERN_CHARACTERS = 160
# Lines of the same stream before and after a line of trouble that may belong to it, and how many a problem gets.
REACH, MOST_AROUND = 4, 5
# Problems whose surroundings are looked at, the worst ones.
LOOKED_AROUND = 8
# A pattern that came this many times as often as the trouble beside it is the program's ordinary chatter.
CHATTER = 4
# Problems that the card lists.
MOST_PROBLEMS = 30
# Positions that the evidence of one pattern names, its first ones.
MOST_POSITIONS = 1_000
SECTION_CHARACTERS = 700
# Logs hold more digits and punctuation than prose, so a token covers fewer characters; on the safe side of 3 to 4.
CHARACTERS_A_TOKEN = 2.8
# Behind each item stand its id, time and labels in the prompt.
ITEM_TOKENS = 14
COUNT_TOKENS = 18
# Of the tokens, what log lines get at most where runbooks were found as well.
LOG_SHARE = 0.75

_COLLECTION_KIND = {
    "runbooks": EvidenceKind.RUNBOOK, "incidents": EvidenceKind.INCIDENT, "history": EvidenceKind.PATTERN,
}  # fmt: skip

# The source of a pattern that stands beside a line of its own.
_COUNTED = re.compile(r"\d+ lines")


def estimated_tokens(text: str) -> int:
    """An upper estimate of a text's tokens, for where no tokenizer is at hand."""
    return ceil(len(text) / CHARACTERS_A_TOKEN)


def cost_of(item: Evidence) -> int:
    """Estimated tokens of a piece of evidence in the prompt, which shows log lines without their framing."""
    if item.kind is EvidenceKind.PATTERN and _COUNTED.fullmatch(item.source):
        return COUNT_TOKENS  # the prompt says "3 lines like L1"
    text = compact(item.text) if item.kind in (EvidenceKind.LOG, EvidenceKind.EVENT) else item.text
    return estimated_tokens(text) + ITEM_TOKENS


def for_lines(budget_tokens: int, documents: Sequence[KnownDocument]) -> int:
    """The tokens that lines and patterns may take, so that the runbooks found have room beside them."""
    return int(budget_tokens * (LOG_SHARE if documents else 1.0))


@dataclass(frozen=True, slots=True)
class Selection:
    """The evidence that was chosen, the ids by pattern number, and what was left out in one sentence (or nothing).

    `prompted` is the part of `evidence` that fits the budget of `tokens`: what a model gets to read and may cite.
    """

    evidence: tuple[Evidence, ...]
    prompted: tuple[Evidence, ...]
    ids_of_pattern: Mapping[int, tuple[str, ...]]
    tokens: int
    left_out: str | None = None

    def ids_of(self, problem: ProblemGroup) -> list[str]:
        """The ids that a problem rests on, strongest finding first."""
        return [id_ for finding in problem.findings for id_ in self.ids_of_pattern.get(finding.number, ())]


class EvidenceBudget:
    """Numbers evidence by kind until the tokens are spent."""

    def __init__(self, tokens: int) -> None:
        self.left = tokens
        self.spent = 0
        self.items: list[Evidence] = []
        self.prompted: list[Evidence] = []
        self._numbers: dict[EvidenceKind, int] = {}

    def add(self, kind: EvidenceKind, text: str, *, beyond: bool = False, **fields: object) -> str | None:
        """The new item's id, or None where it does not fit; with `beyond` it is kept, but for the card alone."""
        number = self._numbers.get(kind, 0) + 1
        item = Evidence(f"{kind.prefix}{number}", kind, text, **fields)  # type: ignore[arg-type]
        cost = cost_of(item)
        if cost > self.left and not beyond:
            return None
        self._numbers[kind] = number
        self.items.append(item)
        if not beyond:
            self.prompted.append(self.items[-1])
            self.left -= cost
            self.spent += cost
        return self.items[-1].id


def select_evidence(
    problems: Sequence[ProblemGroup],
    findings: Sequence[Finding],
    documents: Sequence[KnownDocument],
    table: LogTable,
    budget_tokens: int = 1_500,
    found: WindowPatterns | None = None,
) -> Selection:
    """The evidence for these problems (for the window where there are none) within `budget_tokens` estimated tokens.

    With `found` the evidence of a pattern names the positions of all its events, without it those of its samples.
    """
    log_budget = EvidenceBudget(for_lines(budget_tokens, documents))
    order = list(_interleaved(problems)) or list(findings[:6])
    ids: dict[int, list[str]] = {}
    worst = order[0] if order else None
    dropped = sum(1 for each in order if not _add_finding(log_budget, each, table, ids, found, twice=each is worst))
    if found is not None:
        for pattern, line in _around(problems, table, found, ids):
            _add_around(log_budget, pattern, line, table, ids, found)
    for problem in problems[:MOST_PROBLEMS]:
        if problem.lead.number not in ids:
            first = problem.lead.pattern.sample_positions[0]
            ids[problem.lead.number] = [_add_event(log_budget, first, table, found, beyond=True) or ""]
    return with_documents(log_budget, documents, budget_tokens, ids, _left_out(dropped, budget_tokens))


def with_documents(
    chosen: EvidenceBudget,
    documents: Sequence[KnownDocument],
    budget_tokens: int,
    ids: Mapping[int, Sequence[str]],
    left_out: str | None = None,
) -> Selection:
    """The chosen lines with the documents that fit into what is left of all `budget_tokens`."""
    knowledge = EvidenceBudget(budget_tokens - chosen.spent)
    for document in documents:
        about: dict[str, Any] = {
            "source": document.cited_as,
            "score": round(document.hit.relevance, 4),
            "link": document.link,
            "lines": document.lines,
        }
        kind, text = _COLLECTION_KIND[document.collection], cut(document.hit.text, SECTION_CHARACTERS)
        # What a model has no room for still tells the card what to do.
        if knowledge.add(kind, text, **about) is None:
            knowledge.add(kind, text, beyond=True, **about)
    return Selection(
        (*chosen.items, *knowledge.items),
        (*chosen.prompted, *knowledge.prompted),
        {n: tuple(v) for n, v in ids.items()},
        chosen.spent + knowledge.spent,
        left_out,
    )


def _left_out(dropped: int, budget_tokens: int) -> str | None:
    if not dropped:
        return None
    what = "1 lesser pattern of trouble is" if dropped == 1 else f"{dropped} lesser patterns of trouble are"
    return f"{what} beyond the {budget_tokens:,} tokens of evidence"


def _interleaved(problems: Sequence[ProblemGroup]) -> Iterator[Finding]:
    """The lead of each problem, then the second finding of each, and so on."""
    deepest = max((len(problem.findings) for problem in problems), default=0)
    for depth in range(deepest):
        for problem in problems:
            if depth < len(problem.findings):
                yield problem.findings[depth]


def _add_finding(
    budget: EvidenceBudget, finding: Finding, table: LogTable, ids: dict[int, list[str]], found: WindowPatterns | None,
    *, twice: bool,
) -> bool:  # fmt: skip
    """A finding's first line, with `twice` its last where that says something else, its count where it came often."""
    pattern = finding.pattern
    positions = pattern.sample_positions
    quoted = [positions[0]]
    if twice and pattern.count > 1 and len(positions) > 1 and "<" in pattern.template:
        quoted.append(positions[-1])
    added = [id_ for position in quoted if (id_ := _add_event(budget, position, table, found))]
    if pattern.count > len(quoted) and added:
        counted = _add_count(budget, finding.number, pattern, table, found)
        added += [counted] if counted else []
    if added:
        ids[finding.number] = added
    return bool(added)


def _around(
    problems: Sequence[ProblemGroup], table: LogTable, found: WindowPatterns, ids: Mapping[int, Sequence[str]]
) -> Iterator[tuple[int, LogLine]]:
    """Patterns that stand beside the lines of the problems, with the line there: of each problem one, then the next."""
    by_problem = [_beside(problem, table, found) for problem in problems[:LOOKED_AROUND] if problem.lead.number in ids]
    for depth in range(MOST_AROUND):
        for beside in by_problem:
            if depth < len(beside):
                yield beside[depth]


def _beside(problem: ProblemGroup, table: LogTable, found: WindowPatterns) -> list[tuple[int, LogLine]]:
    """The patterns of the nearest lines of the same stream, after before before at the same distance."""
    nearest: dict[int, tuple[int, LogLine]] = {}
    for finding in problem.findings[:3]:
        position = finding.pattern.sample_positions[0]
        lines = list(table.neighbours(position, REACH))
        middle = next(nth for nth, line in enumerate(lines) if line.position == position)
        for nth, line in enumerate(lines):
            number = found.pattern_at(table, line.position)
            distance = 2 * abs(nth - middle) - (nth > middle)
            chatter = found.patterns[number].count > CHATTER * max(2, finding.pattern.count)
            if line.text.strip() and not chatter and distance < nearest.get(number, (99, line))[0]:
                nearest[number] = (distance, line)
    own = {finding.number for finding in problem.findings}
    ranked = sorted((each for each in nearest.items() if each[0] not in own), key=lambda each: each[1][0])
    return [(number, line) for number, (_, line) in ranked[:MOST_AROUND]]


def _add_around(
    budget: EvidenceBudget,
    number: int,
    line: LogLine,
    table: LogTable,
    ids: dict[int, list[str]],
    found: WindowPatterns,
) -> None:
    if number in ids:
        return
    added = add_line(budget, line)
    if added is None:
        return
    ids[number] = [added]
    pattern = found.patterns[number]
    if pattern.count > 1 and (counted := _add_count(budget, number, pattern, table, found)):
        ids[number].append(counted)


def _add_count(
    budget: EvidenceBudget, number: int, pattern: Pattern, table: LogTable, found: WindowPatterns | None
) -> str | None:
    return budget.add(
        EvidenceKind.PATTERN,
        f"{pattern.count} × {cut(pattern.template, PATTERN_CHARACTERS)}",
        source=f"{pattern.count} lines",
        timestamp=pattern.first_seen,
        labels=pattern.labels,
        lines=_positions(number, pattern, found),
        score=pattern.score,
    )


def _positions(number: int, pattern: Pattern, found: WindowPatterns | None) -> tuple[int, ...]:
    """The positions of a pattern's lines in the input; of its samples where the assignment is not at hand."""
    if found is None:
        return pattern.sample_positions
    return found.positions_of(number, MOST_POSITIONS)


def _add_event(
    budget: EvidenceBudget, position: int, table: LogTable, found: WindowPatterns | None, *, beyond: bool = False
) -> str | None:
    """The event that begins at a position: its first line, and of a stack trace what was raised."""
    line = table.at(position)
    if found is None:
        return add_line(budget, line, beyond=beyond)
    text, positions = found.quote(position)
    return add_line(budget, replace(line, text=text), beyond=beyond, positions=positions)


def add_line(
    budget: EvidenceBudget, line: LogLine, *, beyond: bool = False, positions: tuple[int, ...] = ()
) -> str | None:
    """The id of a line as evidence, or None where it does not fit; see `EvidenceBudget.add`.

    `positions` are those of all lines that its text holds, where there are several; each gets its part of the room.
    """
    room = LINE_CHARACTERS // max(1, len(positions))
    return budget.add(
        EvidenceKind.LOG if read_event(line.text, line.labels) is None else EvidenceKind.EVENT,
        "\n".join(cut(part, room) for part in line.text.split("\n")) or "(empty line)",
        beyond=beyond,
        source=stream_name(line.labels),
        timestamp=line.timestamp,
        labels=dict(line.labels),
        lines=positions or (line.position,),
    )


def stream_name(labels: Mapping[str, str]) -> str:
    """A stream as a person names it: namespace/pod/container, as far as known."""
    parts = [labels[name] for name in ("namespace", "pod", "container") if labels.get(name)]
    return "/".join(parts) or labels.get("app") or labels.get("filename") or "log"


def cut(text: str, longest: int) -> str:
    """The text in at most `longest` characters."""
    text = text.strip()
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
