"""NATS as the message bus: credentials, a peer of the cluster, a consumer that is too slow, a wrong file."""

import socket
from contextlib import suppress

from evals.capture.process import Server
from evals.capture.program import SystemProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity

NATS = SystemProgram("NATS", ("nats-server",), "nats-server")

POD = Labels(namespace="messaging", pod="nats-0", container="nats", node="node-1", app="nats")
PEER = Labels(namespace="messaging", pod="nats-1", container="nats", node="node-2", app="nats")


def words(stage: Stage, name: str, here: Address, extra: str = "") -> list[str]:
    """The command of a server of its own file."""
    text = f"server_name: {name}\nlisten: {here}\n{extra}"
    return [NATS.path(), "-c", str(stage.file(f"{name}.conf", text)), "-D"]


def start(stage: Stage, labels: Labels, here: Address, extra: str = "", nth: int = 1) -> Server:
    """Starts the `nth` server of these labels and waits until it is ready."""
    server = stage.start(words(stage, str(labels.pod), here, extra), labels)
    stage.wait_for(r"Server is ready", labels=labels, times=nth)
    return server


def client(at: Address, *commands: bytes) -> None:
    """Connects, sends, reads what comes within half a second, and leaves."""
    with socket.create_connection((at.host, at.port), timeout=5) as connection, suppress(OSError):
        connection.settimeout(0.5)
        connection.recv(4096)
        for command in commands:
            connection.sendall(command)
        while connection.recv(4096):
            pass


def login_refused(stage: Stage) -> None:
    """A service connects with the token from before the rotation."""
    here = free_address(4222)
    start(stage, POD, here, 'authorization: { user: orders, password: "s3cond" }\n')
    client(here, b'CONNECT {"user":"orders","pass":"s3cond","name":"order-api"}\r\nPING\r\n')
    for _ in range(5):
        client(here, b'CONNECT {"user":"orders","pass":"f1rst","name":"invoice-worker"}\r\nPING\r\n')


def peer_gone(stage: Stage) -> None:
    """Two servers form a cluster, and one goes."""
    (here, there), (route, other) = (free_address(4222), free_address(4222)), (free_address(6222), free_address(6222))
    second = start(stage, PEER, there, f"cluster: {{ name: bus, listen: '{other}' }}\n")
    routes = f"routes: ['nats://{other}'], connect_retries: 30"
    start(stage, POD, here, f"cluster: {{ name: bus, listen: '{route}', {routes} }}\n")
    stage.wait_for(r"Route connection created", labels=POD)
    client(here, b"CONNECT {}\r\nPUB orders 2\r\nhi\r\nPING\r\n")
    stage.pause(1.0)
    second.kill()
    stage.wait_for(r"Error trying to connect to route.*connection refused", labels=POD, times=2, timeout=30)


def peer_back(stage: Stage) -> None:
    """One of two servers of a cluster is restarted."""
    (here, there), (route, other) = (free_address(4222), free_address(4222)), (free_address(6222), free_address(6222))
    second = start(stage, PEER, there, f"cluster: {{ name: bus, listen: '{other}' }}\n")
    routes = f"routes: ['nats://{other}'], connect_retries: 30"
    start(stage, POD, here, f"cluster: {{ name: bus, listen: '{route}', {routes} }}\n")
    stage.wait_for(r"Route connection created", labels=POD)
    second.kill()
    stage.wait_for(r"Error trying to connect to route.*connection refused", labels=POD, timeout=30)
    start(stage, PEER, there, f"cluster: {{ name: bus, listen: '{other}' }}\n", nth=2)
    stage.wait_for(r"Route connection created", labels=POD, times=2, timeout=20)
    client(here, b"CONNECT {}\r\nPUB orders 2\r\nhi\r\nPING\r\n")


def consumer_slow(stage: Stage) -> None:
    """A subscriber stops reading while messages pour in."""
    here = free_address(4222)
    start(stage, POD, here, 'max_payload: 100000\nmax_pending: 200000\nwrite_deadline: "1s"\n')
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect((here.host, here.port))
    slow.sendall(b'CONNECT {"name":"report-worker"}\r\nSUB events 1\r\nPING\r\n')
    stage.pause(0.5)
    for _ in range(6):
        client(here, b'CONNECT {"name":"order-api"}\r\n' + b"PUB events 60000\r\n" + b"x" * 60_000 + b"\r\n",
               *[b"PUB events 60000\r\n" + b"x" * 60_000 + b"\r\n"] * 60)  # fmt: skip
    stage.wait_for(r"Slow Consumer", timeout=20)
    slow.close()
    client(here, b"CONNECT {}\r\nPING\r\n")


SCENARIOS = (
    Scenario(
        id="nats-login-refused",
        program=NATS,
        question="invoice-worker cannot reach the message bus. Is NATS down?",
        fault="a client connects with an old password",
        severity=Severity.ERROR,
        category=Category.RBAC_AUTH,
        component="nats",
        root_cause="A client logs in as orders with a password that is not valid any more; NATS refuses it.",
        summary="NATS runs and serves others; each connection with the old password ends in an authentication error.",
        key_lines=(r"authentication error",),
        act=login_refused,
        tags=("authentication",),
    ),
    Scenario(
        id="nats-peer-gone",
        program=NATS,
        question="What happened to the message bus?",
        fault="one of two servers of a cluster is killed",
        severity=Severity.ERROR,
        category=Category.MISSING_DEPENDENCY,
        component="nats",
        root_cause="nats-1 is gone; nats-0 cannot reach its route any more and the cluster has lost its second server.",
        summary="The route to nats-1 was closed and every attempt to connect again is refused.",
        key_lines=(r"Error trying to connect to route",),
        act=peer_gone,
        tags=("peer-gone",),
    ),
    Scenario(
        id="nats-peer-back",
        program=NATS,
        question="NATS logged route errors during the node's reboot. Is the cluster whole again?",
        fault="one of two servers of a cluster is restarted",
        severity=Severity.WARN,
        category=Category.MISSING_DEPENDENCY,
        component="nats",
        root_cause="nats-1 was away for a moment and is back; the route between the two servers stands again.",
        summary="Connecting to the route of nats-1 was refused until it had restarted; then the route was created.",
        key_lines=(r"Error trying to connect to route", r"Route connection created"),
        act=peer_back,
        tags=("recovered",),
    ),
    Scenario(
        id="nats-consumer-slow",
        program=NATS,
        question="Events are missing in the reports. What does the bus say?",
        fault="a subscriber does not read what it subscribed to",
        severity=Severity.WARN,
        category=Category.RESOURCE_LIMITS,
        component="nats",
        root_cause="A subscriber reads more slowly than events come, so NATS cut it off as a slow consumer.",
        summary="NATS dropped the connection of a slow consumer once its pending data passed the limit; others go on.",
        key_lines=(r"Slow Consumer",),
        act=consumer_slow,
        tags=("limit",),
    ),
)
