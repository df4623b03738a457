"""Masking: what varies from line to line becomes a placeholder, so that equal events become equal text.

Runs in polars on whole columns; the expressions are Rust regular expressions (linear time, no look-around).
Numbers that carry the meaning of a line (exit codes, HTTP status classes) are kept: `502` and `200` of one access
log are two patterns, not one.
"""

import re

import polars as pl

# Put before a number that must survive the number rule; a word character, so that `\b` does not match behind it.
KEEP = "Zxq"

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
# Kubernetes draws the random part of pod names from an alphabet without vowels, so words are never taken for one.
_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"

_DATE_AND_TIME = (
    r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|GMT|MSK|[A-Z]{2,3}T\b|[+-]\d\d:?\d\d))?"
    rf"|\d\d?[/ ]{_MONTH}[/ ]\d{{4}}[: ]\d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{{4}})?"
    rf"|(?:{_DAY},? )?{_MONTH} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?(?: \d{{4}}\b)?"
    r"|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"
)

# Where a number carries the meaning of a line: exit codes, signals, error numbers, HTTP statuses, numbered levels.
_EXIT = r"(?i:exit(?:ed|Code)?(?: with)?(?: (?:code|status))?|signal|errno)[\"']?[=: ] ?"
_STATUS = r'HTTP/\d(?:\.\d)?"? |(?i:status(?:[_ ]?code)?|code)["\']?[=: ] ?"?'
_LEVEL = r'"level": ?'
# A line that has such a place, whatever number stands there.
MEANT_PLACES = f"{_EXIT}|{_STATUS}|{_LEVEL}"
MEANT_NUMBERS = rf"(?:{_EXIT})\d{{1,3}}\b|(?:{_STATUS})[1-5]\d\d\b|(?:{_LEVEL})[1-6]0\b"

_UUID = r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
_POD_SUFFIX = rf"-(?:{_SAFE}{{8,10}}-)?{_SAFE}{{5}}\b"
_HEX = r"\b(?:0x[0-9a-fA-F]+|sha256:[0-9a-f]{8,64}|[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{12,64})\b"
_RANDOM = r"\b[A-Za-z]{0,12}[0-9][0-9A-Za-z]{15,}\b"
# Ids that hold letters, so that deleting digits alone leaves them different.
IDENTIFIERS = f"{_UUID}|{_POD_SUFFIX}|{_HEX}|{_RANDOM}"

# (what it is, expression, replacement), applied in this order.
RULES: tuple[tuple[str, str, str], ...] = (
    ("terminal colours", r"\x1b\[[0-9;?]*[ -/]*[@-~]", ""),
    ("klog header", r"^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ (\S+?):\d+\]", "$1 <time> $2]"),
    ("date and time", _DATE_AND_TIME, "<time>"),
    ("exit code", rf"({_EXIT})(\d{{1,3}})\b", f"${{1}}{KEEP}${{2}}"),
    ("HTTP status", rf"({_STATUS})([1-5])\d\d\b", f"${{1}}{KEEP}${{2}}xx"),
    ("number of a level", rf"({_LEVEL})([1-6]0)\b", f"${{1}}{KEEP}${{2}}"),
    ("UUID", _UUID, "<uuid>"),
    ("IP address", r"\b(?:\d{1,3}\.){3}\d{1,3}(?:[:/]\d{1,5})?\b|\[[0-9a-fA-F:]*::?[0-9a-fA-F:.]*\](?::\d+)?", "<ip>"),
    ("pod suffix", _POD_SUFFIX, "-<id>"),
    ("hexadecimal", _HEX, "<hex>"),
    ("random text", _RANDOM, "<id>"),
    ("duration", r"\b(?:\d+(?:\.\d+)?(?:ns|µs|us|ms|s|m|h|d))+\b", "<duration>"),
    ("size", r"\b\d+(?:\.\d+)? ?(?:[KMGTP]i?B?|[kM]B|bytes)\b", "<size>"),
    ("number", r"(^|[^A-Za-z0-9_])[-+]?\d+(?:\.\d+)*(?:[eE][-+]?\d+)?\b", "${1}<n>"),
    ("number behind letters", r"([A-Za-z_]{2,}[-_#])-?\d+(?:_\d+)*\b", "${1}<n>"),
    ("number within a word", r"\d{4,}", "<n>"),
)  # fmt: skip


def masked(column: str) -> pl.Expr:
    """The masked text of a string column."""
    text = pl.col(column)
    for _, expression, replacement in RULES:
        text = text.str.replace_all(expression, replacement)
    return text


def kept_numbers(text: str) -> tuple[str, ...]:
    """The numbers that masking kept because they carry the meaning: exit codes and HTTP status classes."""
    return tuple(re.findall(rf"{KEEP}(\w+)", text))


_NUMBERED_WORD = re.compile(r"[A-Za-z_]-?\d")
# Words with a number that is a part of their name, and numbers that were kept.
_SETTLED = re.compile(
    rf"{KEEP}\w+|\b(?:v\d+(?:alpha\d|beta\d)?|x86_64|amd64|arm64|x509|X11|k8s|http[23]|h2c?|utf8|base64|sha\d+|md5|ipv[46])\b"
)


def numbered_words(text: str) -> bool:
    """Whether a masked text still holds words with numbers in them (`node2`, `x509`), which may be names or not."""
    return _NUMBERED_WORD.search(_SETTLED.sub("", text)) is not None


def unprotected(text: str) -> str:
    """The masked text as shown: the marks that kept a number are gone."""
    return text.replace(KEEP, "")
