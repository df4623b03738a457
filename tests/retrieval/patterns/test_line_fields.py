"""The fields of log lines: what is said, by whom, and with which error, in the formats that programs write."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.patterns.framing import bare
from retrieval.patterns.line_fields import LineFields, fields_of

ETCD = (
    '{"level":"warn","ts":"2026-11-20T20:59:59.601Z","caller":"etcdserver/util.go:123",'
    '"msg":"apply request took too long","took":"1.2s","error":"context deadline exceeded"}'
)
KLOG = 'E1120 14:00:00.123456    12 pod.go:34] "Failed to pull" err="rpc error: code = NotFound desc = gone" pod="a/b"'

JAVA = (
    "ERROR Could not place order\njava.lang.IllegalStateException: outer\n\tat shop.Order(Order.java:1)\n"
    "Caused by: java.net.ConnectException: Connection refused\n\tat java.net.Socket(Socket.java:2)"
)


@pytest.mark.parametrize(
    ("line", "message", "error", "caller"),
    [
        (ETCD, "apply request took too long", "context deadline exceeded", "etcdserver/util.go:123"),
        (KLOG, "Failed to pull", "rpc error: code = NotFound desc = gone", "pod.go:34"),
        ("E1120 14:00:00.123456 1 reflector.go:138] watch ended: EOF", "watch ended: EOF", "", "reflector.go:138"),
        (
            'ts=2026-11-20T21:02:02Z caller=query.go:91 level=error msg="Error opening file" err="open /x: \\"no\\""',
            "Error opening file", 'open /x: "no"', "query.go:91",
        ),
        ('time="2026-11-20T14:00:00Z" level=fatal msg="no start" error="bind: in use"', "no start", "bind: in use", ""),
        ("2026-11-20 14:00:00,123 - app.db - WARNING - slow query", "slow query", "", "app.db"),
        ("WARNING:app.db:slow query", "slow query", "", "app.db"),
        ("[2026-11-20 14:00:00 +0000] [12] [ERROR] Exception in worker", "Exception in worker", "", ""),
        ("2026-11-20 14:00:00.123 | ERROR    | shop.cart:add:12 - no stock", "no stock", "", "shop.cart:add:12"),
        ("2026-11-20 14:00:00.123 [main] ERROR c.Orders - Could not place", "Could not place", "", "c.Orders"),
        (
            "2026-11-20T14:00:00.123Z ERROR 1 --- [           main] o.s.boot.SpringApplication        : Run failed",
            "Run failed", "", "o.s.boot.SpringApplication",
        ),
        (
            "[2026-11-20 14:00:00,123] ERROR [ReplicaManager broker=0] Error processing append (kafka.server.Replicas)",
            "Error processing append", "", "kafka.server.Replicas",
        ),
        (
            "[2026-11-20T14:00:00,123][ERROR][o.e.b.Elasticsearch      ] [node-1] fatal exception",
            "fatal exception", "", "o.e.b.Elasticsearch",
        ),
        ("2026/11/20 14:00:00 main.go:12: cannot connect", "cannot connect", "", "main.go:12"),
        ("2026/11/20 21:00:59 [error] 24838#24838: *60 connect() failed", "connect() failed", "", ""),
        ("2026-11-20 21:00:18.403 UTC [24316] shop@shop FATAL:  too many clients", "too many clients", "", ""),
        ("24811:M 20 Nov 2026 21:00:57.837 # Could not bind", "Could not bind", "", ""),
        ("2026-11-20 14:00:00.123456 E | etcdserver: publish error: late", "publish error: late", "", "etcdserver"),
        ("[ERROR] plugin/errors: 2 x.com. A: i/o timeout", "plugin/errors: 2 x.com. A: i/o timeout", "", ""),
        ("2026-11-20T14:00:00.123456Z 0 [ERROR] [MY-010119] [Server] Aborting", "Aborting", "", "Server"),
        ('2026-11-20T14:00:00Z ERR pkg/traefik/x.go:12 > None error="port"', "None", "port", "pkg/traefik/x.go:12"),
        ("fail: Shop.Kestrel[13]\n      Connection failed", "Connection failed", "", "Shop.Kestrel[13]"),
        ("0.00.006.672 E load: no model", "load: no model", "", ""),
        ("Nov 20 14:00:00 node-1 kubelet[8]: I1120 14:00:00.1 8 pod.go:34] on", "on", "", "pod.go:34"),
        (
            '2026-11-20T14:00:00Z\tERROR\tcontroller/controller.go:324\tReconciler error\t{"error": "chart not found"}',
            "Reconciler error", "chart not found", "controller/controller.go:324",
        ),
        ("[2026-11-20T14:00:00Z ERROR shop::db] could not connect", "could not connect", "", "shop::db"),
        (
            '{"level":"error","logger":"postgres","msg":"record","record":{"message":"password failed"}}',
            "password failed", "", "postgres",
        ),
        (
            '{"s":"E","c":"NETWORK","msg":"Error","attr":{"error":{"errmsg":"socket exception"}}}',
            "Error", "socket exception", "NETWORK",
        ),
        ("connection authorized: user=a database=b", "connection authorized: user=a database=b", "", ""),
        ("error reading config", "error reading config", "", ""),
        ("the lamp is on", "the lamp is on", "", ""),
        ("", "", "", ""),
    ],
)  # fmt: skip
def test_message_error_and_caller(line: str, message: str, error: str, caller: str) -> None:
    """Each format has its own place for the message, the error and who printed the line, and each is read."""
    found = fields_of(line)
    assert (found.message, found.error, found.caller) == (message, error, caller)


@pytest.mark.parametrize(
    "wrapped",
    [
        f"2026-11-20T14:00:00.123456789Z stderr F {ETCD}",
        json.dumps({"log": ETCD + "\n", "stream": "stderr", "time": "2026-11-20T14:00:00Z"}),
        f"\x1b[33m{ETCD}\x1b[0m",
        f"Nov 20 14:00:00 node-1 etcd[812]: {ETCD}",
    ],
    ids=["CRI", "docker", "colours", "syslog"],
)
def test_what_wraps_a_line_does_not_hide_its_fields(wrapped: str) -> None:
    """A runtime, a terminal or syslog around a line changes nothing of what it says."""
    assert fields_of(wrapped) == fields_of(ETCD)


@pytest.mark.parametrize(
    ("line", "exit_code", "http_status", "grpc_code"),
    [
        ("container app exited with code 137", 137, None, ""),
        ('{"msg":"terminated","exitCode":1}', 1, None, ""),
        ("exit status 143", 143, None, ""),
        ("systemd[1]: Main process exited, code=exited, status=203/EXEC", 203, None, ""),
        ('127.0.0.1 - - [20/Nov/2026:21:01:06 +0000] "GET /cart HTTP/1.1" 429 169 "-" "x"', None, 429, ""),
        ("level=info msg=done status=502 bytes=12", None, 502, ""),
        ('{"msg":"answered","status":200,"code":99}', None, 200, ""),
        ('{"msg":"synced","status":"Ready"}', None, None, ""),
        (KLOG, None, None, "NotFound"),
        ('level=error msg="finished call" grpc.code=Unavailable', None, None, "Unavailable"),
        ("waited 200 times", None, None, ""),
    ],
)
def test_codes(line: str, exit_code: int | None, http_status: int | None, grpc_code: str) -> None:
    """Exit codes, HTTP statuses and gRPC codes are told from other numbers and words."""
    found = fields_of(line)
    assert (found.exit_code, found.http_status, found.grpc_code) == (exit_code, http_status, grpc_code)


@pytest.mark.parametrize(
    ("event", "exception", "said"),
    [
        (
            JAVA,
            "java.net.ConnectException", "Could not place order: java.net.ConnectException: Connection refused",
        ),
        (
            'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    go()\nValueError: bad port',
            "ValueError", "ValueError: bad port",
        ),
        (
            "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:12",
            "panic", "panic: runtime error: index out of range",
        ),
        (
            '{"level":50,"msg":"request failed","err":{"type":"TypeError","message":"x is undefined","stack":"..."}}',
            "TypeError", "request failed: x is undefined",
        ),
        ("/app/a.js:3\n    throw x\n\nRangeError [ERR_X]: out of range\n    at go (/app/a.js:3:1)", "RangeError", None),
        ("Unhandled exception. System.IO.IOException: No space\n   at Shop.Main()", "System.IO.IOException", None),
    ],
    ids=["Java", "Python", "Go", "pino", "Node", ".NET"],
)  # fmt: skip
def test_exceptions(event: str, exception: str, said: str | None) -> None:
    """Of a stack trace the innermost cause is the error, and a bare traceback says what was raised."""
    found = fields_of(event)
    assert found.exception == exception
    assert said is None or found.said == said


def test_an_error_that_says_none_is_none() -> None:
    """`err=<nil>` and an empty error are no error, and what the message says already is not said twice."""
    assert fields_of('level=info msg="done" err=<nil>').error == fields_of('{"msg":"done","error":null}').error == ""
    assert LineFields(message="bind: in use", error="in use").said == "bind: in use"


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 5000, '{"msg":"' + "x" * 50_000, 'k="' * 20_000, "[" * 50_000, "A" * 50_000, "a." * 25_000,
        "x=y " * 10_000, '{"status":' + "4" * 5000 + "}", "Caused by: " * 5000, "ERROR " * 10_000, "x.Y: " * 10_000,
    ],
    ids=range(11),
)  # fmt: skip
def test_hostile_lines_cost_no_more_than_others(text: str) -> None:
    """Nested, unclosed and endless text is read in a moment, whatever it was made for."""
    began = time.perf_counter()
    fields_of(text)
    assert time.perf_counter() - began < 0.5


@given(st.text() | st.from_regex(r"""[{\["]?(?:level|msg|err)[=:"].{0,40}"""))
def test_any_text_says_something(text: str) -> None:
    """No text is refused, and one that is not blank says something."""
    assert fields_of(text).said or not bare(text)
