"""Secrets out of every line, before anything else sees it.

1. One pass over all lines finds the candidates: those with a hint of any rule family. The others are done.
2. Candidates: blocks over several lines (`blocks`), then each family's steps on the lines with its hint.
3. What changed is written back; a secret has become `[redacted:<kind>]`, everything around it stays.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

import polars as pl

from retrieval.log_lines import SCHEMA, LogTable
from retrieval.redaction import blocks, cards, named, places, shapes
from retrieval.redaction.steps import MARK, MARKS, Family

# In this order: what stands in armour, then what has a name, then what is known by its place or its shape alone.
FAMILIES: tuple[Family, ...] = (
    places.KEYS,
    named.PAIRS,
    named.SPOKEN,
    named.NAMED,
    places.HEADERS,
    places.URLS,
    *shapes.TOKENS,
    shapes.HASHES,
    shapes.ADDRESSES,
)
# Words of a candidate, and those that only decide which steps are worth their compilation.
_WORDS = sorted({word for family in FAMILIES for word in family.words} | set(blocks.WORDS))
_STEP_WORDS = sorted({word for family in FAMILIES for step in family.steps for word in step.words} | set(_WORDS))
_REDACTED = r"\[redacted:([a-z-]+)\]"


@dataclass(frozen=True, slots=True)
class Redacted:
    """A table without secrets, and how many of each kind were taken out."""

    table: LogTable
    counts: Mapping[str, int]


def redact_table(table: LogTable) -> Redacted:
    """The same lines in the same order with every secret replaced by `[redacted:<kind>]`."""
    before = table.rows["line"].rechunk()
    hinted = before.str.contains_any(_WORDS, ascii_case_insensitive=True) | before.str.contains(cards.HINT)
    nth = hinted.fill_null(value=False).arg_true()
    if not len(nth):
        return Redacted(table, {})
    after = _hide_blocks(before, table.rows["stream"], nth)
    after[nth] = _hide_in_lines(after.gather(nth))
    changed = (before != after).fill_null(value=False)
    if not changed.any():
        return Redacted(table, {})
    counts = Counter(_kinds(after.filter(changed)))
    counts.subtract(_kinds(before.filter(changed)))
    return Redacted(table.with_text(after), MappingProxyType(dict(+counts)))


def redact_text(text: str) -> tuple[str, Counter[str]]:
    """The same for any text; a surrogate, which no UTF-8 can hold, becomes `?`."""
    (redacted,), counts = redact_texts([text])
    return redacted, counts


def redact_texts(texts: Sequence[str]) -> tuple[list[str], Counter[str]]:
    """The same for many texts at once, each by itself: a block that one leaves open does not reach into the next."""
    pieces = [text.encode("utf-8", "replace").decode().split("\n") for text in texts]
    lines = [line for piece in pieces for line in piece]
    streams = [nth for nth, piece in enumerate(pieces) for _ in piece]
    rows = {"position": range(len(lines)), "timestamp": None, "stream": streams, "line": lines}
    redacted = redact_table(LogTable(pl.DataFrame(rows, schema=SCHEMA), tuple({} for _ in pieces)))
    after = iter(redacted.table.rows["line"].to_list())
    return ["\n".join(islice(after, len(piece))) for piece in pieces], Counter(redacted.counts)


def _hide_in_lines(lines: pl.Series) -> pl.Series:
    lines = lines.str.replace_all(MARKS, "")
    found = _words(lines)
    words = set(found["word"].unique())
    for family in FAMILIES:
        if words.isdisjoint(family.words):
            continue
        nth = found.filter(pl.col("word").is_in(family.words))["nth"].unique()
        if family.hint:
            nth = nth.filter(lines.gather(nth).str.contains(family.regex))
        if len(nth):
            lines[nth] = _apply(family, lines.gather(nth), words)
    return _hide_cards(lines)


def _apply(family: Family, lines: pl.Series, words: set[str]) -> pl.Series:
    # What is hidden already is neither a value nor, as in "[redacted:password]: x", a key.
    line = pl.col("line").str.replace_all(_REDACTED, f"{MARK}[redacted:${{1}}{MARK}]")
    for step in family.steps:
        if not step.words or not words.isdisjoint(step.words):
            line = line.str.replace_all(step.regex, step.replacement)
    line = line.str.replace_all(MARKS, "")  # those of one family would be in the way of the next
    return lines.alias("line").to_frame().select(line)["line"]


def _words(lines: pl.Series) -> pl.DataFrame:
    """Which line has which word: one row for each."""
    words = lines.str.extract_many(_STEP_WORDS, ascii_case_insensitive=True, overlapping=True)
    rows = pl.DataFrame({"nth": pl.arange(len(lines), eager=True), "word": words}).explode("word").drop_nulls()
    return rows.with_columns(pl.col("word").str.to_lowercase())


def _hide_cards(lines: pl.Series) -> pl.Series:
    nth = lines.str.contains(cards.HINT).arg_true()
    if len(nth):
        lines[nth] = pl.Series([cards.hide_cards(line) for line in lines.gather(nth)], dtype=pl.String)
    return lines


def _hide_blocks(lines: pl.Series, streams: pl.Series, candidates: pl.Series) -> pl.Series:
    """A copy of the lines without the secrets that lie over several lines of one stream."""
    hinted = candidates.filter(lines.gather(candidates).str.contains(blocks.HINT))
    lines = lines.clone()
    if not len(hinted):
        return lines
    wanted = set(hinted)
    table = pl.DataFrame({"nth": pl.arange(len(lines), eager=True), "stream": streams, "line": lines})
    table = table.drop_nulls("line")
    for part in table.filter(pl.col("stream").is_in(streams.gather(hinted).unique().implode())).partition_by("stream"):
        rows, texts = part["nth"].to_list(), part["line"].to_list()
        for place, row in enumerate(rows):
            if row in wanted:
                texts[place] = _hide_inner_blocks(texts[place])
                blocks.hide_blocks(texts, place)
        lines[part["nth"]] = pl.Series(texts, dtype=pl.String)
    return lines


def _hide_inner_blocks(line: str) -> str:
    """A record that itself holds several lines."""
    if "\n" not in line:
        return line
    inner = line.split("\n")
    for nth in range(len(inner)):
        blocks.hide_blocks(inner, nth)
    return "\n".join(inner)


def _kinds(lines: pl.Series) -> list[str]:
    return lines.str.extract_all(_REDACTED).explode().drop_nulls().str.extract(_REDACTED).to_list()
