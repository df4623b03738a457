"""What a masked line says of itself: its level, and whether it reads like trouble.

Works on the distinct masked lines of a window (hundreds, not hundred thousands), so plain Python is fast enough.
"""

import re
from enum import IntEnum

from retrieval.patterns.masking import KEEP
from retrieval.taxonomy import Severity

# Characters of a line in which it states its level.
_HEAD = 400


class Level(IntEnum):
    """The level a line was logged at. It is the author's opinion of the line, not the severity of an incident."""

    DEBUG = 0
    INFO = 1
    UNKNOWN = 2
    WARN = 3
    ERROR = 4
    FATAL = 5

    @property
    def severity(self) -> Severity:
        """The severity that the level alone would suggest."""
        return {Level.WARN: Severity.WARN, Level.ERROR: Severity.ERROR, Level.FATAL: Severity.CRITICAL}.get(
            self, Severity.INFO
        )


_NAMES = {
    "trace": Level.DEBUG, "debug": Level.DEBUG, "dbg": Level.DEBUG, "verbose": Level.DEBUG, "trc": Level.DEBUG,
    "trce": Level.DEBUG, "dbug": Level.DEBUG,
    "info": Level.INFO, "information": Level.INFO, "notice": Level.INFO, "log": Level.INFO, "normal": Level.INFO,
    "hint": Level.INFO, "detail": Level.INFO, "statement": Level.INFO, "context": Level.INFO, "inf": Level.INFO,
    "note": Level.INFO, "system": Level.INFO,
    "warn": Level.WARN, "warning": Level.WARN, "wrn": Level.WARN,
    "err": Level.ERROR, "error": Level.ERROR, "severe": Level.ERROR, "eror": Level.ERROR, "fail": Level.ERROR,
    "fatal": Level.FATAL, "panic": Level.FATAL, "crit": Level.FATAL, "critical": Level.FATAL, "alert": Level.FATAL,
    "emerg": Level.FATAL, "emergency": Level.FATAL, "dpanic": Level.FATAL, "ftl": Level.FATAL, "pnc": Level.FATAL,
}  # fmt: skip
_KLOG = {"I": Level.INFO, "W": Level.WARN, "E": Level.ERROR, "F": Level.FATAL, "C": Level.FATAL, "N": Level.INFO}
_REDIS = {".": Level.DEBUG, "-": Level.INFO, "*": Level.INFO, "#": Level.WARN}
# Node's pino and bunyan number their levels by tens.
_TENS = {"1": Level.DEBUG, "2": Level.DEBUG, "3": Level.INFO, "4": Level.WARN, "5": Level.ERROR, "6": Level.FATAL}

_FORMS = (
    re.compile(
        r"""["']?\b(?:(?:error_)?severity(?:_text)?|(?:log[._]?)?level(?:_?name)?|lvl|@l)["']?\s*[=:]\s*["']?(?P<name>[A-Za-z]+)""",
        re.IGNORECASE,
    ),
    re.compile(r"""\b[Tt]ype["']?[=:] ?["']?(?P<name>Warning|Normal)\b"""),  # Kubernetes events
    re.compile(r"\[(?P<name>[A-Za-z]{3,9})\]"),
    re.compile(r"^\W*(?:<time>\W*)?(?:<n>\W+)?(?:\S+ )?(?P<name>[A-Z]{3,9})(?:[:!\]]|\s)"),
    # In small letters the name of a level may be the message itself ("error reading config").
    re.compile(r"^\W*<time>\W+(?:<n>\W+)?(?P<name>[a-z]{4,8})(?:[:\]]|\s)"),
    re.compile(r"^(?:[\w./-]+: )?(?P<name>[a-z]{4,8}): "),
    re.compile(r"\b(?P<name>FATAL|PANIC|ERROR|WARNING|WARN|INFO|DEBUG|TRACE|LOG|HINT|DETAIL|CRITICAL|NOTICE|SEVERE)\b"),
)  # fmt: skip
_NUMBER_FORM = re.compile(rf'"level":{KEEP}(?P<tens>[1-6])0\b')
_MONGO_FORM = re.compile(r'"s":"(?P<letter>[DIWEF])[1-5]?"')
_REDIS_FORM = re.compile(r"^<n>:[A-Z] <time> (?P<mark>[.\-*#]) ")
# etcd before 3.4: "<time> E | etcdserver: ...".
_CAPNS_FORM = re.compile(r"^<time> (?P<letter>[CEWNID]) \| ")
# An exception that nobody logged: its first line has no level, but it is none that ends well.
_RAISED_FORM = re.compile(
    r"^(?:Traceback \(most recent|Exception in thread |Unhandled |(?:[\w$]+[.:]+)*[A-Z][\w$]*(?:Exception|Error):? )"
)
# An access log states no level, but its status class does.
_ACCESS_FORM = re.compile(rf"""HTTP/<n>"? (?:{KEEP})?(?P<class>[1-5])xx""")
# llama.cpp's own: "0.00.123.456 E text" (masked as an address is), or "E text" at the start; CockroachDB writes klog's
# header with the year ("E240514 11:10:09.1").
_LETTER_FORM = re.compile(r"^(?:(?:<n>|<ip>) )?(?P<letter>[DIWEF])(?:(?:<n>)? <time>)? ")

