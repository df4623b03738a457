"""Which failure a line is of: wordings of real programs, one cause and its symptoms together."""

import pytest

from app.triage.signal_reader import Line, default_reader
from retrieval.taxonomy import Category
from tests.app.triage.window import triaged

WORDINGS = {
    Category.IMAGE_PULL: 'Failed to pull image "shop:1.2": rpc error: code = NotFound desc = manifest unknown',
    Category.CRASH_LOOP: "Back-off restarting failed container api in pod api-7d9c_shop(1f2e)",
    Category.OOM_KILLED: "Memory cgroup out of memory: Killed process 4242 (java) total-vm:8123456kB",
    Category.SCHEDULING: "0/3 nodes are available: 1 node(s) had untolerated taint, 2 Insufficient memory.",
    Category.PROBE_FAILURE: 'Liveness probe failed: Get "http://10.42.0.9:8080/healthz": context deadline exceeded',
    Category.DNS: "dial tcp: lookup db.shop.svc.cluster.local on 10.43.0.10:53: no such host",
    Category.NETWORK_CNI: 'plugin type="calico" failed (add): failed to request IPv4 addresses: no IPs available',
    Category.NETWORK_POLICY: "xx drop (Policy denied) flow 0x0 to endpoint 1234, identity 5->6",
    Category.INGRESS_ROUTING: "connect() failed (111: Connection refused) while connecting to upstream",
    Category.TLS_CERTIFICATE: "x509: certificate has expired or is not yet valid: current time 2026-01-02 is after",
    Category.RBAC_AUTH: 'pods is forbidden: User "system:serviceaccount:a:b" cannot list resource "pods" in API group',
    Category.STORAGE_VOLUME: 'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node',
    Category.DISK_PRESSURE: "write /var/lib/data/000123.log: no space left on device",
    Category.NODE_NOT_READY: "Skipping pod synchronization: PLEG is not healthy: pleg was last seen active 3m9s ago",
    Category.CONTROL_PLANE_ETCD: "etcdserver: request timed out, possibly due to connection lost",
    Category.CONFIG_ERROR: 'nginx: [emerg] unknown directive "proxy_passs" in /etc/nginx/nginx.conf:16',
    Category.MISSING_DEPENDENCY: "ModuleNotFoundError: No module named 'psycopg2'",
    Category.RESOURCE_LIMITS: "accept4: too many open files; retrying in 1s",
    Category.RATE_LIMIT_QUOTA: 'pods "a" is forbidden: exceeded quota: compute, used: cpu=4, limited: cpu=4',
    Category.GITOPS_RECONCILE: "kustomization path not found: stat /tmp/kustomization-1/apps: no such file",
    Category.HELM_UPGRADE: "Helm upgrade failed: another operation (install/upgrade/rollback) is in progress",
    Category.LOGGING_PIPELINE: "entry too far behind, the oldest acceptable timestamp is 2026-01-01T00:00:00Z",
    Category.TRACING_METRICS_PIPELINE: "Error on ingesting out-of-order samples num_dropped=12",
    Category.LLM_INFERENCE: "llama_model_load: error loading model: unknown model architecture: 'qwen9'",
    Category.VECTOR_DATABASE: "Collection expecting embedding with dimension of 384, got 768",
    Category.DATABASE: "FATAL: remaining connection slots are reserved for non-replication superuser connections",
    Category.ADMISSION_WEBHOOK: 'failed calling webhook "validate.nginx.ingress.kubernetes.io": connection refused',
    Category.VERSION_INCOMPATIBILITY: 'no matches for kind "Ingress" in version "extensions/v1beta1"',
    Category.TIME_SKEW: "the clock difference against peer 8e9e05c52164694d is too high [2.1s > 1s]",
    Category.APPLICATION_BUG: "panic: runtime error: invalid memory address or nil pointer dereference",
}  # fmt: skip


def test_there_is_a_wording_of_every_failure() -> None:
    """No category is left out here."""
    assert set(WORDINGS) == set(Category) - {Category.BENIGN_NOISE}


@pytest.mark.parametrize(("category", "line"), WORDINGS.items(), ids=lambda value: str(value)[:24])
def test_a_typical_wording_tells_its_category(category: Category, line: str) -> None:
    """By its words alone, whoever wrote it."""
    (reading,) = default_reader().read([Line(line)])
    assert reading.category is category, reading.strengths


@pytest.mark.parametrize(
    ("line", "cause", "symptom"),
    [
        (
            'Unable to connect to the server: x509: certificate signed by unknown authority',
            Category.TLS_CERTIFICATE, Category.MISSING_DEPENDENCY,
        ),
        (
            "failed to export spans: write /var/queue/1: no space left on device",
            Category.DISK_PRESSURE, Category.TRACING_METRICS_PIPELINE,
        ),
        (
            "error sending batch, will retry: server returned HTTP status 429 Too Many Requests",
            Category.RATE_LIMIT_QUOTA, Category.LOGGING_PIPELINE,
        ),
        (
            "Could not connect to broker kafka: lookup kafka on 10.43.0.10:53: no such host",
            Category.DNS, Category.MISSING_DEPENDENCY,
        ),
        (
            'invalid bearer token, service account token is not valid yet',
            Category.TIME_SKEW, Category.RBAC_AUTH,
        ),
    ],
)  # fmt: skip
def test_within_a_line_the_cause_beats_what_it_brings_about(line: str, cause: Category, symptom: Category) -> None:
    """Both are seen, and the cause is told."""
    (reading,) = default_reader().read([Line(line)])
    assert reading.category is cause, reading.strengths
    assert symptom in reading.strengths


@pytest.mark.parametrize(
    ("cause", "symptom", "category"),
    [
        (
            ("kubernetes-events", 'type=Warning reason=Failed msg="Failed to pull image: manifest unknown"'),
            ("kubernetes-events", 'type=Warning reason=BackOff msg="Back-off restarting failed container"'),
            Category.IMAGE_PULL,
        ),
        (
            ("kernel", "kernel: Memory cgroup out of memory: Killed process 63 (uwsgi)"),
            ("kubelet", 'E1120 14:00:00.1 1 a.go:1] "Error syncing pod" err="CrashLoopBackOff: back-off"'),
            Category.OOM_KILLED,
        ),
        (
            ("postgres", "2026-11-20 21:00:11 UTC [24] ERROR:  could not extend file: No space left on device"),
            ("shop-api", "2026-11-20 21:00:12 ERROR Error: connect ECONNREFUSED 10.0.0.7:5432"),
            Category.DISK_PRESSURE,
        ),
    ],
)  # fmt: skip
def test_within_a_window_the_cause_beats_its_symptom(
    cause: tuple[str, str], symptom: tuple[str, str], category: Category
) -> None:
    """However often the symptom is logged, and whichever comes first."""
    for lines in ((cause, *[symptom] * 5), (*[symptom] * 5, cause)):
        triage, _ = triaged(*lines)
        assert triage.category is category
