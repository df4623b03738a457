"""The triage without a model: status, severity, component, citations."""

import pytest

from app.triage.severity import default_rules, doubts
from retrieval.taxonomy import Category, Severity, Status
from tests.app.triage.window import findings_of, triaged

ROUTINE = [("shop", f"2026-11-20 14:00:{second:02d} INFO GET /cart 200 {second}ms") for second in range(20)]
PG = "2026-11-20 21:00:22.099 UTC [24388] "
ETCD = '{"level":"warn","ts":"2026-11-20T20:59:48.117Z","caller":"rafthttp/peer.go:1","msg":"%s"}'


def test_a_window_without_trouble_is_healthy() -> None:
    """Routine lines are no incident."""
    triage, _ = triaged(*ROUTINE)
    assert (triage.status, triage.severity) == (Status.HEALTHY, Severity.INFO)


def test_no_lines_are_too_little() -> None:
    """One line tells nothing of a cluster."""
    triage, _ = triaged(ROUTINE[0])
    assert triage.status is Status.INSUFFICIENT_EVIDENCE


def test_trouble_taken_for_granted_and_not_found_is_unexplained() -> None:
    """A question for the cause is not answered by the news that all is well."""
    triage, _ = triaged(*ROUTINE, question="why did the backup fail?")
    assert triage.status is Status.INSUFFICIENT_EVIDENCE
    assert "20 lines" in triage.summary


def test_a_lone_word_of_trouble_answers_why_with_little_confidence() -> None:
    """Where nothing tells of a failure for certain, the likeliest line is named, and it is said how unsure that is."""
    line = ("api", 'level=info msg="Failed to test the data store: this server is unknown"')
    triage, evidence = triaged(*ROUTINE, line, question="why does it not come up?")
    assert triage.status is Status.PROBLEM
    assert triage.confidence < 0.5
    assert "Failed to test" in evidence[triage.evidence[0]].text


def test_one_line_that_speaks_of_trouble_answers_why() -> None:
    """Little to go on, and still what was asked for."""
    line = ("operator", "INFO start of node 2 not done: the call ended with context deadline exceeded")
    triage, _ = triaged(line, question="why does the new node not start?")
    assert (triage.status, triage.confidence < 0.5) == (Status.PROBLEM, True)


def test_an_everyday_word_names_no_component() -> None:
    """A vector store is not Vector, the log shipper."""
    triage, _ = triaged(
        ("qdrant", "ERROR Panic: failed to load shard 0"), question="why is my vector store down?", terms=["vector"]
    )
    assert (triage.status, triage.component) == (Status.PROBLEM, "qdrant")


@pytest.mark.parametrize(
    ("app", "line", "category"),
    [
        ("proxy", "ERROR failed to decode the configuration: no such field", Category.CONFIG_ERROR),
        ("llama", "ERROR update_slots: failed to decode the batch, ret = -1", Category.LLM_INFERENCE),
        (
            "kubeadm",
            "ERROR certificate has expired: NotBefore: 2025-01-01, NotAfter: 2026-01-01",
            Category.TLS_CERTIFICATE,
        ),
    ],
)
def test_words_of_two_trades(app: str, line: str, category: Category) -> None:
    """Decoding is done by a model's server and by whoever reads settings; an expired certificate is no clock."""
    assert triaged((app, line))[0].category is category


