"""rsyslog as a node's log forwarder: a log server that is gone, one that comes back, a wrong file."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from evals.capture.process import Server
from evals.capture.program import SystemProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity

RSYSLOG = SystemProgram("rsyslog", ("rsyslogd",), "rsyslog", version_option="-v")

POD = Labels(namespace="logging", pod="rsyslog-vx7lm", container="rsyslog", node="node-1", app="rsyslog")


@contextmanager
def log_server(at: Address) -> Iterator[None]:
    """A log server that takes what it is sent, until the block ends."""

    class Sink(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(0.2)
            while not ended.is_set():
                try:
                    if not self.request.recv(65_536):
                        return
                except TimeoutError:
                    continue

    class Sinks(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    ended = threading.Event()
    server = Sinks((at.host, at.port), Sink)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        server.shutdown()
        thread.join(5)
        server.server_close()


def words(stage: Stage, here: Address, target: Address, extra: str = "") -> list[str]:
    """The command of a forwarder: what comes by UDP goes to the target by TCP."""
    text = (
        f'global(workDirectory="{stage.folder}" processInternalMessages="on")\n'
        'template(name="plain" type="string" string="%timegenerated:::date-rfc3339% %syslogtag%%msg%\\n")\n'
        'syslog.* action(type="omfile" file="/dev/stdout" template="plain")\n'
        f'module(load="imudp")\ninput(type="imudp" address="{here.host}" port="{here.port}" ruleset="out")\n'
        f'ruleset(name="out") {{\n  action(type="omfwd" target="{target.host}" port="{target.port}" protocol="tcp" '
        f'action.resumeRetryCount="-1" action.resumeInterval="1" action.reportSuspension="on" '
        f'queue.type="LinkedList")\n}}\n{extra}'
    )
    return [
        RSYSLOG.path(), "-n", "-iNONE", "-f", str(stage.file("rsyslog.conf", text)),
    ]  # fmt: skip


def start(stage: Stage, here: Address, target: Address) -> Server:
    """Starts the forwarder and waits until it runs."""
    server = stage.start(words(stage, here, target), POD)
    stage.wait_for(r"start$|\[origin software=\"rsyslogd\"", timeout=20)
    return server


def log(stage: Stage, here: Address, times: int) -> None:
    """Sends lines as a program does that logs over UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for nth in range(times):
            client.sendto(f"<134>shop[7]: order {nth} placed".encode(), (here.host, here.port))
            stage.pause(0.2)


def server_gone(stage: Stage) -> None:
    """The log server ends while lines come in."""
    here, target = free_address(5140), free_address(6514)
    with log_server(target):
        start(stage, here, target)
        log(stage, here, 5)
    log(stage, here, 20)
    stage.wait_for(r"suspended", timeout=30)
    log(stage, here, 10)


def server_back(stage: Stage) -> None:
    """The log server is restarted while lines come in."""
    here, target = free_address(5140), free_address(6514)
    start(stage, here, target)
    log(stage, here, 8)
    stage.wait_for(r"suspended", timeout=30)
    with log_server(target):
        log(stage, here, 10)
        stage.wait_for(r"resumed", timeout=40)
        log(stage, here, 3)


def module_missing(stage: Stage) -> None:
    """The configuration loads a module that the image does not have."""
    here, target = free_address(5140), free_address(6514)
    stage.start(words(stage, here, target, 'module(load="omkafka")\n'), POD)
    stage.wait_for(r"could not load module", timeout=20)
    stage.pause(1.0)


SCENARIOS = (
    Scenario(
        id="rsyslog-server-gone",
        program=RSYSLOG,
        question="The central log server shows nothing of node-1 for a while. Where do the lines stop?",
        fault="the log server that lines are forwarded to ends",
        severity=Severity.ERROR,
        category=Category.LOGGING_PIPELINE,
        component="rsyslog",
        root_cause="The log server refuses connections, so rsyslog suspends forwarding and lines pile up in its queue.",
        summary="rsyslog cannot connect to the log server and suspended the forwarding action.",
        key_lines=(r"cannot connect to|suspended",),
        act=server_gone,
        tags=("peer-gone",),
    ),
    Scenario(
        id="rsyslog-server-back",
        program=RSYSLOG,
        question="rsyslog complained about the log server. Does forwarding work again?",
        fault="the log server is away for some seconds",
        severity=Severity.WARN,
        category=Category.LOGGING_PIPELINE,
        component="rsyslog",
        root_cause="The log server refused connections for some seconds; forwarding was suspended and has resumed.",
        summary="The forwarding action was suspended and then resumed by itself.",
        key_lines=(r"suspended", r"resumed"),
        act=server_back,
        tags=("recovered",),
    ),
    Scenario(
        id="rsyslog-module-missing",
        program=RSYSLOG,
        question="I configured Kafka as a target and nothing arrives there. What does rsyslog say?",
        fault="the configuration loads a module that is not installed",
        severity=Severity.ERROR,
        category=Category.LOGGING_PIPELINE,
        component="rsyslog",
        root_cause="The module omkafka is not installed in the image, so rsyslog cannot load it.",
        summary="Loading omkafka failed at start; rsyslog runs without the Kafka output.",
        key_lines=(r"could not load module",),
        act=module_missing,
        tags=("configuration",),
    ),
)
