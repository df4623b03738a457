"""Unbound as the resolver of the cluster's nodes: a forwarder that goes or comes back, a wrong file, noise."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from evals.capture.process import Server
from evals.capture.program import SystemProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity, Status

UNBOUND = SystemProgram("Unbound", ("unbound",), "unbound", version_option="-V")

POD = Labels(namespace="dns", pod="unbound-5d9c7b6f8-kq4lp", container="unbound", node="node-1", app="unbound")

NAMES = ("registry.example.org", "github.example.org", "mail.example.org", "nas.home.example")


def words(stage: Stage, here: Address, forwarder: Address, extra: str = "") -> list[str]:
    """The command of an Unbound that forwards everything to one address."""
    text = (
        f'server:\n  interface: {here.host}\n  port: {here.port}\n  do-daemonize: no\n  chroot: ""\n  username: ""\n'
        f'  directory: "{stage.folder}"\n  pidfile: "{stage.folder}/unbound.pid"\n  use-syslog: no\n  logfile: ""\n'
        "  log-time-ascii: no\n  verbosity: 1\n  log-queries: yes\n  log-replies: yes\n  log-servfail: yes\n"
        "  infra-host-ttl: 4\n  infra-keep-probing: yes\n  num-threads: 1\n  so-reuseport: no\n"
        "  do-not-query-localhost: no\n  module-config: iterator\n"
        f'  local-data: "nas.home.example. A 192.0.2.10"\n{extra}'
        f'remote-control:\n  control-enable: no\nforward-zone:\n  name: "."\n'
        f"  forward-addr: {forwarder.host}@{forwarder.port}\n"
    )
    return [UNBOUND.path(), "-d", "-p", "-c", str(stage.file("unbound.conf", text))]


def start(stage: Stage, here: Address, forwarder: Address, nth: int = 1) -> Server:
    """Starts the resolver and waits until it serves."""
    server = stage.start(words(stage, here, forwarder), POD)
    stage.wait_for(r"start of service", times=nth)
    return server


def query(name: str, at: Address, timeout: float = 1.0) -> bytes:
    """Asks for the A record of a name, and gives the answer as it came (empty where none did)."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    packet = struct.pack(">HHHHHH", 4711, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(timeout)
        client.sendto(packet, (at.host, at.port))
        try:
            return client.recv(4096)
        except OSError:
            return b""


@contextmanager
def forwarding(at: Address) -> Iterator[None]:
    """A name server that knows every name of example.org and no other, until the block ends."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((at.host, at.port))
    server.settimeout(0.1)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                packet, client = server.recvfrom(4096)
            except OSError:
                continue
            end = packet.index(b"\0", 12) + 5
            known = packet[12:end].lower().endswith(b"\x07example\x03org\0" + packet[end - 4 : end])
            head = packet[:2] + struct.pack(">HHHHH", 0x8180 if known else 0x8183, 1, int(known), 0, 0)
            record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 5, 4) + bytes((192, 0, 2, 80))
            server.sendto(head + packet[12:end] + (record if known else b""), client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(5)
        server.close()


def forwarder_gone(stage: Stage) -> None:
    """The only forwarder ends, and names outside no longer resolve."""
    here, forwarder = free_address(5335), free_address(5336)
    with forwarding(forwarder):
        start(stage, here, forwarder)
        for name in NAMES:
            query(name, here)
    for nth in range(3):
        for name in NAMES:
            query(name if name.endswith("home.example") else f"v{nth}.{name}", here, timeout=2.0)
    stage.wait_for(r"SERVFAIL", times=3, timeout=40)


def forwarder_back(stage: Stage) -> None:
    """The forwarder is away for some seconds and comes back."""
    here, forwarder = free_address(5335), free_address(5336)
    with forwarding(forwarder):
        start(stage, here, forwarder)
        query(NAMES[0], here)
    for name in NAMES[:3]:
        query(f"cdn.{name}", here, timeout=2.0)
    stage.wait_for(r"SERVFAIL", times=2, timeout=40)
    with forwarding(forwarder):
        stage.pause(6.0)
        for nth in range(20):
            if b"\xc0\x00\x02\x50" in query(f"n{nth}.{NAMES[nth % 3]}", here, timeout=1.5):
                break
            stage.pause(1.0)
        for name in NAMES:
            query(f"again.{name}" if name.endswith("example.org") else name, here, timeout=1.5)
    stage.wait_for(r"again.mail.example.org. A IN NOERROR")


def file_wrong(stage: Stage) -> None:
    """An option of the configuration is misspelt."""
    here, forwarder = free_address(5335), free_address(5336)
    with forwarding(forwarder):
        start(stage, here, forwarder).stop()
    stage.crash(words(stage, here, forwarder, "  prefech: yes\n"), POD)


def unknown_names(stage: Stage) -> None:
    """Search domains make clients ask for names that do not exist before the one that does."""
    here, forwarder = free_address(5335), free_address(5336)
    with forwarding(forwarder):
        start(stage, here, forwarder)
        for name in NAMES * 2:
            for suffix in (".shop.svc.cluster.local", ".svc.cluster.local", ".cluster.local", ""):
                query(f"{name}{suffix}", here)


SCENARIOS = (
    Scenario(
        id="unbound-forwarder-gone",
        program=UNBOUND,
        question="Nothing outside resolves any more, the NAS still does. Where is the fault?",
        fault="the only forwarder does not answer",
        severity=Severity.ERROR,
        category=Category.DNS,
        component="unbound",
        root_cause="The only forwarder of Unbound no longer answers, so every name outside ends in SERVFAIL.",
        summary="Queries for example.org get SERVFAIL because the configured forward server fails; local data is still "
        "answered.",
        key_lines=(r"error: SERVFAIL",),
        act=forwarder_gone,
        tags=("dns", "peer-gone"),
    ),
    Scenario(
        id="unbound-forwarder-back",
        program=UNBOUND,
        question="DNS failed for a moment. Is it over?",
        fault="the forwarder is away for some seconds",
        severity=Severity.WARN,
        category=Category.DNS,
        component="unbound",
        root_cause="The forwarder did not answer for some seconds and then did again.",
        summary="Some names got SERVFAIL while the forward server was away; names resolve again since.",
        key_lines=(r"error: SERVFAIL",),
        act=forwarder_back,
        tags=("dns", "recovered"),
    ),
    Scenario(
        id="unbound-option-misspelt",
        program=UNBOUND,
        question="unbound crash loops since the config map changed. Why?",
        fault="an option is misspelt",
        severity=Severity.ERROR,
        category=Category.CONFIG_ERROR,
        component="unbound",
        root_cause="unbound.conf has the unknown option 'prefech', so Unbound cannot read its configuration.",
        summary="Unbound ends at once with errors in unbound.conf, at a misspelt option.",
        key_lines=(r"unknown keyword 'prefech'", r"fatal error: Could not read config file"),
        act=file_wrong,
        tags=("configuration", "crash"),
    ),
    Scenario(
        id="unbound-unknown-names",
        program=UNBOUND,
        question="Unbound answers NXDOMAIN all the time. Is our DNS broken?",
        fault="none: clients try their search domains first",
        status=Status.HEALTHY,
        severity=Severity.INFO,
        category=Category.BENIGN_NOISE,
        component="unbound",
        root_cause="Clients try their search domains before the name itself; the names that exist are resolved.",
        summary="The NXDOMAIN answers are for names with a search domain appended; each is followed by NOERROR for the "
        "name itself.",
        key_lines=(r"NXDOMAIN",),
        act=unknown_names,
        tags=("healthy", "red-herring"),
    ),
)
