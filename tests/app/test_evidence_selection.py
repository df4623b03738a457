"""Choosing and numbering evidence within a budget of tokens."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.evidence_selection import Selection, cost_of, estimated_tokens, select_evidence
from app.knowledge_query import KnownDocument
from app.triage.findings import find_findings, find_problems
from retrieval.knowledge.search import Hit
from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.window_patterns import find_patterns
from retrieval.taxonomy import EvidenceKind

LABELS = [{"namespace": f"ns-{n}", "app": app} for n, app in enumerate(("etcd", "nginx", "api"))]
SAID = (
    "ERROR cannot connect to 10.0.0.{n}: connection refused",
    "level=info msg=served request={n}",
    "panic: no space left on device /data/{n}",
    "WARN retry {n} of 5 " + "very long " * 80,
    "x509: certificate has expired, serial {n}",
    "",
)


def table_of(lines: Sequence[tuple[int, int]]) -> LogTable:
    """One line a pair of a saying and a stream, a second apart."""
    return LogTable.from_lines(
        LogLine(nth, nth * 10**9, LABELS[stream], SAID[said].format(n=nth)) for nth, (said, stream) in enumerate(lines)
    )


def document(nth: int, text: str = "Free some space, then restart. " * 40) -> KnownDocument:
    """A runbook that was found."""
    hit = Hit(
        doc_id=f"book-{nth}.md", source="books", title="Disk full", section="Fix", header_path=("Fix",), text=text,
        score=0.5, relevance=0.8, lexical_rank=1, dense_rank=1, labels={}, metadata={},
    )  # fmt: skip
    return KnownDocument("runbooks", hit, ())


def selected(table: LogTable, documents: Sequence[KnownDocument], budget: int) -> Selection:
    findings = find_findings(find_patterns(table).patterns)
    return select_evidence(find_problems(findings), findings, documents, table, budget)


LINES = st.lists(st.tuples(st.integers(0, len(SAID) - 1), st.integers(0, len(LABELS) - 1)), max_size=60)


@settings(deadline=None, max_examples=60)
@given(LINES, st.integers(0, 6), st.integers(200, 3000))
def test_the_budget_is_kept(lines: list[tuple[int, int]], documents: int, budget: int) -> None:
    """What a model reads never costs more than the budget; ids count from 1 by kind; lines are those of the table."""
    table = table_of(lines)
    selection = selected(table, [document(nth) for nth in range(documents)], budget)
    cost = sum(cost_of(item) for item in selection.prompted)
    assert cost == selection.tokens <= budget
    for kind in EvidenceKind:
        ids = [item.id for item in selection.evidence if item.kind is kind]
        assert ids == [f"{kind.prefix}{nth}" for nth in range(1, len(ids) + 1)]
    assert all(item in selection.evidence for item in selection.prompted)
    known = {item.id for item in selection.evidence}
    assert all(set(ids) <= known for ids in selection.ids_of_pattern.values())
    for item in selection.evidence:
        if item.kind is EvidenceKind.LOG:
            [position] = item.lines or ()
            line = table.at(position)
            assert (line.timestamp, dict(line.labels)) == (item.timestamp, dict(item.labels))
            assert line.text.startswith(item.text.removesuffix("…")) or item.text == "(empty line)"


def test_it_is_deterministic() -> None:
    """The same lines and documents give the same evidence."""
    table = table_of([(nth % 5, nth % 3) for nth in range(40)])
    assert selected(table, [document(1)], 900) == selected(table, [document(1)], 900)


def test_every_problem_has_a_line_however_small_the_budget() -> None:
    """Where the budget runs out, each further problem keeps one line for the card, which the model does not read."""
    table = table_of([(nth % 5, nth % 3) for nth in range(45)])
    findings = find_findings(find_patterns(table).patterns)
    problems = find_problems(findings)
    selection = select_evidence(problems, findings, (), table, 60)
    assert len(problems) >= 3
    assert all(selection.ids_of(problem) for problem in problems)
    assert len(selection.prompted) < len(selection.evidence)
    assert selection.left_out is not None
    assert "60 tokens" in selection.left_out


def test_runbooks_get_their_share() -> None:
    """However many lines there are, the best runbook fits; it is cited by document and section."""
    table = table_of([(nth % 5, nth % 3) for nth in range(60)])
    runbooks = [item for item in selected(table, [document(1), document(2)], 1500).evidence if item.kind == "runbook"]
    assert runbooks[0].source == "book-1.md#Fix"
    assert len(runbooks[0].text) <= 700


def test_a_healthy_window_rests_on_lines_too() -> None:
    """Where nothing is wrong the most frequent patterns are shown."""
    table = table_of([(1, 0)] * 20)
    kinds = [item.kind for item in selected(table, (), 1500).evidence]
    assert EvidenceKind.LOG in kinds
    assert EvidenceKind.PATTERN in kinds


@pytest.mark.parametrize(("text", "least"), [("", 0), ("a", 1), ("x" * 280, 100)])
def test_tokens_are_estimated_from_above(text: str, least: int) -> None:
    """A text counts as one token for every 2.8 characters, rounded up."""
    assert estimated_tokens(text) == least


def test_what_stands_beside_a_line_of_trouble_is_chosen() -> None:
    """The line that says why, printed right after the failure at no telling level, is evidence; chatter is not."""
    lines = [LogLine(n, n * 10**9, LABELS[1], f"served request {n}") for n in range(200)]
    lines[100] = LogLine(100, 100 * 10**9, LABELS[1], "FATAL: data directory has invalid permissions")
    lines[101] = LogLine(101, 101 * 10**9, LABELS[1], "DETAIL: Permissions should be u=rwx (0700).")
    table = LogTable.from_lines(lines)
    found = find_patterns(table)
    findings = find_findings(found.patterns)
    selection = select_evidence(find_problems(findings), findings, (), table, 1500, found)
    chosen = {position for item in selection.prompted for position in item.lines or ()}
    assert {100, 101} <= chosen
    assert not any("served request" in item.text for item in selection.evidence)
