"""The frame of a line: what a runtime, shipper or logger puts before the message.

A frame is a chain of parts (time, level, process, thread, logger, separators) that each program orders in its own way,
so it is taken off part by part, whatever the order, until something is left that no frame holds.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
_CRI = re.compile(r"^\d{4}-\d\d-\d\dT\S+ (?:stdout|stderr) [FP](?::\S*)? ")
_SYSLOG = re.compile(
    r"^(?:<\d{1,3}>\d? ?)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ (?P<program>[\w./@()-]{1,60})(?:\[\d+\])?: "
)
_KLOG = re.compile(r"^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ (?P<caller>[\w./-]+:\d+)\] ?")
_DOCKER_KEYS = ({"log", "stream", "time"}, {"log", "stream", "time", "attrs"})
_MOST_WRAPPERS = 3

# Words of levels. Written in small letters or as a word they may be the message ("error reading config"), so there they
# are a level only before a colon or a tab.
_LEVEL = (
    "TRACE|DEBUG|INFO|INFORMATION|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE|ALERT|EMERG|LOG|HINT|DETAIL|STATEMENT"
    "|CONTEXT|TRC|DBG|INF|WRN|ERR|FTL"
)
_WORD = (
    "trace|debug|info|notice|warn|warning|error|fatal|critical|crit|alert|emerg"
    "|Error|Warning|Info|Debug|Fatal|System|Note"
)  # fmt: skip
_ZONE = r"\s?(?:Z\b|UTC|GMT|MSK|[A-Z]{2,3}T\b(?=[\s\]])|[+-]\d\d:?\d\d)?"
_TIME = (
    rf"\d{{4}}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,:]\d+)?)?{_ZONE}"
    r"|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?(?: \d{4})?"
    r"|\d\d?[/ .][A-Za-z]{3}[/ .]\d{4}[: ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: [+-]\d{4})?"
    r"|\d\d:\d\d:\d\d(?:[.,]\d+)?|\d{6} \d{6}|1\d{9}(?:\.\d+|\d{3})?(?=\s)"
)
# A part of a frame each, tried at one place after the other; `caller` is what printed the line, as far as it says so.
# Those that begin with a digit, a letter, or anything else, so that few are tried.
_BY_DIGIT = (
    rf"(?:{_TIME})(?:[,:]|\s|$)\s*",
    r"\d+:[A-Z] (?:\d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d+) [.\-*#] ",  # redis
    r"\d+\.\d\d\.\d{3}\.\d{3} [DIWEF] ",  # llama.cpp
    rf"\d+\#\d+:\s+|\d+ (?=---|\[|(?:{_LEVEL})\b)",
)
_BY_LETTER = (
    rf"(?:{_TIME})(?:[,:]|\s|$)\s*",
    rf"(?:{_LEVEL})(?::(?=\S)|:?\s+|$)|(?:{_WORD})(?:: |\t)\s*",
    r"(?:trce|dbug|info|warn|fail|crit): (?P<caller>[\w.+`]+\[\d+\])\s*",  # .NET
    r"[DIWEFC] \| (?:(?P<caller>[\w./-]+): )?",  # etcd before 3.4
    r"(?P<caller>(?:[\w.-]+/)*[\w.-]+\.(?:go|py|js|ts|rs|cc|cpp|c|java|rb|cs|php):\d+):?\s+(?:[>|] )?",
    r"(?P<caller>(?:[A-Za-z_$][\w$]*(?:\.|::))+[A-Za-z_$][\w$]*(?:[:@#]\d+)?) *(?::\s+|\s-\s+|\s\|\s+)",
    r"(?P<caller>[A-Za-z_][\w.]*:[A-Za-z_<][\w.>]*:\d+) - ",  # loguru
    r"(?P<caller>[a-z][\w.-]{0,40})\[\d+\]: ",  # syslog without its time
    rf"\w+@\w+ (?=(?:{_LEVEL}|PANIC):)",  # PostgreSQL's user@database
)
_BY_MARK = (
    rf"\[(?:{_TIME})\](?:[,:]|\s|(?=\[)|$)\s*",
    rf"\[(?:{_LEVEL}|{_WORD})\s*\]:?\s*",
    rf"\[(?:{_TIME})\s+(?:{_LEVEL})\s+(?P<caller>[\w:.-]+)\] ",  # Rust's env_logger
    r"(?:[-|>:]|---)\s+",
    r"\[(?:\d+(?:[-:#]\d+)?|myid:\d*|pid:? ?\d+|-)\]:?\s*|\*\d+ ",
    r"\[[^\]\[]{1,200}\] (?=(?:[a-z_]\w*\.){2,}[A-Z]\w*[ :])",  # thread of many words before a logger
    r"\[(?P<caller>(?:[^\[\]]|\[[^\[\]]*\]){1,200})\] - ",  # ZooKeeper's thread and class
    r"\[ *(?P<caller>[A-Za-z][\w.$@:/#-]*(?: [\w.$=-]+)?) *\](?:\[\d+\])?:?\s*",  # thread or logger
)
_DIGIT, _LETTER, _MARK = (tuple(re.compile(part) for part in parts) for parts in (_BY_DIGIT, _BY_LETTER, _BY_MARK))
_ACCESS = re.compile(r'^\S+ \S+ \S+ \[[^\]]{10,40}\] "')
# logging.basicConfig(): "ERROR:app.db:connection lost".
_PYTHON = re.compile(r"^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):(?P<caller>[\w.-]+):(?=\S)")
_TRAILING_CALLER = re.compile(r" \((?P<caller>[a-z][\w$]*(?:\.[\w$]+)+)\)$")  # Kafka's log4j layout
_FILE_AND_LINE = re.compile(r"[\w.-]+:\d+$")
_DOTTED = re.compile(r"[A-Za-z_$][\w$]*(?:\.|::)[A-Za-z_$]")
_MOST_PARTS = 12


@dataclass(frozen=True, slots=True)
class Framed:
    """The text behind the frame, and what the frame names as its origin (file and line, logger, else thread), or ""."""

    text: str
    caller: str = ""


def bare(text: str) -> str:
    """The line as its program wrote it: without terminal colours, and out of what CRI, docker and syslog wrap it in."""
    text = _ANSI.sub("", text).strip() if "\x1b" in text else text.strip()
    for _ in range(_MOST_WRAPPERS):
        inner = _CRI.sub("", text, count=1) if text[:2] == "20" else text
        if inner.startswith('{"log":'):
            inner = _docker_log(inner)
        if inner == text:
            break
        text = inner.strip()
    return text


def unframed(text: str) -> Framed:
    """A bare line without its frame; the text is empty where the frame is all there is."""
    if text.startswith("{"):
        return Framed(text)
    if access := _ACCESS.match(text):
        return Framed(text[access.end() - 1 :])
    callers: list[str] = []
    if syslog := _SYSLOG.match(text):
        callers.append(syslog["program"])
        text = text[syslog.end() :]
    for whole in (_KLOG, _PYTHON):
        if match := whole.match(text):
            return Framed(text[match.end() :], match["caller"])
    place = 0
    for _ in range(_MOST_PARTS):
        match = _part(text, place)
        if match is None:
            break
        place = match.end()
        callers.extend(filter(None, match.groupdict().values()))
    rest = text[place:]
    if callers and (trailing := _TRAILING_CALLER.search(rest)):
        callers.append(trailing["caller"])
        rest = rest[: trailing.start()]
    return Framed(rest, best_caller(callers))


def best_caller(callers: Sequence[str]) -> str:
    """A file with its line, else a dotted logger, else what stands last, which is nearest to the message."""
    named = [caller for caller in callers if caller]
    for telling in (_FILE_AND_LINE, _DOTTED):
        if found := [caller for caller in named if telling.search(caller)]:
            return found[-1]
    return named[-1] if named else ""


def _part(text: str, place: int) -> re.Match[str] | None:
    first = text[place : place + 1]
    parts = _DIGIT if first.isdigit() else _LETTER if first.isalpha() or first in "_$" else _MARK
    for part in parts:
        if (match := part.match(text, place)) and match.end() > place:
            return match
    return None


def _docker_log(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return str(found["log"]) if isinstance(found, dict) and found.keys() in _DOCKER_KEYS else text
