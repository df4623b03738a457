"""chrony on a node: a clock that is wrong, sources that go away, an ordinary start; it never sets the clock (-x)."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from evals.capture.process import Server
from evals.capture.program import SystemProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity, Status

CHRONY = SystemProgram("chrony", ("chronyd",), "chrony", version_option="-v", user="root")

POD = Labels(namespace="kube-system", pod="chrony-node-2", container="chrony", node="node-2", app="chrony")

_EPOCH = 2_208_988_800  # seconds from 1900, where NTP begins, to 1970


@contextmanager
def time_server(at: Address, seconds_ahead: float = 0.0) -> Iterator[None]:
    """An NTP server whose clock is ahead of this machine's, until the block ends."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((at.host, at.port))
    server.settimeout(0.1)
    ended = threading.Event()

    def stamp() -> bytes:
        now = time.time() + seconds_ahead + _EPOCH
        return struct.pack(">II", int(now), int((now % 1) * 2**32))

    def serve() -> None:
        while not ended.is_set():
            try:
                packet, client = server.recvfrom(1024)
            except OSError:
                continue
            head = struct.pack(">BBBbII4s", 0x24, 2, packet[2], -20, 16, 16, bytes((192, 0, 2, 1)))
            server.sendto(head + stamp() + packet[40:48] + stamp() + stamp(), client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(5)
        server.close()


def start(stage: Stage, *sources: Address, extra: str = "") -> Server:
    """Starts chronyd in the foreground, without control of the clock."""
    servers = "".join(f"server {at.host} port {at.port} iburst minpoll -1 maxpoll -1\n" for at in sources)
    text = f"{servers}cmdport 0\nbindcmdaddress /\npidfile {stage.folder}/chronyd.pid\nlogchange 0.5\n{extra}"
    return stage.start([CHRONY.path(), "-d", "-x", "-f", str(stage.file("chrony.conf", text))], POD)


def clock_wrong(stage: Stage) -> None:
    """The node's clock is an hour behind its time servers."""
    first, second = free_address(1123), free_address(1123)
    with time_server(first, 3605.2), time_server(second, 3605.2):
        start(stage, first, second)
        stage.wait_for(r"Selected source", timeout=30)
        stage.wait_for(r"System clock wrong by", timeout=30)
        stage.pause(3.0)


def sources_lost(stage: Stage) -> None:
    """Both time servers go away."""
    first, second = free_address(1123), free_address(1123)
    with time_server(first), time_server(second):
        start(stage, first, second)
        stage.wait_for(r"Selected source", timeout=30)
        stage.pause(2.0)
    stage.wait_for(r"Can't synchronise: no selectable sources", timeout=60)


def ordinary_start(stage: Stage) -> None:
    """A start with two time servers that agree."""
    first, second = free_address(1123), free_address(1123)
    with time_server(first), time_server(second):
        start(stage, first, second)
        stage.wait_for(r"Selected source", timeout=30)
        stage.pause(4.0)


SCENARIOS = (
    Scenario(
        id="chrony-clock-wrong",
        program=CHRONY,
        question="Tokens are rejected as not yet valid on node-2 only. What is special about it?",
        fault="the node's clock is an hour behind",
        severity=Severity.ERROR,
        category=Category.TIME_SKEW,
        component="chrony",
        root_cause="The clock of node-2 is about 3605 seconds behind its time servers and is not corrected.",
        summary="chrony selected a source and reports the system clock wrong by an hour.",
        key_lines=(r"System clock wrong by",),
        act=clock_wrong,
        tags=("clock",),
    ),
    Scenario(
        id="chrony-sources-lost",
        program=CHRONY,
        question="Is the time on node-2 still being kept?",
        fault="both time servers go away",
        severity=Severity.WARN,
        category=Category.TIME_SKEW,
        component="chrony",
        root_cause="Neither time server answers any more, so the clock of node-2 runs free.",
        summary="chrony lost all its sources after it had selected one; the clock will drift until they are back.",
        key_lines=(r"Can't synchronise: no selectable sources",),
        act=sources_lost,
        tags=("clock", "peer-gone"),
    ),
    Scenario(
        id="chrony-ordinary-start",
        program=CHRONY,
        question="chrony says it disabled control of the system clock. Is the time on node-2 wrong?",
        fault="none: chronyd only watches the clock",
        severity=Severity.INFO,
        status=Status.HEALTHY,
        category=Category.BENIGN_NOISE,
        component="chrony",
        root_cause="chronyd runs in a container that may not set the clock and only watches it; it is in time.",
        summary="A source was selected and no offset is reported: the node's time is right.",
        key_lines=(r"Disabled control of system clock", r"Selected source"),
        act=ordinary_start,
        tags=("healthy", "clock", "red-herring"),
    ),
)
