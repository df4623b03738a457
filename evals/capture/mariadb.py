"""MariaDB as the shop's other database: logins, a full disk, damage, a crash it recovers from, ordinary notes."""

import hashlib
import socket
import struct

from evals.capture.process import Server
from evals.capture.program import SystemProgram
from evals.capture.scenario import CaptureError, Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity, Status

MARIADB = SystemProgram("MariaDB", ("mariadbd", "mariadb-install-db"), "mariadb-server")

POD = Labels(namespace="shop", pod="mariadb-0", container="mariadb", node="node-2", app="mariadb")


def words(stage: Stage, at: Address, *options: str) -> list[str]:
    """The command of a server with its data in the stage's folder."""
    folder = stage.folder
    return [
        MARIADB.path(), "--no-defaults", f"--datadir={folder}/data", f"--socket={folder}/db.sock",
        f"--pid-file={folder}/db.pid", f"--bind-address={at.host}", f"--port={at.port}", "--log-warnings=3",
        "--skip-name-resolve", "--innodb-buffer-pool-size=16M", "--skip-log-bin", f"--tmpdir={folder}", *options,
    ]  # fmt: skip


def installed(stage: Stage) -> None:
    """Makes a data folder, unrecorded."""
    stage.run(
        [MARIADB.path("mariadb-install-db"), "--no-defaults", f"--datadir={stage.folder}/data", "--skip-test-db",
         "--skip-name-resolve",          "--auth-root-authentication-method=normal", "--innodb-log-file-size=4M"]
    )  # fmt: skip


def start(stage: Stage, at: Address, *options: str, nth: int = 1) -> Server:
    """Starts the server and waits until it takes connections."""
    server = stage.start(words(stage, at, "--innodb-log-file-size=4M", *options), POD)
    stage.wait_for(r"ready for connections", times=nth, timeout=40)
    return server


def log_in(at: Address, user: str, password: str = "") -> socket.socket:
    """Connects and answers the server's handshake with `mysql_native_password`; what it says then is not read."""
    connection = socket.create_connection((at.host, at.port), timeout=5)
    hello = connection.recv(4096)[4:]
    end = hello.index(b"\0", 1) + 5
    seed = hello[end : end + 8] + hello[end + 27 : end + 39]
    token = b""
    if password:
        once = hashlib.sha1(password.encode()).digest()  # noqa: S324  # the protocol's own
        twice = hashlib.sha1(seed + hashlib.sha1(once).digest()).digest()  # noqa: S324
        token = bytes(a ^ b for a, b in zip(once, twice, strict=True))
    body = struct.pack("<IIB23x", 0x000FA201 | 0x80000, 1 << 24, 33) + user.encode() + b"\0"
    body += bytes([len(token)]) + token + b"mysql_native_password\0"
    connection.sendall(struct.pack("<I", len(body))[:3] + b"\1" + body)
    return connection


def query(connection: socket.socket, statement: str) -> bytes:
    """Runs a statement and gives the first packet of what is answered."""
    body = b"\3" + statement.encode()
    connection.sendall(struct.pack("<I", len(body))[:3] + b"\0" + body)
    return connection.recv(65_536)


def session(at: Address) -> socket.socket:
    """A session of root in a database of its own."""
    connection = log_in(at, "root")
    if connection.recv(4096)[4:5] != b"\0":
        raise CaptureError("root could not log in to MariaDB")
    for statement in ("CREATE DATABASE IF NOT EXISTS shop", "USE shop"):
        query(connection, statement)
    return connection


def login_refused(stage: Stage) -> None:
    """The shop logs in with the password from before the rotation."""
    at = free_address(3306)
    installed(stage)
    start(stage, at)
    for _ in range(5):
        with log_in(at, "shop", "rosebud") as connection:
            connection.recv(4096)
        stage.pause(0.2)


