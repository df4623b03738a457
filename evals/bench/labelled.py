"""Labelled log lines: each with the log statement that printed it.

Of the captures, those of etcd and Prometheus: both print the place of the statement in their source (`caller`), which
is a label nobody had to guess. And lines of other programs, made from the statements in labelled.yaml.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from evals.captures import folder
from evals.changes.pairs import bundled_cases
from evals.changes.traffic import jittered

_STATEMENTS = Path(__file__).with_name("labelled.yaml")
_CALLER = re.compile(r'(?:"caller":"|caller=)(?P<place>[\w./-]+:\d+)')
_SLOT = re.compile(r"\{(\w+)\}")
_WORDS = (
    "orders", "invoices", "carts", "users", "sessions", "products", "stock", "mail", "search", "audit", "metrics",
    "reports", "jobs", "events",
)  # fmt: skip
_USERS = (
    "anna", "bob", "carla", "dora", "emil", "frida", "root", "admin", "deploy", "git", "postgres", "test", "guest",
)  # fmt: skip
_APPS = (
    "shop", "api", "cart", "billing", "search", "mailer", "gateway", "auth", "catalog", "worker",
)  # fmt: skip
_SPACES = (
    "web", "prod", "staging", "monitoring", "data", "infra", "tools", "llm", "logging", "default",
)  # fmt: skip
_FIXED = frozenset({"file", "logger", "component", "crate"})
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_EVENTS_RATE = 1.2  # exponent of the power law by which events of a program differ in frequency


@dataclass(frozen=True, slots=True)
class Labelled:
    """Lines and the label of each, in the order in which they were printed."""

    lines: tuple[str, ...]
    labels: tuple[str, ...]


def captured(count: int, seed: int = 11) -> Labelled:
    """`count` lines of etcd and Prometheus out of the captures, with other numbers, labelled by statement."""
    rng = random.Random(seed)  # noqa: S311  # seeded, so that every run sees the same lines
    known = [
        (line.line, f"{case.source} {place['place']}")
        for case in bundled_cases(folder())
        for line in case.logs
        if (place := _CALLER.search(line.line))
    ]
    drawn = [rng.choice(known) for _ in range(count)]
    return Labelled(tuple(jittered(line, rng) for line, _ in drawn), tuple(label for _, label in drawn))


def made(count: int, seed: int = 11) -> Labelled:
    """`count` lines of the statements in labelled.yaml, a few statements printing most of them."""
    rng = random.Random(seed)  # noqa: S311
    statements = []
    for program in yaml.safe_load(_STATEMENTS.read_text("utf-8")):
        events = list(program["events"])
        rng.shuffle(events)
        for rank, event in enumerate(events, start=1):
            statements.append((program, event, rank**-_EVENTS_RATE))
    drawn = rng.choices(statements, weights=[weight for *_, weight in statements], k=count)
    lines = tuple(_line(program["frame"], event, rng) for program, event, _ in drawn)
    return Labelled(lines, tuple(f"{program['program']} {event}" for program, event, _ in drawn))


def _line(frame: str, event: str, rng: random.Random) -> str:
    level = ""
    if any(slot in frame for slot in ("{level}", "{lower}", "{klog}")):
        level, _, event = event.partition(" ")
    moment = datetime.fromtimestamp(1_780_000_000 + rng.uniform(0, 86_400), UTC)
    whole = frame.replace("{event}", event)
    # A statement stands at one place of the source, and prints by one logger.
    of_statement = random.Random(event)  # noqa: S311
    return _SLOT.sub(lambda slot: _value(slot[1], level, moment, of_statement if slot[1] in _FIXED else rng), whole)


def _value(slot: str, level: str, moment: datetime, rng: random.Random) -> str:
    of_line: Mapping[str, Callable[[], str]] = {
        "level": lambda: level,
        "lower": level.lower,
        "klog": lambda: f"{level}{moment:%m%d %H:%M:%S.%f} {rng.randint(1, 99999):>7}",
        "iso": lambda: f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
        "py": lambda: f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d}",
        "clf": lambda: f"{moment:%d/%b/%Y:%H:%M:%S} +0000",
        "syslog": lambda: f"{moment:%b %d %H:%M:%S}",
    }
    if slot in of_line:
        return of_line[slot]()
    return _VALUES[slot](rng)


def _letters(rng: random.Random, count: int, alphabet: str = _LETTERS) -> str:
    return "".join(rng.choices(alphabet, k=count))


def _duration(rng: random.Random) -> str:
    return f"{rng.uniform(0.1, 999):.{rng.randint(0, 6)}f}{rng.choice(('ms', 's', 'µs'))}"


def _uuid(rng: random.Random) -> str:
    return "-".join(_letters(rng, size, "0123456789abcdef") for size in (8, 4, 4, 4, 12))


_VALUES: Mapping[str, Callable[[random.Random], str]] = {
    "n": lambda rng: str(int(10 ** rng.uniform(0, 6))),
    "f": lambda rng: f"{rng.uniform(0, 300):.3f}",
    "ip": lambda rng: f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
    "port": lambda rng: str(rng.randint(1024, 65_535)),
    "hex": lambda rng: _letters(rng, 64, "0123456789abcdef"),
    "b64": lambda rng: _letters(rng, 43, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
    "uuid": _uuid,
    "dur": _duration,
    "ns": lambda rng: rng.choice(_SPACES),
    "app": lambda rng: rng.choice(_APPS),
    "pod": lambda rng: f"{rng.choice(_APPS)}-{_letters(rng, 10)}-{_letters(rng, 5)}",
    "node": lambda rng: f"node-{rng.randint(1, 12)}",
    "user": lambda rng: rng.choice(_USERS),
    "word": lambda rng: rng.choice(_WORDS),
    "path": lambda rng: f"/{rng.choice(_WORDS)}/{rng.randint(1, 99999)}",
    "url": lambda rng: f"https://{rng.choice(_APPS)}.example/{rng.choice(_WORDS)}.tar.gz",
    "file": lambda rng: f"{rng.choice(('kubelet', 'pod_workers', 'controller'))}.go:{rng.randint(100, 2999)}",
    "thread": lambda rng: f"nio-8080-exec-{rng.randint(1, 40)}",
    "logger": lambda rng: f"c.e.{rng.choice(_APPS)}.{rng.choice(('Orders', 'Payments', 'Web'))}Service      ",
    "component": lambda rng: rng.choice(_WORDS),
    "process": lambda rng: f"ForkPoolWorker-{rng.randint(1, 8)}",
    "crate": lambda rng: f"{rng.choice(_APPS)}::{rng.choice(('consensus', 'storage', 'http'))}",
}
