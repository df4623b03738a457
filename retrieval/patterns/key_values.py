"""Keys and values that a line holds: a JSON object, logfmt's `key=value`, or klog's `"message" key="value"`."""

import json
import re
from collections.abc import Mapping
from typing import Any

# What tells logfmt from a sentence that happens to hold a "=": keys that loggers write, or several pairs.
_TELLING_KEYS = frozenset(
    {"level", "lvl", "msg", "message", "time", "ts", "caller", "err", "error", "logger", "severity", "reason"}
)
_FEW_PAIRS = 3
_DEEPEST = 3

_PAIR = re.compile(r"""(?:^|[\s,{(])(?P<key>[A-Za-z_@][\w.@/-]{0,60})=(?P<value>"(?:[^"\\]|\\.)*"|[^\s,]*)""")
# An object that was cut off is no JSON any more; its first strings and numbers still are.
_CUT_OFF = re.compile(r'"(?P<key>[\w.@/-]{1,60})"\s*:\s*(?:"(?P<text>(?:[^"\\]|\\.)*)"|(?P<number>-?\d+))')
_ESCAPED = re.compile(r'\\(["\\/nrt])')
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}


def json_values(text: str) -> dict[str, str]:
    """The values of a JSON object by lower-case key, inner ones as `outer.inner`; none if it is no JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return _cut_off(text)
    values: dict[str, str] = {}
    if isinstance(found, Mapping):
        _flatten(found, "", values, _DEEPEST)
    return values


def logfmt_values(text: str) -> dict[str, str]:
    """The values of `key=value` pairs by lower-case key; none where the line is a sentence with a "=" in it."""
    found = {match["key"].lower(): match["value"] for match in _PAIR.finditer(text)}
    if len(found) < _FEW_PAIRS and not _TELLING_KEYS & found.keys():
        return {}
    return {key: unquoted(value) for key, value in found.items()}


def without_pairs(text: str) -> str:
    """A line without the pairs that have a field of their own or say how it was logged; the rest may be its message."""
    return _PAIR.sub(lambda match: "" if match["key"].lower() in _TELLING_KEYS else match.group(), text).strip()


def unquoted(value: str) -> str:
    """A value without its double quotes and the escapes between them."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    return _ESCAPED.sub(lambda match: _PLAIN.get(match[1], match[1]), value[1:-1])


def _cut_off(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for match in _CUT_OFF.finditer(text):
        value = match["number"] if match["text"] is None else unquoted(f'"{match["text"]}"')
        values.setdefault(match["key"].lower(), value)
    return values


def _flatten(found: Mapping[str, Any], prefix: str, values: dict[str, str], depth: int) -> None:
    for key, value in found.items():
        name = f"{prefix}{key}".lower()
        if isinstance(value, Mapping):
            if depth:
                _flatten(value, f"{name}.", values, depth - 1)
        elif value is not None:
            values.setdefault(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