# Words that make a line worth reading whatever its level; each stands for something that went wrong, in any program.
_TROUBLE = frozenset(
    """fail failed failure failures failing fails error errors exception traceback panic fatal refused denied forbidden
    unauthorised unauthorized timeout timedout deadline unreachable unable cannot can't couldn't missing invalid unknown
    unexpected rejected refusing abort aborted aborting killed oom backoff unhealthy notready lost expired insufficient
    full conflict mismatch unsupported incompatible stale permission unavailable bad malformed dropped dropping
    exhausted disconnect""".split()  # noqa: SIM905
)
_STEMS = ("crash", "evict", "corrupt", "exceed", "disconnect", "throttl", "overload")
_PHRASES = (
    "timed out", "time out", "timed-out", "time-out", "could not", "no such", "not found", "out of memory", "back-off",
    "not ready", "no space", "reset by peer", "broken pipe", "too many", "too large", "read-only", "no leader",
    "already in use",
)  # fmt: skip
_WORD = re.compile(r"[a-z']+")
# "no errors", "error: null", "without error", "err=<nil>": trouble words that say there was none.
_CALM = re.compile(
    r"\b(?:no|without|zero) (?:errors?|failures?)\b"
    r"|\b(?:errors?|err|failed|failures?)[\"']?\s*[=:]\s*[\"']?(?:<nil>|nil|null|none|false|\"\"|'')(?:\W|$)"
    r"|\b(?:recovered|succeeded|success(?:ful(?:ly)?)?|resolved|is now (?:ready|healthy|available))\b",
    re.IGNORECASE,
)


def level_of(masked: str) -> Level:
    """The level that a masked line was logged at; UNKNOWN where it states none."""
    if masked[1:8] == " <time>" and masked[0] in _KLOG:
        return _KLOG[masked[0]]
    if redis := _REDIS_FORM.match(masked):
        return _REDIS[redis["mark"]]
    head = masked[:_HEAD]
    for form in _FORMS:
        for match in form.finditer(head):
            if (level := _NAMES.get(match["name"].lower())) is not None:
                return level
    return _unnamed(masked, head)


def _unnamed(masked: str, head: str) -> Level:
    """The level of a line that names none: by a letter or number, the status of an access log, or an exception."""
    if access := _ACCESS_FORM.search(masked):
        return {"5": Level.ERROR, "4": Level.WARN}.get(access["class"], Level.INFO)
    if number := _NUMBER_FORM.search(head):
        return _TENS[number["tens"]]
    for form in (_LETTER_FORM, _CAPNS_FORM, _MONGO_FORM):
        if letter := form.search(head):
            return _KLOG.get(letter["letter"], Level.DEBUG)
    return Level.ERROR if _RAISED_FORM.match(head) else Level.UNKNOWN


def named_level(name: str | None) -> Level | None:
    """The level that a label value or field names; None where it names none."""
    return _NAMES.get(name.lower()) if name else None


def trouble_words(masked: str) -> int:
    """How many different words of trouble a line holds; 0 where it says that nothing went wrong."""
    if _CALM.search(masked):
        return 0
    text = masked.lower()
    words: set[str] = set(_WORD.findall(text))
    stems = sum(word.startswith(_STEMS) for word in words - _TROUBLE)
    return len(words & _TROUBLE) + stems + sum(phrase in text for phrase in _PHRASES)
