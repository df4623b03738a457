"""PostgreSQL as the shop's database: space, connections, passwords, locks, memory, versions, permissions, load."""

import os
import signal
import socket
import struct
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from evals.capture.http_traffic import send
from evals.capture.process import Server
from evals.capture.program import SystemProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity, Status

# It refuses to run as root.
_TOOLS = ("postgres", "initdb", "psql", "pgbench")
POSTGRESQL = SystemProgram("PostgreSQL", _TOOLS, "postgresql postgresql-contrib", user="postgres")

POD = Labels(namespace="databases", pod="postgres-0", container="postgres", node="node-2", app="postgres")
MIGRATION = Labels(namespace="shop", pod="shop-migrate-8wq5d", container="migrate", node="node-2", app="shop-migrate")


@dataclass
class Database:
    """A database server with a database `shop` that belongs to the role `shop`."""

    stage: Stage
    address: Address
    data: Path
    server: Server

    @property
    def url(self) -> str:
        """Where the application finds it."""
        return f"postgresql://shop:rosebud@{self.address}/shop"

    def sql(self, statement: str, url: str | None = None) -> str:
        """Runs a statement as the application (or at `url`), whether it succeeds or not, and gives the output."""
        words = [POSTGRESQL.path("psql"), "-X", "-A", "-t", "-c", statement, url or self.url]
        return self.stage.run(words, check=False)

    def connect(self) -> socket.socket:
        """A connection of the application that asks nothing: the start-up message, then silence."""
        connection = socket.create_connection((self.address.host, self.address.port), timeout=5)
        message = struct.pack(">i", 196_608) + b"user\0watcher\0database\0shop\0\0"  # 196608: protocol 3.0
        connection.sendall(struct.pack(">i", len(message) + 4) + message)
        connection.recv(64)
        return connection


def words(stage: Stage, address: Address, data: Path, *settings: str) -> list[str]:
    """The command of a server."""
    given = (f"listen_addresses={address.host}", f"port={address.port}", f"unix_socket_directories={stage.folder}")
    return [POSTGRESQL.path(), "-D", str(data), *(word for setting in (*given, *settings) for word in ("-c", setting))]


def initialised(stage: Stage, folder: Path) -> Path:
    """A fresh data directory."""
    data = folder / "pgdata"
    stage.run(
        [POSTGRESQL.path("initdb"), "-D", str(data), "--no-sync", "--wal-segsize=1", "--username=postgres",
         "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8"]
    )  # fmt: skip
    access = data / "pg_hba.conf"
    access.write_text("host all watcher 127.0.0.0/8 trust\n" + access.read_text())
    return data


def started(stage: Stage, *settings: str, disk: Path | None = None) -> Database:
    """A fresh server with a table of orders in the database `shop`."""
    address, data = free_address(5432), initialised(stage, disk or stage.folder)
    # SIGINT is its fast shutdown, and what its container image is stopped with.
    server = stage.start(words(stage, address, data, *settings), POD, stop_signal=signal.SIGINT)
    database = Database(stage, address, data, server)
    stage.wait_for(r"database system is ready to accept connections")
    admin = f"postgresql://postgres@/postgres?host={stage.folder}&port={address.port}"
    database.sql("create role shop login password 'rosebud'", admin)
    database.sql("create role watcher login", admin)
    database.sql("create database shop owner shop", admin)
    database.sql("create table orders (id serial primary key, item text, placed timestamptz default now())")
    return database


def disk_full(stage: Stage) -> None:
    """Orders fill the volume."""
    database = started(stage, "max_wal_size=4MB", "log_connections=on", disk=stage.small_disk("volume", "40m"))
    for _ in range(4):
        database.sql("insert into orders (item) select repeat('x', 900) from generate_series(1, 9000)")
    stage.wait_for(r"No space left on device")
    for _ in range(2):
        database.sql("insert into orders (item) values ('one more')")
    stage.pause(1.0)


def connections_exhausted(stage: Stage) -> None:
    """More connections are opened than the server has slots."""
    database = started(stage, "max_connections=12", "log_connections=on")
    with ExitStack() as held:
        for _ in range(16):
            held.enter_context(database.connect())
    stage.wait_for(r"remaining connection slots|too many clients", times=4)