def crash_recovered(stage: Stage) -> None:
    """The server is killed while it writes, and recovers when it is started again."""
    at = free_address(3306)
    installed(stage)
    server = start(stage, at)
    connection = session(at)
    query(connection, "CREATE TABLE orders (id INT PRIMARY KEY, note TEXT) ENGINE=InnoDB")
    for nth in range(40):
        query(connection, f"INSERT INTO orders VALUES ({nth}, REPEAT('x', 4000))")  # noqa: S608  # numbers of ours
    server.kill()
    start(stage, at, nth=2)
    stage.pause(0.5)


def tablespace_damaged(stage: Stage) -> None:
    """After a power cut the system tablespace has lost its pages."""
    at = free_address(3306)
    installed(stage)
    start(stage, at).stop()
    with (stage.folder / "data" / "ibdata1").open("r+b") as file:
        file.seek(0)
        file.write(bytes(2_000_000))
    stage.crash(words(stage, at, "--innodb-log-file-size=4M"), POD, times=2)


def clients_abort(stage: Stage) -> None:
    """Clients leave without saying goodbye, and a port scan knocks."""
    at = free_address(3306)
    installed(stage)
    start(stage, at, "--wait-timeout=1")
    idle = session(at)
    for _ in range(3):
        socket.create_connection((at.host, at.port), timeout=5).close()
        session(at).close()
        stage.pause(0.3)
    stage.wait_for(r"Aborted connection", times=2)
    idle.close()


SCENARIOS = (
    Scenario(
        id="mariadb-login-refused",
        program=MARIADB,
        question="The shop cannot log in to MariaDB since the secret changed. Which side is wrong?",
        fault="the application logs in with credentials that are not valid",
        severity=Severity.ERROR,
        category=Category.RBAC_AUTH,
        component="mysql",
        root_cause="The application logs in as shop with credentials that MariaDB does not accept.",
        summary="MariaDB runs; every login of user shop is denied.",
        key_lines=(r"Access denied for user",),
        act=login_refused,
        tags=("authentication",),
    ),
    Scenario(
        id="mariadb-crash-recovered",
        program=MARIADB,
        question="mariadb-0 was killed during the night. Is the data all right?",
        fault="the server is killed while it writes",
        severity=Severity.WARN,
        category=Category.DATABASE,
        component="mysql",
        root_cause="MariaDB was killed without a shutdown; InnoDB recovered from its log at the next start.",
        summary="InnoDB started crash recovery and finished it; the server takes connections again.",
        key_lines=(r"Starting crash recovery",),
        act=crash_recovered,
        tags=("recovered",),
    ),
    Scenario(
        id="mariadb-tablespace-damaged",
        program=MARIADB,
        question="MariaDB does not come up after the power cut. Do I need the backup?",
        fault="the system tablespace has lost its first pages",
        severity=Severity.CRITICAL,
        category=Category.STORAGE_VOLUME,
        component="mysql",
        root_cause="The system tablespace ibdata1 is corrupt after an unclean stop, so InnoDB cannot start.",
        summary="InnoDB finds its system tablespace corrupted and the server aborts; it needs the backup or a forced "
        "recovery.",
        key_lines=(r"\[ERROR\] InnoDB",),
        act=tablespace_damaged,
        tags=("corrupt", "crash"),
    ),
    Scenario(
        id="mariadb-clients-abort",
        program=MARIADB,
        question="MariaDB warns about aborted connections. Is the database in trouble?",
        fault="none: clients leave without saying goodbye",
        status=Status.HEALTHY,
        severity=Severity.INFO,
        category=Category.BENIGN_NOISE,
        component="mysql",
        root_cause="Clients close their connections without ending the session, and a probe only knocks.",
        summary="The warnings are of clients that left or idled; MariaDB is ready and serves others.",
        key_lines=(r"Aborted connection|This connection closed normally without authentication",),
        act=clients_abort,
        tags=("healthy", "red-herring"),
    ),
)
