"""The Dockerfile, shell scripts, YAML and Alloy's configuration."""

import re
from pathlib import Path

from deploy.validation.fault import Fault, Tree
from deploy.validation.programs import find, run

IN_VENV = "`make install` brings it"
_YAMLLINT = (
    "{extends: default, rules: {line-length: disable, document-start: disable, braces: {max-spaces-inside: 1},"
    " comments: {min-spaces-from-content: 1}, truthy: {check-keys: false}}}"
)
# `name.of.component "label" {` opens a block of its own; `[name.label.receiver]` sends to one.
_DEFINED = re.compile(r'^([a-z_.]+) "([a-z_]+)" \{', re.MULTILINE)
_SENT_TO = re.compile(r"\b((?:loki|otelcol|discovery)\.[a-z_.]+?)\.([a-z_]+)\.(?:receiver|input|output|targets)\b")


def check(tree: Tree) -> list[Fault]:
    """Each file by the linter of its kind."""
    return [*_dockerfile(tree), *_shell(tree), *_yaml(tree), *_alloy(tree)]


def _dockerfile(tree: Tree) -> list[Fault]:
    return _linted(tree, [find("hadolint", IN_VENV)], [tree.deploy / "Dockerfile"])


def _shell(tree: Tree) -> list[Fault]:
    return _linted(tree, [find("shellcheck", IN_VENV)], [*sorted(tree.deploy.rglob("*.sh")), tree.root / ".ci" / "run"])


def _yaml(tree: Tree) -> list[Fault]:
    files = sorted(path for path in tree.deploy.rglob("*.yaml"))
    return _linted(tree, [find("yamllint", IN_VENV), "--strict", "--format", "parsable", "-d", _YAMLLINT], files)


def _linted(tree: Tree, command: list[str], files: list[Path]) -> list[Fault]:
    files = [path for path in files if path.exists()]
    done = run([*command, *map(str, files)], cwd=tree.root)
    if not done.returncode:
        return []
    lines = (done.stdout + done.stderr).strip().splitlines()
    return [Fault(Path(command[0]).name, line.replace(f"{tree.root}/", "")) for line in lines[:20]]


def _alloy(tree: Tree) -> list[Fault]:
    """Braces pair up, and whatever is sent to exists: no parser of this language is to be had offline."""
    faults = []
    for path in sorted(tree.deploy.rglob("*.alloy")):
        text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', re.sub(r"^\s*//.*$", "", path.read_text("utf-8"), flags=re.MULTILINE))
        for opening, closing in ("{}", "[]", "()"):
            if text.count(opening) != text.count(closing):
                faults.append(Fault(tree.name(path), f"{opening} and {closing} do not pair up"))
        whole = path.read_text("utf-8")
        defined = set(_DEFINED.findall(whole))
        for component, label in sorted(set(_SENT_TO.findall(whole)) - defined):
            faults.append(Fault(tree.name(path), f'there is no {component} "{label}"'))
    return faults
