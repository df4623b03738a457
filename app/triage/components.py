"""Which component a line is about, by its labels, with the names in `components.yaml`."""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from app.triage.verification import inert
from retrieval.taxonomy import Category

UNKNOWN = "unknown"

# What a Deployment, a DaemonSet, a StatefulSet and a static pod put behind the name.
_POD_SUFFIX = re.compile(r"-(?:[bcdfghjklmnpqrstvwxz2456789]{8,10}-)?[bcdfghjklmnpqrstvwxz2456789]{5}$|-\d{1,3}$")
_REPLICA_SET = re.compile(r"-(?:[bcdfghjklmnpqrstvwxz2456789]{8,10}|\d{8,10})$")
_STATIC_POD = re.compile(r"-(?:node|master|worker|control-plane|cp)[\w.-]*$")

# What Kubernetes allows as a label value is shorter.
LONGEST = 120


@cache
def _names() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile("|".join(values), re.IGNORECASE)) for name, values in _table()["names"].items())


@cache
def _domains() -> dict[str, Category]:
    return {name: Category(category) for category, names in _table()["domains"].items() for name in names}


@cache
def _subjects() -> dict[str, tuple[re.Pattern[str], ...]]:
    return {name: tuple(re.compile(text) for text in texts) for name, texts in _table()["subjects"].items()}


@cache
def _reporters() -> frozenset[str]:
    return frozenset(_table()["reporters"])


@cache
def _everyday() -> frozenset[str]:
    return frozenset(_table()["everyday"])


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(files("app.triage").joinpath("components.yaml").read_text("utf-8"))
    return table


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """The canonical name behind a label value; the value without a pod's suffix where none is known."""
    pod = _POD_SUFFIX.sub("", name)
    # "aws-node" is a name; "etcd-node1" is etcd on a node.
    plain = _STATIC_POD.sub("", pod)
    return next((known for text in (pod, plain) for known, pattern in _names() if pattern.fullmatch(text)), plain)


def component_of(labels: Mapping[str, str]) -> str:
    """The component that wrote a line: app first, then container, pod, other service labels, namespace."""
    for label in ("app", "container", "pod", "service_name", "job", "unit", "namespace"):
        if value := labels.get(label):
            # A shipper's label is hostile input as a log line is; what cannot be seen must not act.
            return inert(canonical(value), LONGEST) or UNKNOWN
    return UNKNOWN


def names_of(workloads: Iterable[str]) -> frozenset[str]:
    """The names, in lower case, by which a person may mean these apps, containers and pods."""
    return frozenset(name.lower() for value in workloads for name in (value, canonical(value)))


def subject_of(writer: str, text: str) -> str | None:
    """The component that a line is about where its writer (canonical) tells of others, as events do."""
    for expression in _subjects().get(writer, ()):
        if found := expression.search(text):
            return canonical(_REPLICA_SET.sub("", found["name"]))
    return None


def mentions_plainly(text: str) -> frozenset[str]:
    """Those of `mentions` that cannot mean anything else."""
    return mentions(text) - _everyday()


def domain_of(component: str) -> Category | None:
    """The category of a component's trouble where the words of its lines tell none."""
    return _domains().get(component)


def writes_of_many(component: str) -> bool:
    """Whether its lines are about many workloads, so that what one says of one of them tells nothing of another."""
    return component in _reporters()


def mentions(text: str) -> frozenset[str]:
    """The canonical components that a question's words name."""
    words = set(re.findall(r"[a-z0-9][a-z0-9._-]*[a-z0-9]", text.lower()))
    return frozenset(known for known, pattern in _names() if any(pattern.fullmatch(word) for word in words))
