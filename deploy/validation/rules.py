"""Alert rules: promtool's own checks and unit tests, metrics that are exported, and the same rules in the cluster."""

import re

import yaml

from deploy.validation.exported import faults_of
from deploy.validation.fault import Fault, Tree
from deploy.validation.programs import find, run
from deploy.validation.queries import promql_fault

PROMTOOL = "it comes with Prometheus (Debian: prometheus)"


def check(tree: Tree) -> list[Fault]:
    """The rules hold, every alert has a unit test, and the cluster's rules are these."""
    folder = tree.deploy / "prometheus"
    rules, tests = folder / "rules.yaml", sorted(folder.glob("*rules.test.yaml"))
    groups = yaml.safe_load(rules.read_text("utf-8"))["groups"]
    faults = _promtool(tree)
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    for rule in alerts:
        where = f"{tree.name(rules)}: {rule['alert']}"
        if (wrong := promql_fault(rule["expr"])) is not None:
            faults.append(Fault(where, wrong))
            continue
        faults += [Fault(where, what) for what in faults_of(rule["expr"])]
    tested = {name for path in tests for name in re.findall(r"alertname: (\w+)", path.read_text("utf-8"))}
    faults += [
        Fault(tree.name(rules), f"{rule['alert']} has no test") for rule in alerts if rule["alert"] not in tested
    ]
    cluster = tree.deploy / "kustomize" / "components" / "monitoring" / "rules.yaml"
    if yaml.safe_load(cluster.read_text("utf-8"))["spec"]["groups"] != groups:
        faults.append(Fault(tree.name(cluster), f"its groups are not those of {tree.name(rules)}"))
    return faults


def _promtool(tree: Tree) -> list[Fault]:
    promtool, folder = find("promtool", PROMTOOL), tree.deploy / "prometheus"
    faults: list[Fault] = []
    tests = [(["test", "rules"], path.name) for path in sorted(folder.glob("*rules.test.yaml"))]
    for command, name in [
        (["check", "rules"], "rules.yaml"),
        *tests,
        (["check", "config", "--syntax-only"], "prometheus.yaml"),
    ]:
        done = run([promtool, *command, name], cwd=folder)
        if done.returncode:
            told = " ".join((done.stdout + done.stderr).split())
            faults.append(Fault(tree.name(folder / name), f"promtool {' '.join(command)}: {told[:600]}"))
    return faults
