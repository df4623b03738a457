"""Text from logs and models made fit for the screen: nothing in it acts, and nothing in it is invisible.

The elements of the chat render it as text nodes, so Markdown, HTML and links in it stay letters. What is left are
characters that act on the letters around them: terminal sequences, control characters and bidi overrides.
"""

import re
import unicodedata

from app.triage.verification import inert

LONGEST_LINE = 4_000
LONGEST_SENTENCE = 600
# Of Unicode, beside those of ASCII.
_LINE_ENDS = "\u2028\u2029"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def sentence(text: str, limit: int = LONGEST_SENTENCE) -> str:
    """The text on one line, without what cannot be seen; for titles, summaries and labels."""
    return inert(text, limit)


def verbatim(text: str, limit: int = LONGEST_LINE) -> str:
    r"""A log line as it was written: line breaks and tabs stay, other control and bidi characters become `\u202e`.

    Colour sequences are dropped: they say nothing and would stand between the words.
    """
    plain = _COLOURS.sub("", text)
    shown = plain if len(plain) <= limit else plain[: limit - 1] + "…"
    if shown.isprintable():
        return shown
    return "".join(
        c if c in "\n\t" or (unicodedata.category(c)[0] != "C" and c not in _LINE_ENDS) else _escaped(c) for c in shown
    )


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
