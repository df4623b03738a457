"""What a log line says of itself, field by field, in whichever of the usual formats it is written.

JSON (zap, logrus, zerolog, pino, slog, ECS, MongoDB, CloudNativePG), logfmt, klog, and text of Python, Java, Go, .NET,
Rust, nginx, PostgreSQL, redis and others, also within what CRI, docker or syslog wraps around it. Read from the samples
of patterns, so that it costs a window nothing for each of its lines.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.patterns.exceptions import TRACEBACK, raised_in
from retrieval.patterns.framing import Framed, bare, best_caller, unframed
from retrieval.patterns.key_values import json_values, logfmt_values, unquoted, without_pairs

# Characters that are read of the first line, and of all; nothing telling stands further behind.
_LONGEST_HEAD, _LONGEST = 8_000, 24_000

_MESSAGE = (
    "record.message", "msg", "message", "event", "log", "@m", "@mt", "fields.message", "short_message", "textpayload",
    "body",
)  # fmt: skip
_ERROR = (
    "error", "err", "error.message", "err.message", "exception.message", "exception", "fields.error",
    "attr.error.errmsg", "attr.error", "@x", "reason", "cause", "detail", "record.detail",
)  # fmt: skip
_CALLER = (
    "logger", "logger_name", "log.logger", "logger.name", "sourcecontext", "component", "module", "controller",
    "target", "subsys", "c", "source",
)  # fmt: skip
_EXCEPTION = (
    "error.type", "err.type", "exception.type", "exception.class", "exception_class", "exc_type", "error.name",
    "err.name",
)  # fmt: skip
_STACK = ("stack", "stack_trace", "stacktrace", "err.stack", "error.stack_trace", "exc_info", "exception.stacktrace")
_EXIT_CODE = ("exitcode", "exit_code", "exit-code", "exitstatus", "exit_status")
_HTTP_STATUS = (
    "status", "status_code", "statuscode", "http.status_code", "http.response.status_code", "http_status",
    "downstreamstatus", "response_code", "responsestatus.code", "resp_status", "code",
)  # fmt: skip
_GRPC_CODE = ("grpc.code", "grpc_code", "grpc.status_code", "rpc.grpc.status_code")
_NOTHING = frozenset({"", "<nil>", "nil", "null", "none", "None", "false", "[]", "{}", "-"})

_KLOG_MESSAGE = re.compile(r'"(?P<message>(?:[^"\\]|\\.)*)"(?P<pairs>(?: [\w./-]+=.*)?)\Z', re.DOTALL)
# A message that is a framed line itself, as where a sidecar ships a program's lines as JSON.
_FRAME_WITHIN = re.compile(r"[IWEF]\d{4} \d\d:|\d{4}[-/]\d\d[-/]\d\d|\[\d{4}-")
_EXITED = re.compile(
    r"(?i)\bexit(?:ed|s|code)?(?: with)?[ _-]?(?:code|status)?[\"']?[=: ]+[\"']?(?P<code>\d{1,3})\b"
    r"|\bstatus=(?P<systemd>\d{1,3})/[A-Z]"
)
_ANSWERED = re.compile(
    r"""HTTP/\d(?:\.\d)?"? (?P<access>[1-5]\d\d)\b"""
    r"""|(?i:\b(?:status(?:[_ ]?code)?|HTTP(?: error| status)?))["']?[=: ]{1,2}["']?(?P<named>[1-5]\d\d)\b"""
)
_GRPC = re.compile(r"\bcode = (?P<code>[A-Z][A-Za-z]+) desc\b")


@dataclass(frozen=True, slots=True)
class LineFields:
    """The fields of a line or event; "" or None where it has none.

    `caller` is the file and line, logger, component or thread that printed it; `error` the value of its error field or
    the words of its exception, of the innermost cause where several are chained, and `exception` that one's type.
    """

    message: str = ""
    error: str = ""
    caller: str = ""
    exception: str = ""
    exit_code: int | None = None
    http_status: int | None = None
    grpc_code: str = ""

    @property
    def said(self) -> str:
        """Message and error in one text, neither of them twice."""
        if self.message and self.error and self.error not in self.message:
            return f"{self.message}: {self.error}"
        return self.message or self.error


def fields_of(text: str) -> LineFields:
    """The fields of a line, or of an event whose further lines follow its first one."""
    head, _, trace = bare(text[:_LONGEST]).partition("\n")
    framed = unframed(head[:_LONGEST_HEAD])
    values, beside = _values(framed.text)
    message = _first(values, _MESSAGE) or beside
    inner = unframed(message) if values and _FRAME_WITHIN.match(message) else Framed(message)
    raised = raised_in(inner.text, trace or _first(values, _STACK))
    named = _first(values, _ERROR)
    words = str(raised)
    said = f"{inner.text}\n{named}"
    exit_code = _exit_code(values, said)
    return LineFields(
        message=_message(inner.text, words, trace) or head,
        error=words or named if trace else named or words,
        caller=values.get("caller") or best_caller((_first(values, _CALLER), framed.caller, inner.caller)),
        exception=_first(values, _EXCEPTION) or raised.type,
        exit_code=exit_code,
        # The status of a process is written as that of a request is.
        http_status=_http_status(values, said) if exit_code is None else None,
        grpc_code=_grpc_code(values, said),
    )


def _values(text: str) -> tuple[Mapping[str, str], str]:
    """Keys and values of a line without its frame, and the text beside them."""
    if text.startswith("{"):
        values = json_values(text)
        return values, "" if values else text
    if text.startswith('"') and (klog := _KLOG_MESSAGE.match(text)):
        return logfmt_values(f"msg= {klog['pairs']}"), unquoted(f'"{klog["message"]}"')
    if text.endswith("}") and (start := text.find('{"')) > 0 and (values := json_values(text[start:])):
        return values, text[:start].rstrip(" \t:")
    if "=" in text and (values := logfmt_values(text)):
        return values, without_pairs(text)
    return {}, text


def _message(text: str, raised: str, trace: str) -> str:
    """The message; of a bare traceback what was raised, of a frame that stands alone the line under it."""
    if raised and text.startswith(TRACEBACK):
        return raised
    return text.strip() or trace.partition("\n")[0].strip()


def _first(values: Mapping[str, str], names: tuple[str, ...]) -> str:
    if values:
        for name in names:
            if name in values and (value := values[name].strip()) not in _NOTHING:
                return value
    return ""


def _exit_code(values: Mapping[str, str], said: str) -> int | None:
    code = _number(values, _EXIT_CODE, 0, 255)
    if code is None and ("exit" in said or "Exit" in said or "status=" in said) and (found := _EXITED.search(said)):
        return int(found["code"] or found["systemd"])
    return code


def _http_status(values: Mapping[str, str], said: str) -> int | None:
    status = _number(values, _HTTP_STATUS, 100, 599)
    if status is None and ("HTTP" in said or "tatus" in said) and (found := _ANSWERED.search(said)):
        return int(found["access"] or found["named"])
    return status


def _number(values: Mapping[str, str], names: tuple[str, ...], least: int, most: int) -> int | None:
    """The first of these values that is a number in bounds."""
    for name in names:
        value = values.get(name)
        if value and len(value) <= 6 and value.isascii() and value.isdigit() and least <= int(value) <= most:
            return int(value)
    return None


def _grpc_code(values: Mapping[str, str], said: str) -> str:
    if "code = " in said and (found := _GRPC.search(said)):
        return found["code"]
    return _first(values, _GRPC_CODE)
