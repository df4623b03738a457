"""RabbitMQ as the work queue: a memory alarm, a disk alarm, a login that is refused, probes that only knock."""

import socket
import struct
from contextlib import suppress

from evals.capture.program import SystemProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity, Status

# The scripts on PATH want to be root or the user rabbitmq; those of the package's own folder run as anybody.
_SCRIPTS = "/usr/lib/rabbitmq/bin"
RABBITMQ = SystemProgram("RabbitMQ", ("rabbitmqctl", "rabbitmq-server", "epmd"), "rabbitmq-server", "version")

POD = Labels(namespace="messaging", pod="rabbitmq-0", container="rabbitmq", node="node-1", app="rabbitmq")
_UNSEEN = Labels(namespace="messaging", pod="epmd", container="epmd", node="node-1", app="epmd")


def start(stage: Stage, settings: str) -> Address:
    """Starts the broker with a port mapper of its own, and waits until it takes connections."""
    at, mapper = free_address(5672), free_address(4369)
    stage.start([RABBITMQ.path("epmd"), "-address", "127.0.0.1", "-port", str(mapper.port)], _UNSEEN)
    folder = stage.folder
    conf = stage.file(
        "rabbitmq.conf",
        f"listeners.tcp.local = {at}\nlog.console = true\nlog.console.level = info\nlog.file = false\n"
        f"loopback_users = none\nheartbeat = 10\n{settings}",
    )
    plugins = stage.file("enabled_plugins", "[].\n")
    variables = {
        "RABBITMQ_NODENAME": "rabbit@localhost", "RABBITMQ_CONFIG_FILE": conf, "RABBITMQ_MNESIA_BASE": folder / "data",
        "RABBITMQ_LOG_BASE": folder, "RABBITMQ_ENABLED_PLUGINS_FILE": plugins, "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONF_ENV_FILE": "/nowhere", "ERL_EPMD_PORT": mapper.port, "RABBITMQ_DIST_PORT": mapper.port + 1000,
        "RABBITMQ_PID_FILE": folder / "rabbit.pid", "ERL_EPMD_ADDRESS": "127.0.0.1",
    }  # fmt: skip
    words = [f"{name}={value}" for name, value in variables.items()]
    stage.start(["/usr/bin/env", *words, f"{_SCRIPTS}/rabbitmq-server"], POD)
    stage.wait_for(r"Server startup complete", timeout=60)
    return at


def log_in(at: Address, user: str, password: str) -> None:
    """Opens a connection as AMQP 0-9-1 has it, up to the answer to the login."""
    with socket.create_connection((at.host, at.port), timeout=10) as connection, suppress(OSError):
        connection.sendall(b"AMQP\0\0\x09\x01")
        connection.recv(8192)
        answer = f"\0{user}\0{password}".encode()
        body = struct.pack(">HHI", 10, 11, 0) + b"\x05PLAIN" + struct.pack(">I", len(answer)) + answer + b"\x05en_US"
        connection.sendall(struct.pack(">BHI", 1, 0, len(body)) + body + b"\xce")
        connection.settimeout(5)
        connection.recv(8192)


def memory_alarm(stage: Stage) -> None:
    """The memory watermark is far below what the broker needs."""
    start(stage, "vm_memory_high_watermark.absolute = 60MB\n")
    stage.wait_for(r"memory resource limit alarm set", timeout=30)
    stage.pause(1.0)


def disk_alarm(stage: Stage) -> None:
    """Less disk is free than the limit asks for."""
    start(stage, "disk_free_limit.absolute = 90000GB\n")
    stage.wait_for(r"disk resource limit alarm set", timeout=30)
    stage.pause(1.0)


def login_refused(stage: Stage) -> None:
    """A worker still has the password from before the rotation."""
    at = start(stage, "")
    for _ in range(4):
        log_in(at, "worker", "rosebud")
    stage.wait_for(r"login refused|invalid credentials", times=2, timeout=20)


def probes_knock(stage: Stage) -> None:
    """A probe opens the port and closes it again."""
    at = start(stage, "")
    for _ in range(4):
        with socket.create_connection((at.host, at.port), timeout=5) as connection:
            connection.sendall(b"AMQP\0\0\x09\x01")
            connection.recv(8192)
        stage.pause(0.3)
    stage.wait_for(r"closed", times=2, timeout=20)


SCENARIOS = (
    Scenario(
        id="rabbitmq-memory-alarm",
        program=RABBITMQ,
        question="Publishers hang since the last change of limits. What does RabbitMQ say?",
        fault="the memory watermark is below what the broker uses",
        severity=Severity.ERROR,
        category=Category.RESOURCE_LIMITS,
        component="rabbitmq",
        root_cause="RabbitMQ uses more memory than vm_memory_high_watermark allows and blocks all publishers.",
        summary="The memory resource limit alarm is set on the node, so publishers are blocked until memory is freed.",
        key_lines=(r"memory resource limit alarm set",),
        act=memory_alarm,
        tags=("memory",),
    ),
    Scenario(
        id="rabbitmq-disk-alarm",
        program=RABBITMQ,
        question="Jobs are not accepted any more. Is the queue broken?",
        fault="less disk is free than disk_free_limit asks for",
        severity=Severity.ERROR,
        category=Category.DISK_PRESSURE,
        component="rabbitmq",
        root_cause="Less disk is free than disk_free_limit asks for, so RabbitMQ blocks all publishers.",
        summary="The disk resource limit alarm is set on the node; nothing is published until there is room.",
        key_lines=(r"disk resource limit alarm set|Free disk space is insufficient",),
        act=disk_alarm,
        tags=("disk-full",),
    ),
    Scenario(
        id="rabbitmq-login-refused",
        program=RABBITMQ,
        question="The workers cannot connect to RabbitMQ. Why?",
        fault="a worker logs in with credentials that are not valid",
        severity=Severity.ERROR,
        category=Category.RBAC_AUTH,
        component="rabbitmq",
        root_cause="The workers log in as user worker with credentials that RabbitMQ does not accept.",
        summary="RabbitMQ runs; each login of user worker is refused with invalid credentials.",
        key_lines=(r"login refused|invalid credentials",),
        act=login_refused,
        tags=("authentication",),
    ),
    Scenario(
        id="rabbitmq-probes-knock",
        program=RABBITMQ,
        question="RabbitMQ warns about connections that close at once. Is something broken?",
        fault="none: a probe opens the port and leaves",
        status=Status.HEALTHY,
        severity=Severity.INFO,
        category=Category.BENIGN_NOISE,
        component="rabbitmq",
        root_cause="A probe opens connections and closes them during the handshake; the broker is up.",
        summary="The broker started completely; the warnings are of connections that were closed by whoever knocked.",
        key_lines=(r"Server startup complete", r"closing AMQP connection"),
        act=probes_knock,
        tags=("healthy", "red-herring"),
    ),
)
