"""What a request offers its model to choose from."""

from app.evidence_selection import select_evidence
from app.triage.findings import find_findings, find_problems
from app.triage.prompting import triage_choices
from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.window_patterns import find_patterns

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