def password_rotated(stage: Stage) -> None:
    """The password was changed in the database, and the application still has the old one."""
    database = started(stage, "log_connections=on")
    database.sql("select count(*) from orders")
    database.sql("alter role shop password 'hunter2'")
    for _ in range(5):
        database.sql("select count(*) from orders")
        stage.pause(0.3)


def migration_holds_lock(stage: Stage) -> None:
    """A migration keeps a table locked while the application writes to it."""
    database = started(stage, "log_lock_waits=on", "deadlock_timeout=300ms")
    script = stage.file(
        "migrate.sql",
        "begin;\nlock table orders in access exclusive mode;\nalter table orders add column note text;\n"
        "select pg_sleep(20);\ncommit;\n",
    )
    stage.start([POSTGRESQL.path("psql"), "-X", "-e", "-f", str(script), database.url], MIGRATION)
    stage.wait_for(r"ALTER TABLE", labels=MIGRATION)
    for _ in range(3):
        database.sql("set statement_timeout = '800ms'; insert into orders (item) values ('tea')")
    stage.wait_for(r"canceling statement due to statement timeout", times=3)


def backend_killed(stage: Stage) -> None:
    """A report needs more memory than there is, and its backend is killed as the kernel does it."""
    database = started(stage, "log_min_duration_statement=200")
    report = "select count(distinct md5(n::text)) from generate_series(1, 50000000) n"
    job = Labels(
        namespace="shop", pod="sales-report-29318-c7kxz", container="report", node="node-2", app="sales-report"
    )
    stage.start([POSTGRESQL.path("psql"), "-X", "-c", report, database.url], job)
    find = "select pid from pg_stat_activity where query like 'select count(distinct%' and state = 'active'"
    for _ in range(20):
        stage.pause(0.2)
        if pid := database.sql(find).strip():
            os.kill(int(pid), signal.SIGKILL)  # a child of the server started above
            break
    stage.wait_for(r"database system is ready to accept connections", times=2)
    database.sql("select count(*) from orders")


def older_data(stage: Stage) -> None:
    """The image was raised by a major version over the old one's data."""
    data = initialised(stage, stage.folder)
    (data / "PG_VERSION").write_text("14\n")
    stage.crash(words(stage, free_address(5432), data), POD, times=4)


def folder_open_to_all(stage: Stage) -> None:
    """The volume came back with permissions for everybody."""
    database = started(stage)
    database.sql("select count(*) from orders")
    database.server.stop()
    database.data.chmod(0o777)
    stage.crash(words(stage, database.address, database.data), POD)


def load(stage: Stage) -> None:
    """A benchmark's load, with a probe that speaks HTTP to the database."""
    database = started(stage, "max_wal_size=6MB", "checkpoint_warning=30s")
    bench = [POSTGRESQL.path("pgbench")]
    stage.run([*bench, "-i", "-q", "-s", "1", database.url])
    for _ in range(3):
        send("GET", f"{database.address.url}/healthz", timeout=1.0)
    stage.run([*bench, "-c", "2", "-t", "300", database.url])
    stage.wait_for(r"checkpoints are occurring too frequently")
    database.sql("select count(*) from orders")


