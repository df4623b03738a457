"""The exception that an event tells of: what a Python, Java, .NET, Node or Ruby program raised, or a Go panic."""

import re
from dataclasses import dataclass

_NAME = r"(?:[A-Za-z_][\w$]*(?:\.|::))*[A-Z][\w$]*(?:Exception|Error|Throwable|Fault|Interrupt|Exit|Timeout)"
_NAMES = re.compile(r"(?:Exception|Error|Throwable|Fault|Interrupt|Exit|Timeout)\b")
_RAISED = re.compile(
    rf"(?<![\w.$/-])(?P<type>{_NAME})\b(?: \[\w+\])?(?: \([^)\n]{{1,80}}\))?(?:: *(?P<said>[^\n]*)|\s*$)", re.MULTILINE
)
_CAUSE = re.compile(rf"^\s*(?:Caused by: |---> )(?P<type>{_NAME})(?:: *(?P<said>[^\n]*))?", re.MULTILINE)
# The last line of a Python traceback names any class, with its module, and stands at the margin.
_PYTHON_END = re.compile(rf"^(?P<type>{_NAME}|(?:[a-z_]\w*\.)+[A-Za-z_]\w*)(?:: *(?P<said>[^\n]*))?$", re.MULTILINE)
_GO_PANIC = re.compile(r"\bpanic: (?P<said>[^\n]+)")
TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True)
class Raised:
    """Type of an exception and its words, both "" where there is none; the words of a panic stand alone."""

    type: str = ""
    words: str = ""

    def __str__(self) -> str:
        if not self.words or self.type == "panic":
            return self.words or self.type
        return f"{self.type}: {self.words}"


def raised_in(head: str, trace: str) -> Raised:
    """The innermost exception of an event's trace, else the one that its first line names."""
    if trace and (found := _of_trace(head, trace)):
        return found
    if "panic: " in head or "panic: " in trace:
        panic = _GO_PANIC.search(f"{head}\n{trace}")
        return Raised("panic", panic["said"].strip()) if panic else Raised()
    return _raised(_RAISED.search(head)) if _NAMES.search(head) else Raised()


def _of_trace(head: str, trace: str) -> Raised | None:
    if causes := list(_CAUSE.finditer(trace)):
        return _raised(causes[-1])
    if (TRACEBACK in head or TRACEBACK in trace) and (ends := list(_PYTHON_END.finditer(trace))):
        return _raised(ends[-1])
    if _NAMES.search(trace) and (found := _RAISED.search(trace)):
        return _raised(found)
    return None


def _raised(found: re.Match[str] | None) -> Raised:
    return Raised(found["type"], (found["said"] or "").strip()) if found else Raised()
