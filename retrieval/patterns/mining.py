"""Mining: the distinct masked lines become templates, with Drain on what masking alone did not make equal.

Drain: He, Zhu, Zheng, Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017.
"""

import re
from collections.abc import Sequence

from drain3.drain import Drain

from retrieval.patterns.masking import unprotected

# Drain tells lines apart by their words; a longer line adds cost and no meaning.
LONGEST_TEMPLATE = 600
WILDCARD = "<*>"
# Masked text is nearly constant already: lines must share most of their words to be one event.
SIMILARITY = 0.6
DEPTH = 4

_JSON_KEY = re.compile(r"""["']([\w.@/-]{1,60})["']\s*:\s*""")
_JSON_SEPARATOR = re.compile(r",\s*(?=[\w.@/-]{1,60}=)")
_LEADING_TIME = re.compile(r"""^(?:[IWEF] <time> |\[?<time>\]?[,:]?\s+|time="?<time>"?\s+|ts="?<time>"?\s+)+""")
_TIME_FIELD = re.compile(r"""\b(?:ts|time|timestamp|@timestamp|t)=["']?(?:<time>|<n>)["']?[,\s]*""")
_PAIR = re.compile(r"""(?P<key>[\w.@/-]{1,60})=(?P<value>"(?:[^"\\]|\\.)*"|\S*)(?:\s+|$)""")
_MESSAGE_KEYS = frozenset({"msg", "message", "event"})
_ERROR_KEYS = frozenset({"err", "error", "reason", "cause", "exception"})
# What a pattern says elsewhere, or what names the place and not the event.
_FRAME_KEYS = frozenset({"level", "lvl", "severity", "caller"})
# Stands for a space within a value, so that a value counts as one word; a character that is no white space.
_JOINER = "\ue000"


def readable(masked: str) -> str:
    """A masked line as a template is mined: no time in front, fields with the message first."""
    text = masked.strip()[:LONGEST_TEMPLATE]
    if text.startswith("{"):
        text = _JSON_SEPARATOR.sub(" ", _JSON_KEY.sub(r"\1=", text.strip("{}")))
    text = _TIME_FIELD.sub("", _LEADING_TIME.sub("", text))
    return _message_first(" ".join(text.split())) or masked.strip()[:LONGEST_TEMPLATE] or "<empty>"


def _message_first(text: str) -> str:
    """The fields of a line that is nothing but fields, ordered for mining; any other line as it is.

    The words of message and error count each, the value of another field counts as one.
    """
    first: list[str] = []
    rest: list[str] = []
    place = 0
    while place < len(text):
        pair = _PAIR.match(text, place)
        if pair is None:
            return text
        place = pair.end()
        key = pair["key"].lower()
        if key in _MESSAGE_KEYS:
            first.append(pair.group().strip())
        elif key in _ERROR_KEYS:
            rest.append(pair.group().strip())
        elif key not in _FRAME_KEYS:
            rest.append(f"{pair['key']}={pair['value'].replace(' ', _JOINER)}")
    return " ".join((*first, *rest)) if first else text


def merged(one: str, other: str) -> str:
    """Two texts as one, with a wildcard for each word that differs; the first where they differ in length."""
    if one == other:
        return one
    words, others = one.split(" "), other.split(" ")
    if len(words) != len(others):
        return one
    return " ".join(word if word == theirs else WILDCARD for word, theirs in zip(words, others, strict=True))


def mine(texts: Sequence[str]) -> list[str]:
    """The template of each text, by Drain; equal templates mean the same event.

    `texts` are readable masked lines, in the order in which they were first seen.
    """
    drain = Drain(sim_th=SIMILARITY, depth=DEPTH, max_children=200, parametrize_numeric_tokens=False)
    clusters = {text: drain.add_log_message(text)[0] for text in dict.fromkeys(texts)}
    return [unprotected(clusters[text].get_template()).replace(_JOINER, " ") for text in texts]
