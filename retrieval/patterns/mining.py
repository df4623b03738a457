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


def readable(masked: str) -> str:
    """A masked line as a template is mined: no time stamp in front, JSON written as key=value."""
    text = masked.strip()[:LONGEST_TEMPLATE]
    if text.startswith("{"):
        text = _JSON_SEPARATOR.sub(" ", _JSON_KEY.sub(r"\1=", text.strip("{}")))
    text = _TIME_FIELD.sub("", _LEADING_TIME.sub("", text))
    return " ".join(text.split()) or masked.strip()[:LONGEST_TEMPLATE] or "<empty>"


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
    return [unprotected(clusters[text].get_template()) for text in texts]
