"""What a lookup looks for: the words that a line has to hold, taken from the question."""

import re

_QUOTED = re.compile(r"[\"'`“”‘]([^\"'`“”’]{2,200})[\"'`“”’]")
_BEHIND = re.compile(
    r"\b(?:with|contain(?:s|ing)?|mention(?:s|ing|ed)?|match(?:es|ing)?|includ(?:e|es|ing)|say(?:s|ing)?|hold(?:s|ing)?"
    r"|about|like|mentions? of|occurrences? of|the (?:word|phrase|text|string)s?|grep(?: for| -\w+)*|search(?: for)?"
    r"|look(?:ing)? (?:for|up))\s+"
    r"(?:the (?:word|phrase|text|string)s? |a |an |any |the )?(?P<what>.+)$",
    re.IGNORECASE,
)
_HAPPENED = re.compile(
    r"\b(?:when|how often|how many times|where)\b(?: \w+)? ?(?:did|does|do|was|were|is|are|has|had)\b(?: the| a| an"
    r"| we| it)? ?(?P<what>.+?)"
    r"(?: (?:last|first|ever|actually|get|got|been))*(?: (?:happen\w*|occur\w*|appear\w*|start\w*|show\w* up|logged"
    r"|see\w*|seen|mentioned|come up|came up))?$",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"^\W*(?:please |can you |could you |and |now |then |i want to |let me |help me )*"
    r"(?:show|find|list|grep|search|give|print|get|display|fetch|pull up|look up|look for|see|tail|dump|cat|retrieve"
    r"|locate|filter)\b"
    r"(?: me| us| for| all| the| any| every| out| up| through)*",
    re.IGNORECASE,
)
# What stands around the thing itself: "the last 20 lines", "errors in namespace x", "from pod y".
_FRAME = re.compile(
    r"\b(?:(?:the )?(?:last|latest|newest|first|recent|most recent)(?: \d+)?|log ?lines?|lines?|log ?messages?"
    r"|messages?|log ?entr(?:y|ies)|entr(?:y|ies)|logs?"
    r"|(?:in|of|from|for|on|by|at) (?:the )?(?:namespace|ns|pod|container|node|app|cluster|logs?)s?[ =:]*[\w.\-/]*"
    r"|in (?:the )?[\w-]+ namespace"
    r"|please|me|all|any|every|that|which|where|there|only|in it|in them|sorted.*|newest first|most recent first"
    r"|everything|today)\b",
    re.IGNORECASE,
)
_LEVEL_WORDS = re.compile(
    r"\b(?:only |all |any )?(?:errors?|warnings?|error lines?|critical|fatal)\b(?: (?:and|or) (?:errors?|warnings?"
    r"|fatals?))?",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"^(?:\W|\b(?:in|of|from|for|on|the|a|an|and|or|with|by|at|to|is|are|was|were|there|how|many|times|often|did|do|does|has|have|been|happen\w*|occur\w*)\b)+|(?:\W|\b(?:in|of|from|for|on|the|and|or|with|by|at|to|is|are|was|were)\b)+$",
    re.IGNORECASE,
)
LONGEST = 200


def find_needles(question: str, selected: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Phrases that every line has to hold, case not counting; none where the question names none.

    `question` is without the words of its window; `selected` are the label values that already select.
    """
    if quoted := [phrase.strip() for phrase in _QUOTED.findall(question) if phrase.strip()]:
        return tuple(dict.fromkeys(quoted))[:4]
    text = question.strip().rstrip("?!. ")
    for value in selected:
        text = re.sub(
            rf"\b(?:in|of|from|for|on|by) (?:the )?(?:namespace |pod |container |node "
            rf"|app )?{re.escape(value)}(?![\w-])(?: (?:namespace|pod|node))?",
            " ",
            text,
        )
        text = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", " ", text)
    found = _BEHIND.search(text) or _HAPPENED.search(text)
    what = found["what"] if found else _LEVEL_WORDS.sub(" ", _VERB.sub("", text))
    what = " ".join(_FRAME.sub(" ", what).split())
    previous = ""
    while what != previous:
        previous, what = what, _ENDS.sub("", what).strip()
    return (what[:LONGEST],) if len(what) > 1 else ()
