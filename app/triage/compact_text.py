"""A log line in fewer tokens: what says something stays, what frames it goes. The card shows all of it."""

import json
import re

from pydantic_core import from_json

from app.triage.verification import inert

# Characters of a log line that a prompt shows.
SHOWN_CHARACTERS = 260

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# Time, thread and file that the line begins with; the prompt has the time in front of each line already.
_LEAD = re.compile(
    r"""^(?:
        \[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?\s?(?:Z|UTC|[+-]\d\d:?\d\d)?\]?[,:]?\s*
      | (?<![^\s])[IWEF]\d{4}\s\d\d:\d\d:\d\d\.\d+\s+\d+\s
      | \d+:[A-Z]\s\d\d\s\w{3}\s\d{4}\s\d\d:\d\d:\d\d\.\d+\s
      | \w{3}\s[\s\d]\d\s\d\d:\d\d:\d\d\s
    )""",
    re.VERBOSE,
)
_TIME_FIELD = re.compile(r"""(?:^|\s)(?:ts|time|timestamp|caller|logger|source)=(?:"[^"]*"|\S+)""")
_MESSAGES = ("msg", "message", "event", "log")
_ERRORS = ("error", "err", "reason", "cause", "exception", "detail")
_FRAMING = frozenset(
    {
        "stacktrace",
        "stack",
        "ts",
        "time",
        "timestamp",
        "@timestamp",
        "caller",
        "logger",
        "logger_name",
        "thread",
        "v",
        "stream",
    }
)
_LEVELS = ("level", "severity", "lvl", "loglevel")
_PLAIN_LEVELS = frozenset({"info", "debug", "trace", ""})


def compact(line: str, longest: int = SHOWN_CHARACTERS) -> str:
    """The line on one line of at most `longest` characters, message and error first where it has fields."""
    text = _ANSI.sub("", line).strip()
    fields = _record(text)
    said = _of_fields(fields) if fields else _TIME_FIELD.sub("", _LEAD.sub("", text, count=1)).strip()
    return inert(said or text, longest)


def _record(text: str) -> dict[str, object]:
    if not text.startswith("{"):
        return {}
    try:
        # The evidence holds long lines cut short, so the end may be missing.
        record = from_json(text.removesuffix("…"), allow_partial="trailing-strings")
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _of_fields(fields: dict[str, object]) -> str:
    level = next((str(fields[name]).lower() for name in _LEVELS if name in fields), "")
    told = [] if level in _PLAIN_LEVELS else [f"{level}:"]
    told += [_value(fields[name]) for name in _MESSAGES if name in fields]
    rest = [name for name in fields if name not in (*_MESSAGES, *_LEVELS) and name not in _FRAMING]
    for name in sorted(rest, key=lambda name: name.lower() not in _ERRORS):
        told.append(f"{name}={_value(fields[name])}")
    return " ".join(told)


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
