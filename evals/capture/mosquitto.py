"""Mosquitto as the home's message broker: logins, a bridge, its password file, and clients that come and go."""

import socket
import struct

from evals.capture.process import Server
from evals.capture.program import SystemProgram
from evals.capture.scenario import CaptureError, Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity, Status

MOSQUITTO = SystemProgram("Mosquitto", ("mosquitto",), "mosquitto", version_option="-h")

POD = Labels(namespace="home", pod="mosquitto-0", container="mosquitto", node="node-2", app="mosquitto")


def words(stage: Stage, here: Address, extra: str) -> list[str]:
    """The command of a broker with one listener."""
    text = f"listener {here.port} {here.host}\nlog_dest stderr\nlog_type all\nconnection_messages true\n{extra}"
    return [MOSQUITTO.path(), "-c", str(stage.file("mosquitto.conf", text))]


def start(stage: Stage, here: Address, extra: str) -> Server:
    """Starts the broker and waits until it runs."""
    server = stage.start(words(stage, here, extra), POD)
    stage.wait_for(r"mosquitto version \S+ running")
    return server


def _text(value: str) -> bytes:
    return struct.pack(">H", len(value)) + value.encode()


def connect(at: Address, client: str, user: str = "", password: str = "", keepalive: int = 60) -> socket.socket:
    """Connects a client as MQTT 3.1.1 has it; the answer is read, whatever it is."""
    flags = 0x02 | (0xC0 if user else 0)
    body = _text("MQTT") + bytes((4, flags)) + struct.pack(">H", keepalive) + _text(client)
    if user:
        body += _text(user) + _text(password)
    connection = socket.create_connection((at.host, at.port), timeout=5)
    connection.sendall(bytes((0x10, len(body))) + body)
    connection.recv(4)
    return connection


def publish(connection: socket.socket, topic: str, payload: str) -> None:
    """Publishes one message at most once."""
    body = _text(topic) + payload.encode()
    connection.sendall(bytes((0x30, len(body))) + body)


def login_refused(stage: Stage) -> None:
    """The sensors still have the old password."""
    here = free_address(1883)
    passwords = stage.file("passwd", "")
    start(stage, here, f"allow_anonymous false\npassword_file {passwords}\n")
    for nth in range(6):
        connect(here, f"sensor-{nth % 3}", "sensors", "rosebud").close()
        stage.pause(0.3)


def bridge_gone(stage: Stage) -> None:
    """The broker that messages are bridged to does not listen."""
    here, cloud = free_address(1883), free_address(8883)
    bridge = (
        f"connection cloud\naddress {cloud.host}:{cloud.port}\ntopic # out\nrestart_timeout 1\n"
        "local_clientid bridge-local\nremote_clientid bridge-home\n"
    )
    start(stage, here, f"allow_anonymous true\n{bridge}")
    with connect(here, "thermostat") as client:
        for nth in range(4):
            publish(client, "home/kitchen/temperature", f"{20 + nth}.5")
            stage.pause(1.0)
    stage.wait_for(r"Error creating bridge", times=2, timeout=60)


def password_file_missing(stage: Stage) -> None:
    """The secret with the passwords is not mounted."""
    here = free_address(1883)
    extra = f"allow_anonymous false\npassword_file {stage.folder}/secret/passwd\n"
    for attempt in range(3):
        stage.pause(0.3 * attempt)
        if stage.start(words(stage, here, extra), POD).wait(20) == 0:
            raise CaptureError("mosquitto was to fail and ended well")


def clients_come_and_go(stage: Stage) -> None:
    """A client takes over its own session, one falls asleep, others leave in an orderly way."""
    here = free_address(1883)
    start(stage, here, "allow_anonymous true\n")
    first = connect(here, "dashboard")
    with connect(here, "dashboard") as again:
        sleepy = connect(here, "battery-sensor", keepalive=1)
        for nth in range(4):
            publish(again, "home/living/lamp", str(nth % 2))
            stage.pause(0.3)
        stage.wait_for(r"exceeded timeout", timeout=20)
        again.sendall(b"\xe0\x00")
        stage.pause(0.3)
    first.close()
    sleepy.close()


SCENARIOS = (
    Scenario(
        id="mosquitto-login-refused",
        program=MOSQUITTO,
        question="No sensor reports any more since I changed the broker's passwords. Why?",
        fault="clients log in with a user that the password file does not have",
        severity=Severity.ERROR,
        category=Category.RBAC_AUTH,
        component="mosquitto",
        root_cause="The sensors log in with credentials that the broker's password file does not have.",
        summary="Every connection of the sensors is refused as not authorised; the broker itself runs.",
        key_lines=(r"not authorised",),
        act=login_refused,
        tags=("authentication",),
    ),
    Scenario(
        id="mosquitto-bridge-gone",
        program=MOSQUITTO,
        question="The cloud shows no data from home. Is it the broker?",
        fault="the broker on the other side of a bridge does not listen",
        severity=Severity.ERROR,
        category=Category.MISSING_DEPENDENCY,
        component="mosquitto",
        root_cause="The remote broker of the bridge 'cloud' cannot be reached, so nothing is forwarded.",
        summary="Local clients publish without trouble; the bridge fails to connect again and again.",
        key_lines=(r"Error creating bridge",),
        act=bridge_gone,
        tags=("peer-gone",),
    ),
    Scenario(
        id="mosquitto-password-file-missing",
        program=MOSQUITTO,
        question="mosquitto-0 restarts all the time. What does it miss?",
        fault="the password file is not there",
        severity=Severity.ERROR,
        category=Category.CONFIG_ERROR,
        component="mosquitto",
        root_cause="password_file names a file that does not exist in the container, so Mosquitto ends at start.",
        summary="Mosquitto cannot open its password file and ends; the secret is not mounted where it looks.",
        key_lines=(r"[Uu]nable to open pwfile|Error opening password file",),
        act=password_file_missing,
        tags=("missing", "crash"),
    ),
    Scenario(
        id="mosquitto-clients-come-and-go",
        program=MOSQUITTO,
        question="The broker closes connections with timeouts. Is it unstable?",
        fault="none: clients come, go and fall asleep",
        status=Status.HEALTHY,
        severity=Severity.INFO,
        category=Category.BENIGN_NOISE,
        component="mosquitto",
        root_cause="A battery sensor fell asleep and a client took over its own session; both are ordinary.",
        summary="The broker closed one idle client and one superseded session; it serves the others all the time.",
        key_lines=(r"exceeded timeout", r"already connected, closing old connection"),
        act=clients_come_and_go,
        tags=("healthy", "red-herring"),
    ),
)
