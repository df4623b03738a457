"""What a request offers its model to read, and to choose from."""

from app.answer import Action
from app.evidence_selection import Selection, select_evidence
from app.triage.findings import find_findings, find_problems
from app.triage.prompting import prompt_lines, triage_choices, without_stray_runbooks
from retrieval.evidence import Evidence
from retrieval.knowledge.tokens import tokens
from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.window_patterns import find_patterns
from retrieval.taxonomy import EvidenceKind

POSTGRES = {"namespace": "data", "pod": "postgres-0", "app": "postgres"}
ETCD = {"namespace": "kube-system", "pod": "etcd-control-plane-1"}
SHOP = {"namespace": "shop", "pod": "web-7c9d6b5f48-x2k7p", "app": "web"}


def test_components_are_offered_once_and_by_their_canonical_names():
    """A label that names a known program otherwise gives no second component, and what has no name is `unknown`."""
    said = [(POSTGRES, "FATAL: password authentication failed"), (ETCD, "panic: no space left on device"),
            (SHOP, "ERROR connection refused by upstream"), ({}, "ERROR giving up")]  # fmt: skip
    table = LogTable.from_lines(LogLine(n, n * 10**9, said[n % 4][0], said[n % 4][1]) for n in range(40))
    findings = find_findings(find_patterns(table).patterns)
    problems = find_problems(findings)
    choices = triage_choices(problems, select_evidence(problems, findings, (), table), {})
    assert sorted(choices.components[:-1]) == ["etcd", "postgresql", "web"]
    assert choices.components[-1] == "unknown"


def observed(*said: str) -> Selection:
    """Log lines with these texts and one runbook section, none of which a pattern counts."""
    lines = [
        Evidence(f"L{n}", EvidenceKind.LOG, text, "pod", timestamp=n * 10**9, labels={"pod": "etcd-0"})
        for n, text in enumerate(said, start=1)
    ]
    section = "Etcd says `no space left on device`, or `took too long`. " + "Other things may happen elsewhere. " * 20
    books = [Evidence(f"R{n}", EvidenceKind.RUNBOOK, section, f"book-{n}.md#Symptom") for n in (1, 2, 3)]
    return Selection((*lines, *books), (*lines, *books), {}, 0)


def test_a_line_that_says_the_same_costs_a_reference() -> None:
    """Its time stays, its words do not."""
    _, second, third = prompt_lines(observed("no space left on device", "no space left on device", "killed"))[:3]
    assert second == "L2 00:00:02 etcd-0: the same as L1"
    assert third == "L3 00:00:03 etcd-0: killed"


def test_a_section_is_cut_to_what_touches_on_the_lines() -> None:
    """With telling words; without them, as where something is explained, it stands whole."""
    selection = observed("write: no space left on device")
    cut, whole = (prompt_lines(selection, words)[1] for words in (tokens("no space left on device"), ()))
    assert "no space left on device" in cut
    assert "elsewhere" not in cut
    assert whole.count("elsewhere") > 10


def test_only_runbooks_whose_steps_are_offered_are_read() -> None:
    """And the best one alone where none offers a step; lines are kept in any case."""
    selection = observed("killed")
    step = Action(title="Look", command=None, explanation="", exam_domain=None, evidence=["R2"])
    assert [item.id for item in without_stray_runbooks(selection, {"A1": step}).prompted] == ["L1", "R2"]
    assert [item.id for item in without_stray_runbooks(selection, {}).prompted] == ["L1", "R1"]
    assert without_stray_runbooks(selection, {}).evidence == selection.evidence
