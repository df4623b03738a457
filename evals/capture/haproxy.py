"""HAProxy in front of the shop: servers that go and come back, a wrong setting, and clients that are only noise."""

import socket
from contextlib import ExitStack, suppress

from evals.capture.http_traffic import send
from evals.capture.loopback_server import Page, serving
from evals.capture.process import Server
from evals.capture.program import SystemProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity, Status

HAPROXY = SystemProgram("HAProxy", ("haproxy",), "haproxy", version_option="-v")

POD = Labels(namespace="edge", pod="haproxy-6f4c8d7b95-tz8wd", container="haproxy", node="node-1", app="haproxy")


def words(stage: Stage, front: Address, servers: list[Address], extra: str = "") -> list[str]:
    """The command of a HAProxy with one front end and a backend of checked servers."""
    lines = "".join(f"  server api-{nth} {at} check inter 300 fall 2 rise 2\n" for nth, at in enumerate(servers, 1))
    text = (
        "global\n  log stdout format raw daemon\n  maxconn 200\n"
        "defaults\n  mode http\n  log global\n  option httplog\n  timeout connect 1s\n  timeout client 2s\n"
        f"  timeout server 2s\n{extra}"
        f"frontend web\n  bind {front}\n  default_backend shop-api\n"
        f"backend shop-api\n  option httpchk GET /healthz\n{lines}"
    )
    return [HAPROXY.path(), "-W", "-db", "-f", str(stage.file("haproxy.cfg", text))]


def start(stage: Stage, front: Address, servers: list[Address]) -> Server:
    """Starts HAProxy and visits the shop once it takes connections."""
    server = stage.start(words(stage, front, servers), POD)
    for _ in range(50):
        if send("GET", f"{front.url}/", timeout=1.0) == 200:
            break
        stage.pause(0.1)
    visit(front)
    return server


def visit(front: Address, times: int = 2) -> None:
    """Visits a few pages of the shop."""
    for _ in range(times):
        for path in ("/products", "/products/17", "/cart"):
            send("GET", f"{front.url}{path}", timeout=3.0)


def servers_gone(stage: Stage) -> None:
    """Both servers of the backend end, one after the other."""
    front, first, second = free_address(8080), free_address(8000), free_address(8000)
    with ExitStack() as one, ExitStack() as two:
        one.enter_context(serving(Page("ok"), first))
        two.enter_context(serving(Page("ok"), second))
        start(stage, front, [first, second])
        one.close()
        stage.wait_for(r"shop-api/api-1 is DOWN")
        visit(front, 1)
    stage.wait_for(r"has no server available")
    visit(front, 3)


def server_back(stage: Stage) -> None:
    """One of two servers is restarted, and the other carries the traffic meanwhile."""
    front, first, second = free_address(8080), free_address(8000), free_address(8000)
    with serving(Page("ok"), second):
        with serving(Page("ok"), first):
            start(stage, front, [first, second])
        stage.wait_for(r"shop-api/api-1 is DOWN")
        visit(front)
        with serving(Page("ok"), first):
            stage.wait_for(r"shop-api/api-1 is UP")
            visit(front)


def keyword_unknown(stage: Stage) -> None:
    """A keyword of a newer HAProxy stands in the configuration."""
    front, behind = free_address(8080), free_address(8000)
    with serving(Page("ok"), behind):
        start(stage, front, [behind]).stop()
    stage.crash(words(stage, front, [behind], "  option http-drop-request-headers\n"), POD)


def ordinary_traffic(stage: Stage) -> None:
    """Robots send what is no HTTP and hang up; the shop is served."""
    front, behind = free_address(8080), free_address(8000)
    with serving(Page("ok"), behind):
        start(stage, front, [behind])
        for junk in (b"\x16\x03\x01\x02\x00\x01\x00", b"HELO mail.example\r\n\r\n", b"GET /\x01 HTTP/1.1\r\n\r\n"):
            with suppress(OSError), socket.create_connection((front.host, front.port), timeout=3) as robot:
                robot.sendall(junk)
                robot.recv(1000)
            visit(front, 1)
        socket.create_connection((front.host, front.port), timeout=3).close()
        stage.pause(0.3)


SCENARIOS = (
    Scenario(
        id="haproxy-servers-gone",
        program=HAPROXY,
        question="The whole shop answers 503 since a few minutes. What is down?",
        fault="both servers of a backend end",
        severity=Severity.CRITICAL,
        category=Category.INGRESS_ROUTING,
        component="shop-api",
        root_cause="Both servers of the backend shop-api refuse connections, so HAProxy has none left and answers 503.",
        summary="api-1 and then api-2 failed their health checks with connection refused; the backend shop-api has no "
        "server available and every request gets 503.",
        key_lines=(r"is DOWN, reason", r"has no server available", r"<NOSRV>"),
        act=servers_gone,
        tags=("peer-gone",),
    ),
    Scenario(
        id="haproxy-server-back",
        program=HAPROXY,
        question="HAProxy reported a server down. Do I still have to do something?",
        fault="one of two servers is restarted",
        severity=Severity.WARN,
        category=Category.PROBE_FAILURE,
        component="shop-api",
        root_cause="One server of shop-api failed its health checks for a moment, as in a restart, and passes them "
        "again.",
        summary="api-1 was taken out of the backend after two failed checks and put back; api-2 answered meanwhile, so "
        "no request failed.",
        key_lines=(r"is DOWN, reason", r"is UP, reason"),
        act=server_back,
        tags=("recovered",),
    ),
    Scenario(
        id="haproxy-keyword-unknown",
        program=HAPROXY,
        question="haproxy does not start after I merged the new configuration. What is wrong with it?",
        fault="an option that this version does not know",
        severity=Severity.ERROR,
        category=Category.CONFIG_ERROR,
        component="haproxy",
        root_cause="haproxy.cfg has the unknown option 'http-drop-request-headers', so HAProxy will not start.",
        summary="HAProxy stops at once: parsing haproxy.cfg fails at an option that does not exist.",
        key_lines=(r"unknown option|unknown keyword", r"Fatal errors found in configuration"),
        act=keyword_unknown,
        tags=("configuration", "crash"),
    ),
    Scenario(
        id="haproxy-ordinary-traffic",
        program=HAPROXY,
        question="HAProxy logs BADREQ lines. Is somebody getting errors?",
        fault="none: robots send what is no HTTP",
        status=Status.HEALTHY,
        severity=Severity.INFO,
        category=Category.BENIGN_NOISE,
        component="haproxy",
        root_cause="A few clients send what is no HTTP and are refused with 400; the shop's requests are answered.",
        summary="The BADREQ lines are of robots that do not speak HTTP; every request for the shop got 200.",
        key_lines=(r"<BADREQ>",),
        act=ordinary_traffic,
        tags=("healthy", "red-herring"),
    ),
)
