"""Of a runbook's section, what touches on the lines beside it, so that a small model reads little else.

A section lists every message that its trouble is known by. In a prompt those that did not happen mislead more than they
help, and each costs tokens; the card shows the whole section.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator

from retrieval.knowledge.tokens import tokens

# A piece ends behind a sentence, before a list item, and between two quoted messages. What is quoted is masked before.
_END = re.compile(r"(?<=[.;:])\s+|\s+(?=- )|(?<=`),\s+(?=`)|(?<=\)),\s+(?=`)")
_QUOTED = re.compile(r"`[^`]*`")
# The mark of an exam's domain behind a step; the answer shows it as its own field.
_EXAM = re.compile(r"\s*\*\(CKA: [^)]*\)\*")
GAP = " … "
# A piece of less than this share of the best one's worth is left out.
WORTHWHILE = 0.34


def excerpt(text: str, words: Collection[str], longest: int) -> str:
    """At most `longest` characters of the text: the pieces that share most of `words`, in their order.

    `words` are stemmed as `tokens` does. A word counts the less the more pieces hold it, and a long piece less than a
    short one. The text's beginning where no piece shares any.
    """
    line = " ".join(_EXAM.sub("", text).split())
    spans = list(_pieces(line))
    held = [set(tokens(line[start:end])).intersection(words) for start, end in spans]
    holders = Counter(word for each in held for word in each)
    worth = [
        sum(1 / holders[word] for word in each) / (1 + (end - start) / longest)
        for each, (start, end) in zip(held, spans, strict=True)
    ]
    if len(line) <= longest or not any(worth):
        return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
    chosen, room = set[int](), longest
    for nth in sorted(range(len(spans)), key=lambda each: -worth[each]):
        takes = spans[nth][1] - spans[nth][0] + len(GAP)
        if worth[nth] >= WORTHWHILE * max(worth) and takes <= room:
            chosen.add(nth)
            room -= takes
    return _joined(line, spans, chosen) or f"{line[: longest - 1].rstrip()}…"


def _pieces(line: str) -> Iterator[tuple[int, int]]:
    """Where each piece begins and ends."""
    masked = _QUOTED.sub(lambda found: f"`{'x' * (len(found[0]) - 2)}`", line)
    start = 0
    for end in _END.finditer(masked):
        if end.start() > start:
            yield start, end.start()
        start = end.end()
    if start < len(line):
        yield start, len(line)


def _joined(line: str, spans: list[tuple[int, int]], chosen: Collection[int]) -> str:
    """The chosen pieces; where some between them are missing, a sign stands for these."""
    text, last = "", -1
    for nth in sorted(chosen):
        between = line[spans[last][1] : spans[nth][0]] if nth == last + 1 and text else GAP if text else ""
        text += between + line[slice(*spans[nth])]
        last = nth
    return text
