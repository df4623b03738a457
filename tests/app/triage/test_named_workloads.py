"""A question that names a workload is answered about that workload, however loud the rest of the cluster is."""

from app.triage.findings import find_findings, find_problems
from app.triage.topics import topics_of
from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.window_patterns import find_patterns
from retrieval.taxonomy import Category, Severity, Status
from retrieval.timestamps import NANOSECONDS
from tests.app.triage.window import findings_of, triaged

LOUD = [
    ("llama", "llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv cache"),
    ("llama", "E srv  load_model: failed to load model, '/models/a.gguf'"),
    ("postgres", '2026-11-20 21:00:22 UTC [2] PANIC:  could not write to file "pg_wal/x": No space left on device'),
] * 20
QUIET = ("shop-api", "WARN cannot reach the price list, will retry in 5 s: dial tcp 10.0.0.9:80: i/o timeout")


def test_a_loud_cluster_does_not_drown_what_was_asked_about() -> None:
    """The one warning of the workload in question stands before everything else."""
    triage, _ = triaged(*LOUD, QUIET, question="why does shop-api fail?", terms=["shop-api"])
    assert triage.component == "shop-api"
    triage, _ = triaged(*LOUD, QUIET)
    assert triage.component != "shop-api"


def test_lines_of_others_that_speak_of_it_are_about_it() -> None:
    """What a proxy says of a silent backend answers the question for the backend."""
    proxy = ("edge", "[ALERT] backend 'shop-api' has no server available!")
    silent = ("shop-api", "INFO listening on :8080")
    triage, evidence = triaged(*LOUD, proxy, silent, question="why does shop-api fail?", terms=["shop-api"])
    assert "has no server available" in evidence[triage.evidence[0]].text


def test_a_short_name_is_no_word_of_other_lines() -> None:
    """The workload "web" is not meant by every path that holds the word."""
    other = ("edge", "[ALERT] cannot serve /web/index.html: permission denied")
    findings = findings_of(("web", "INFO ready"), other, terms=["web"])
    assert [finding.named for finding in findings if finding.component == "edge"] == [False]


def test_a_line_that_several_workloads_write_is_of_each() -> None:
    """One template of two apps is found under the name of either."""
    line = "ERROR could not connect to 10.0.0.9:5432: connection refused"
    for name in ("orders", "billing"):
        first = find_problems(findings_of(*LOUD, ("orders", line), ("billing", line), terms=[name]))[0]
        assert "could not connect" in first.lead.pattern.samples[0]


def test_trouble_elsewhere_is_said_to_be_elsewhere() -> None:
    """Where no line about the workload reads like a failure, the answer says so before it names another."""
    triage, _ = triaged(*LOUD, ("shop-api", "INFO listening"), question="why does shop-api fail?", terms=["shop-api"])
    assert triage.summary.startswith("No line about shop-api reads like a failure; the worst elsewhere: ")
    assert (triage.status, triage.severity is Severity.INFO) == (Status.PROBLEM, False)


def test_a_node_is_a_place_and_no_workload() -> None:
    """The node's own event does not hide what fails on the node in question."""
    event = LogLine(0, NANOSECONDS, {"app": "node-4", "node": "node-4"}, "Node node-4 status is now: NodeNotReady")
    cause = LogLine(
        1,
        NANOSECONDS,
        {"app": "kubelet", "node": "node-4"},
        "E1104 20:15:14.0 1 kubelet.go:3002] cni config uninitialized",
    )
    findings = find_findings(find_patterns(LogTable.from_lines([event, cause])).patterns, ["node-4"])
    assert not any(finding.named for finding in findings)


FULL = ("shop-api", "ERROR could not write the log: no space left on device")
EXPIRED = ("shop-api", "ERROR rejected a peer: x509: certificate has expired")


def test_of_its_troubles_the_one_asked_about_comes_first() -> None:
    """What is rare would lead, and does where nothing else is asked about."""
    lines = [FULL, *[EXPIRED] * 60]
    triage, _ = triaged(*lines, question="what about the certificate of shop-api?", terms=["shop-api", "certificate"])
    assert triage.category is Category.TLS_CERTIFICATE
    triage, _ = triaged(*lines, question="what about shop-api?", terms=["shop-api"])
    assert triage.category is Category.DISK_PRESSURE


def test_a_topic_is_told_by_other_words_than_the_lines_have() -> None:
    """A full device is about the disk, and a disk may be a volume as well."""
    assert topics_of(["Disk"]) == {Category.DISK_PRESSURE, Category.STORAGE_VOLUME}
    assert not topics_of(["upgrade", "shop-api"])


def test_a_topic_moves_nothing_where_no_workload_is_named() -> None:
    """A disk that is mentioned in passing does not outweigh what fails worst."""
    lines = [EXPIRED, *[FULL] * 60]
    asked, _ = triaged(*lines, question="we replaced a disk. what fails?", terms=["disk"])
    assert asked.category is triaged(*lines)[0].category
