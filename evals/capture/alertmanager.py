"""Alertmanager: a receiver that is gone, one that comes back, a wrong file, an ordinary day."""

from datetime import UTC, datetime

from evals.capture.http_traffic import send, wait_until_ready
from evals.capture.loopback_server import Page, serving
from evals.capture.process import Server
from evals.capture.program import SystemProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity, Status

ALERTMANAGER = SystemProgram("Alertmanager", ("prometheus-alertmanager",), "prometheus-alertmanager")

POD = Labels(
    namespace="monitoring", pod="alertmanager-main-0", container="alertmanager", node="node-2", app="alertmanager"
)


def words(stage: Stage, here: Address, hook: Address, extra: str = "") -> list[str]:
    """The command of an Alertmanager that sends everything to one web hook."""
    text = (
        "route:\n  receiver: chat\n  group_wait: 200ms\n  group_interval: 1s\n  repeat_interval: 1h\n"
        f"receivers:\n- name: chat\n  webhook_configs:\n  - url: {hook.url}/hook\n{extra}"
    )
    return [
        ALERTMANAGER.path(), f"--config.file={stage.file('alertmanager.yml', text)}",
        f"--storage.path={stage.folder}/data", f"--web.listen-address={here}", "--cluster.listen-address=",
    ]  # fmt: skip


def start(stage: Stage, here: Address, hook: Address) -> Server:
    """Starts it and waits until it is ready."""
    server = stage.start(words(stage, here, hook), POD)
    wait_until_ready(f"{here.url}/-/ready")
    return server


def alert(here: Address, name: str) -> None:
    """Sends an alert as Prometheus does."""
    now = datetime.now(UTC).isoformat()
    alerts = [{"labels": {"alertname": name, "severity": "warning"}, "startsAt": now}]
    send("POST", f"{here.url}/api/v2/alerts", json=alerts)


def receiver_gone(stage: Stage) -> None:
    """The chat bridge does not listen, and alerts fire."""
    here, hook = free_address(9093), free_address(8088)
    start(stage, here, hook)
    for name in ("KubeNodeNotReady", "TargetDown", "KubePodCrashLooping"):
        alert(here, name)
        stage.pause(1.2)
    stage.wait_for(r"Notify for alerts failed|notify retry canceled", timeout=60)


def receiver_back(stage: Stage) -> None:
    """The chat bridge restarts while an alert is to be delivered."""
    here, hook = free_address(9093), free_address(8088)
    start(stage, here, hook)
    alert(here, "TargetDown")
    stage.wait_for(r"Notify attempt failed")
    stage.pause(0.5)
    with serving(Page("ok"), hook):
        stage.wait_for(r"Notify success", timeout=20)


def route_unknown(stage: Stage) -> None:
    """A route names a receiver that is not defined."""
    here, hook = free_address(9093), free_address(8088)
    start(stage, here, hook).stop()
    text = f"route:\n  receiver: on-call\nreceivers:\n- name: chat\n  webhook_configs:\n  - url: {hook.url}/hook\n"
    words_now = words(stage, here, hook)
    stage.file("alertmanager.yml", text)
    stage.crash(words_now, POD)


def ordinary(stage: Stage) -> None:
    """Started, reloaded, an alert delivered."""
    here, hook = free_address(9093), free_address(8088)
    with serving(Page("ok"), hook):
        server = start(stage, here, hook)
        alert(here, "Watchdog")
        stage.pause(1.0)
        server.hang_up()
        stage.wait_for(r"Completed loading of configuration file", times=2)
        stage.pause(0.5)


SCENARIOS = (
    Scenario(
        id="alertmanager-receiver-gone",
        program=ALERTMANAGER,
        question="Nobody got an alert although the node was down. Where did it get stuck?",
        fault="the web hook of the receiver does not listen",
        severity=Severity.ERROR,
        category=Category.TRACING_METRICS_PIPELINE,
        component="alertmanager",
        root_cause="The web hook of receiver chat refuses connections, so Alertmanager cannot deliver any alert.",
        summary="Each attempt to notify chat fails with connection refused; alerts arrive in Alertmanager and stop "
        "there.",
        key_lines=(r"Notify (attempt failed|for alerts failed)",),
        act=receiver_gone,
        tags=("peer-gone",),
    ),
    Scenario(
        id="alertmanager-receiver-back",
        program=ALERTMANAGER,
        question="Alertmanager warned about a failed notification. Was an alert lost?",
        fault="the receiver restarts while an alert is delivered",
        severity=Severity.WARN,
        category=Category.TRACING_METRICS_PIPELINE,
        component="alertmanager",
        root_cause="The web hook of receiver chat was away for a moment; a retry delivered the alert.",
        summary="The first attempts were refused, and Alertmanager reports success after retrying: nothing was lost.",
        key_lines=(r"Notify attempt failed", r"Notify success"),
        act=receiver_back,
        tags=("recovered",),
    ),
    Scenario(
        id="alertmanager-receiver-undefined",
        program=ALERTMANAGER,
        question="alertmanager-main-0 restarts since I renamed a receiver. What did I forget?",
        fault="a route names a receiver that is not defined",
        severity=Severity.ERROR,
        category=Category.CONFIG_ERROR,
        component="alertmanager",
        root_cause="The route uses the receiver 'on-call', which is not defined, so Alertmanager will not start.",
        summary="Loading alertmanager.yml fails because the route names an undefined receiver.",
        key_lines=(r"undefined receiver",),
        act=route_unknown,
        tags=("configuration", "crash"),
    ),
    Scenario(
        id="alertmanager-ordinary-day",
        program=ALERTMANAGER,
        question="Did the new alerting configuration load without trouble?",
        fault="none: started, reloaded, an alert delivered",
        status=Status.HEALTHY,
        severity=Severity.INFO,
        category=Category.BENIGN_NOISE,
        component="alertmanager",
        root_cause="Alertmanager started and loaded its configuration again; nothing failed.",
        summary="The configuration file was loaded twice without an error.",
        key_lines=(r"Completed loading of configuration file",),
        act=ordinary,
        tags=("healthy",),
    ),
)