SCENARIOS = (
    Scenario(
        id="postgresql-disk-full",
        program=POSTGRESQL,
        question="Orders cannot be placed, the shop shows database errors. What is it?",
        fault="the volume of the data directory is full",
        severity=Severity.CRITICAL,
        category=Category.DISK_PRESSURE,
        component="postgresql",
        root_cause="The volume under PostgreSQL's data directory is full, so it cannot write.",
        summary="PostgreSQL has no space left on its data volume; writes fail until the volume is enlarged or cleared.",
        key_lines=(r"No space left on device",),
        act=disk_full,
        tags=("disk-full",),
    ),
    Scenario(
        id="postgresql-connections-exhausted",
        program=POSTGRESQL,
        question="The shop sometimes cannot reach its database. Is postgres-0 down?",
        fault="more connections are opened than max_connections",
        severity=Severity.ERROR,
        category=Category.DATABASE,
        component="postgresql",
        root_cause="All connection slots are taken; max_connections is too small for the clients, or they leak.",
        summary="PostgreSQL is up but refuses new connections because every slot is in use.",
        key_lines=(r"FATAL: .*(remaining connection slots are reserved|too many clients already)",),
        act=connections_exhausted,
        tags=("limit",),
    ),
    Scenario(
        id="postgresql-password-rotated",
        program=POSTGRESQL,
        question="Since the secret was rotated the shop cannot log in to the database. What do the logs say?",
        fault="the role's password is changed while the application keeps the old one",
        severity=Severity.ERROR,
        category=Category.RBAC_AUTH,
        component="postgresql",
        root_cause="The application logs in as shop with a password that is no longer valid.",
        summary="Every connection of the role shop fails password authentication since the rotation; the application "
        "still uses the old secret.",
        key_lines=(r'password authentication failed for user "shop"',),
        act=password_rotated,
        tags=("authentication",),
    ),
    Scenario(
        id="postgresql-migration-holds-lock",
        program=POSTGRESQL,
        question="Placing an order times out since the deployment. Why?",
        fault="a migration keeps an exclusive lock on a table",
        severity=Severity.ERROR,
        category=Category.DATABASE,
        component="postgresql",
        root_cause="The migration shop-migrate holds an exclusive lock on orders, so inserts wait and time out.",
        summary="Inserts into orders wait for a lock that a running migration holds, and are cancelled by the "
        "statement timeout.",
        key_lines=(r"still waiting for RowExclusiveLock", r"canceling statement due to statement timeout"),
        act=migration_holds_lock,
        tags=("lock",),
    ),
    Scenario(
        id="postgresql-backend-killed",
        program=POSTGRESQL,
        question="All database connections dropped for a moment. What happened to postgres-0?",
        fault="a backend is killed with SIGKILL, as the kernel's OOM killer does",
        severity=Severity.ERROR,
        category=Category.OOM_KILLED,
        component="postgresql",
        root_cause="A backend was ended by signal 9, as the OOM killer does to a query that takes too much memory; "
        "PostgreSQL dropped all connections and recovered.",
        summary="The backend of a large report was killed; the server ended all other sessions, replayed its log and "
        "accepts connections again.",
        key_lines=(r"was terminated by signal 9: Killed",),
        act=backend_killed,
        tags=("memory", "recovered"),
    ),
    Scenario(
        id="postgresql-older-data",
        program=POSTGRESQL,
        question="postgres-0 does not start after the image update. Can I fix it without losing data?",
        fault="the data directory is of the major version before",
        severity=Severity.CRITICAL,
        category=Category.VERSION_INCOMPATIBILITY,
        component="postgresql",
        root_cause="The data directory was initialised by PostgreSQL 14, and version 15 cannot open it.",
        summary="The image was raised by a major version without pg_upgrade, so the server refuses the old data.",
        key_lines=(r"database files are incompatible with server", r"initialized by PostgreSQL version 14"),
        act=older_data,
        tags=("version", "crash"),
    ),
    Scenario(
        id="postgresql-folder-open-to-all",
        program=POSTGRESQL,
        question="The database pod restarts forever since the volume was restored. Why?",
        fault="the data directory is open to everybody",
        severity=Severity.CRITICAL,
        category=Category.STORAGE_VOLUME,
        component="postgresql",
        root_cause="The data directory's permissions are too wide, and PostgreSQL refuses to start on it.",
        summary="PostgreSQL insists on mode 0700 or 0750 for its data directory; the restored volume has another.",
        key_lines=(r"data directory .* has invalid permissions", r"Permissions should be u=rwx"),
        act=folder_open_to_all,
        tags=("permissions", "crash"),
    ),
    Scenario(
        id="postgresql-load",
        program=POSTGRESQL,
        question="PostgreSQL logs hints about checkpoints and broken start-up packets. Is the database in trouble?",
        fault="none: load, and a probe that speaks HTTP to the database",
        status=Status.HEALTHY,
        severity=Severity.INFO,
        category=Category.BENIGN_NOISE,
        component="postgresql",
        root_cause="A load test writes much, so checkpoints come often, and an HTTP probe knocks on the database port.",
        summary="The database works: frequent checkpoints under load are a tuning hint, and the bad start-up packets "
        "come from a probe that speaks the wrong protocol.",
        key_lines=(r"checkpoints are occurring too frequently", r"invalid length of startup packet"),
        act=load,
        tags=("healthy",),
    ),
)
