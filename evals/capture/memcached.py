"""memcached as a cache: too little memory, a port that is taken, and ordinary traffic."""

import socket

from evals.capture.process import Server
from evals.capture.program import SystemProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity, Status

MEMCACHED = SystemProgram("memcached", ("memcached",), "memcached", version_option="-V")

POD = Labels(namespace="cache", pod="memcached-0", container="memcached", node="node-1", app="memcached")
OTHER = Labels(
    namespace="shop", pod="page-cache-7d8f9b6c5-w2xkz", container="memcached", node="node-1", app="page-cache"
)


def words(at: Address, *options: str) -> list[str]:
    """The command of a memcached that says what it does."""
    return [MEMCACHED.path(), "-l", at.host, "-p", str(at.port), "-U", "0", "-t", "1", "-vv", *options]


def start(stage: Stage, at: Address, *options: str) -> Server:
    """Starts the cache and waits until it listens."""
    server = stage.start(words(at, *options), POD)
    stage.wait_for(r"server listening")
    return server


def tell(at: Address, *commands: bytes) -> None:
    """Sends commands over one connection and reads what is answered."""
    with socket.create_connection((at.host, at.port), timeout=5) as connection:
        for command in commands:
            connection.sendall(command)
            connection.recv(65_536)


def set_key(name: str, size: int) -> bytes:
    """The command that stores a value of `size` bytes."""
    return f"set {name} 0 0 {size}\r\n".encode() + b"x" * size + b"\r\n"


def out_of_memory(stage: Stage) -> None:
    """The cache may evict nothing and is full."""
    at = free_address(11211)
    start(stage, at, "-m", "4", "-M")
    tell(at, *(set_key(f"page:{nth}", 400_000) for nth in range(14)), b"get page:1\r\n")
    stage.wait_for(r"out of memory", times=2)


def port_taken(stage: Stage) -> None:
    """A second cache with the host's network starts on a node where one has the port already."""
    at = free_address(11211)
    start(stage, at)
    tell(at, set_key("session:1", 10), b"get session:1\r\n")
    stage.crash(words(at), OTHER)


def ordinary(stage: Stage) -> None:
    """Some keys are found, others are not there yet."""
    at = free_address(11211)
    start(stage, at)
    for nth in range(6):
        tell(at, f"get page:{nth}\r\n".encode(), set_key(f"page:{nth}", 50), f"get page:{nth}\r\n".encode())
    tell(at, b"touch page:77 60\r\n", b"delete page:99\r\n", b"quit\r\n")


SCENARIOS = (
    Scenario(
        id="memcached-out-of-memory",
        program=MEMCACHED,
        question="Half of the pages are not cached any more. What does the cache say?",
        fault="the memory limit is reached and eviction is off",
        severity=Severity.ERROR,
        category=Category.RESOURCE_LIMITS,
        component="memcached",
        root_cause="memcached reached its memory limit and, with eviction switched off (-M), refuses to store more.",
        summary="New values are refused with SERVER_ERROR out of memory; what is stored already is still served.",
        key_lines=(r"SERVER_ERROR out of memory",),
        act=out_of_memory,
        tags=("memory",),
    ),
    Scenario(
        id="memcached-port-taken",
        program=MEMCACHED,
        question="page-cache does not come up on node-1. Why?",
        fault="another memcached has the port on the same host address",
        severity=Severity.ERROR,
        category=Category.CONFIG_ERROR,
        component="page-cache",
        root_cause="Another memcached on the node already listens on the same address and port 11211.",
        summary="page-cache cannot listen because memcached-0 has the port on the same host; it ends again and again.",
        key_lines=(r"Address already in use",),
        act=port_taken,
        tags=("port", "crash"),
    ),
    Scenario(
        id="memcached-ordinary-traffic",
        program=MEMCACHED,
        question="memcached prints NOT_FOUND and END without values. Is something lost?",
        fault="none: keys that are not cached yet are asked for",
        status=Status.HEALTHY,
        severity=Severity.INFO,
        category=Category.BENIGN_NOISE,
        component="memcached",
        root_cause="Clients ask for keys that are not cached yet and then store them; that is how a cache works.",
        summary="Misses are followed by stores and hits; nothing is refused.",
        key_lines=(r"NOT_FOUND",),
        act=ordinary,
        tags=("healthy",),
    ),
)