@pytest.mark.parametrize(
    ("app", "line"),
    [
        ("webhook", "2020/09/29 19:14:53 http: TLS handshake error from 10.104.2.1:57866: EOF"),
        ("nginx", '2026/11/20 21:01:07 [error] 7#7: *4 open() "/html/favicon.ico" failed (2: No such file)'),
        ("redis", "1:M 20 Nov 2026 21:00:58.861 # WARNING overcommit_memory is set to 0! Background save may fail"),
        ("operator", 'ERROR Reconciler error: the object has been modified; please apply your changes to the latest'),
        ("operator", "INFO still waiting: the object shop-db is forbidden: caches not synchronized"),
        ("kubelet", "ERROR ContainerStatus from runtime service failed: rpc error: code = NotFound desc = not found"),
        ("postgres", PG + "LOG:  could not receive data from client: Connection reset by peer"),
        ("postgres", PG + "FATAL:  no PostgreSQL user name specified in startup packet"),
    ],
)  # fmt: skip
def test_lines_that_look_frightening_and_are_not(app: str, line: str) -> None:
    """Known noise is no incident, and the answer shows that it was looked at."""
    triage, evidence = triaged(*ROUTINE, (app, line), question="is something wrong?")
    assert (triage.status, triage.category) == (Status.HEALTHY, Category.BENIGN_NOISE)
    assert any(evidence[id_].text[:40] == line[:40] for id_ in triage.evidence)


def test_what_recovered_is_no_outage() -> None:
    """A peer that was away and came back is not an ERROR."""
    lost = ("etcd", ETCD % "peer became inactive (message send to peer failed)")
    back = ("etcd", ETCD % "established TCP streaming connection with remote peer")
    gone, _ = triaged(*ROUTINE, lost)
    recovered, _ = triaged(*ROUTINE, lost, back)
    again, _ = triaged(*ROUTINE, back, lost)
    assert gone.status is again.status is Status.PROBLEM
    assert recovered.status is Status.HEALTHY


def test_a_recovery_of_one_workload_says_nothing_of_another() -> None:
    """Who writes of many is not well because one of them is."""
    failed = (
        "kubelet",
        'E1120 14:00:00.1 1 a.go:1] "Error syncing pod" err="MountVolume.SetUp failed for volume pvc-1"',
    )
    started = ("kubelet", 'I1120 14:00:01.1 1 a.go:1] "Started container" pod="shop/other"')
    triage, _ = triaged(failed, started, *ROUTINE)
    assert triage.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("app", "line", "severity"),
    [
        ("etcd", '{"level":"fatal","msg":"failed to commit","error":"no space left on device"}', Severity.CRITICAL),
        ("jellyfin", "[ERR] database or disk is full", Severity.ERROR),
        ("postgres", PG + "FATAL:  database files are incompatible with server", Severity.CRITICAL),
        ("promtail", 'level=warn msg="error sending batch, will retry" error="HTTP status 500"', Severity.WARN),
        ("promtail", 'level=error msg="final error sending batch" error="entry out of order"', Severity.ERROR),
        ("traefik", 'level=warning msg="Endpoints not available for default/cheddar"', Severity.ERROR),
        ("shop", "ERROR etcdserver: request timed out", Severity.ERROR),
        ("kube-apiserver", "E1120 14:00:00.1 1 a.go:1] etcdserver: request timed out", Severity.CRITICAL),
    ],
)  # fmt: skip
def test_severity_is_that_of_the_incident(app: str, line: str, severity: Severity) -> None:
    """By what fails, where, and whether it is tried again, not by the logged level."""
    triage, _ = triaged(*ROUTINE, (app, line))
    assert triage.severity is severity, triage


@pytest.mark.parametrize(
    ("line", "milder", "plain"),
    [
        (("flux", 'level=error msg="failed to checkout: reference not found"'), Severity.WARN, Severity.ERROR),
        (("kube-apiserver", "E1120 14:00:00.1 1 a.go:1] etcdserver: no leader"), Severity.ERROR, Severity.CRITICAL),
    ],
)  # fmt: skip
def test_a_question_tells_who_feels_it(line: tuple[str, str], milder: Severity, plain: Severity) -> None:
    """The same lines matter less to one who asks whether they can be ignored."""
    assert triaged(*ROUTINE, line, question="can I ignore this error?")[0].severity is milder
    assert triaged(*ROUTINE, line)[0].severity is plain


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("Is the catalog reachable?", Status.HEALTHY),
        ("order-api had trouble at its start. Is it all right now?", Status.PROBLEM),
    ],
)
def test_trouble_that_the_question_tells_of_is_no_matter_of_doubt(question: str, status: Status) -> None:
    """A faint word of trouble is no yes to a doubt, but it is what somebody who saw trouble asks about."""
    line = ("order-api", "WARN catalog not reachable (attempt 1 of 10): connection refused")
    assert triaged(*ROUTINE, line, question=question)[0].status is status


