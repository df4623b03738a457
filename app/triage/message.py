"""The part of a log line that says what happened, without time stamp, level and framing."""

from app.triage.verification import inert
from retrieval.patterns.line_fields import fields_of


def message_of(line: str, longest: int = 220) -> str:
    """What a line says, in at most `longest` characters: its message and its error field, in whichever format."""
    return inert(fields_of(line).said, longest)