def test_a_warning_event_is_no_banner() -> None:
    """Kubernetes gives the type Warning only to what somebody should see, whatever its words."""
    event = 'name=node-1 kind=Node reason=Rotation type=Warning count=1 msg="Certificates require attention"'
    triage, _ = triaged(*ROUTINE, ("kubernetes-events", event), question="anything to do on node-1?")
    assert (triage.status, triage.severity) == (Status.PROBLEM, Severity.WARN)


def test_a_doubting_question_is_not_answered_yes_for_a_word_alone() -> None:
    """Whether something is broken takes more than a line that says "not found"."""
    line = ("kubelet", "Error on reading /var/lib/kubelet/pods/1/log: no such file or directory")
    asked = {q: triaged(*ROUTINE, line, question=q)[0].status for q in ("does something fail?", "what is failing?")}
    assert list(asked.values()) == [Status.HEALTHY, Status.PROBLEM]
    assert doubts("kubelet complains, do I have to act?")
    assert not doubts("why is it down?")


def test_the_lines_of_trouble_are_cited_first() -> None:
    """Each cited id exists, the first is the lead's line, and further problems are cited too."""
    full = ("redis", "1:C 20 Nov 2026 21:00:39.101 # Write error saving DB on disk: No space left on device")
    denied = ("shop", 'ERROR pods is forbidden: User "x" cannot list resource "pods"')
    triage, evidence = triaged(*ROUTINE, full, full, full, full, denied)
    assert triage.component == "redis"
    assert "No space left" in evidence[triage.evidence[0]].text
    assert any("forbidden" in evidence[id_].text for id_ in triage.evidence)
    assert len(triage.evidence) <= 6


def test_the_component_lends_weight_to_its_own_trade() -> None:
    """The same line is of the metrics pipeline in Prometheus; a full disk stays one wherever it is."""
    (own,) = findings_of(("prometheus", "level=error compaction failed: overlapping blocks"))[:1]
    (full,) = findings_of(("prometheus", "level=error write to WAL: no space left on device"))[:1]
    assert own.category is Category.TRACING_METRICS_PIPELINE
    assert full.category is Category.DISK_PRESSURE


def test_what_is_asked_about_tips_the_balance() -> None:
    """A timeout is of the policies where the question speaks of these."""
    line = ("shop", 'ERROR Get "https://10.0.3.4:443/version": dial tcp 10.0.3.4:443: i/o timeout')
    unasked, asked = findings_of(line), findings_of(line, terms=("network policy", "blocked"))
    assert unasked[0].category is not Category.NETWORK_POLICY
    assert asked[0].category is Category.NETWORK_POLICY


def test_the_severity_rules_are_read_strictly() -> None:
    """Every rule and expression of the file is usable."""
    rules = default_rules()
    assert rules.raising
    assert rules.lowering
    assert "etcd" in rules.core


def test_confidence_follows_what_was_seen() -> None:
    """A telling line alone is surer than a hint, and than two problems of equal strength; certain it never is."""
    full = ("redis", "ERROR write: no space left on device")
    hint = ("shop", "ERROR connect ECONNREFUSED 10.0.0.7:5432")
    denied = ("api", 'ERROR pods is forbidden: User "x" cannot list resource "pods"')
    alone, faint, torn = (triaged(*ROUTINE, *lines)[0].confidence for lines in ((full,), (hint,), (full, denied)))
    assert 0.95 > alone > faint > 0.2
    assert alone > torn
