"""The templates of many lines: collapsed and masked by column, then mined by what the lines say.

Only a few lines of each kind are read in Python. Their frame (time, thread, logger, host) decides nothing: it differs
where the event is the same, and as a part of the text it would make different events look alike.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from retrieval.patterns.collapsing import Kinds, collapsed, kinds_of
from retrieval.patterns.fields import Level, level_of
from retrieval.patterns.framing import bare, unframed
from retrieval.patterns.masking import kept_numbers, masked, numbered_words
from retrieval.patterns.mining import merged, mine, readable

# The place in the source that zap, Prometheus' logger and klog print: lines of two places are never one event.
_PRINTED_AT = re.compile(r"""(?:"caller": ?"|caller=|^[IWEF]\d{4} [\d:.]+ +\d+ )(?P<place>[\w./-]+:\d+)""")
_HEAD = 300
_TRUSTED = 0.8  # share of kinds whose lines name one place


@dataclass(frozen=True, slots=True)
class Template:
    """The text that lines of one event share, and the level that it states."""

    text: str
    level: Level


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of a column of lines; `of_line` is the template's index for each line."""

    known: tuple[Template, ...]
    of_line: pl.Series


def find_templates(lines: pl.Series) -> Templates:
    """The templates of a string column."""
    if not len(lines):
        return Templates((), pl.Series("template", [], dtype=pl.UInt32))
    kinds = collapsed(lines)
    whole = _masked(lines.gather(kinds.first))
    alike = kinds_of(whole)
    kinds = kinds.again(alike)
    frames = whole.gather(alike.first).to_list()
    firsts = lines.gather(kinds.first)
    said = _with_witnesses(lines, kinds, _said(firsts, frames))
    known, template_of = _mined(frames, said, _statements(lines, kinds))
    return Templates(known, template_of.gather(kinds.of_line))


def _masked(lines: pl.Series) -> pl.Series:
    # The streaming engine takes the column in parts, so that all cores mask.
    return lines.to_frame("line").lazy().select(masked("line")).collect(engine="streaming")["line"]


def _said(lines: pl.Series, whole: Sequence[str]) -> list[str]:
    """What each line says, masked and readable; `whole` are the lines masked with their frames."""
    messages = [_message(line) for line in lines.to_list()]
    masks = _masked(pl.Series(messages, dtype=pl.String)).to_list()
    return [readable(mask if mask.strip() else frame) for mask, frame in zip(masks, whole, strict=True)]


def _message(line: str) -> str:
    return unframed(bare(line)).text


def _statements(lines: pl.Series, kinds: Kinds) -> list[str]:
    """Where in the source the lines of each kind are printed (file and line number), as far as they say so, else "".

    Nothing where lines of one kind often name different places: then the numbers are none of a source.
    """
    last = np.zeros(len(kinds.first), dtype=np.uint32)
    last[kinds.of_line.to_numpy()] = np.arange(len(lines), dtype=np.uint32)
    firsts = [_statement(line) for line in lines.gather(kinds.first).to_list()]
    lasts = [_statement(line) for line in lines.gather(pl.Series(last)).to_list()]
    repeated = (kinds.first != pl.Series(last)).to_list()
    seen_twice = [one == other for one, other, again in zip(firsts, lasts, repeated, strict=True) if one and again]
    if sum(seen_twice) < _TRUSTED * len(seen_twice):
        return [""] * len(firsts)
    return firsts


def _statement(line: str) -> str:
    found = _PRINTED_AT.search(line[:_HEAD])
    return found["place"] if found else ""


def _with_witnesses(lines: pl.Series, kinds: Kinds, said: Sequence[str]) -> list[str]:
    """The texts, with a wildcard where a word with a number in it differs among other lines of the kind."""
    texts = list(said)
    wanted = [kind for kind, text in enumerate(texts) if numbered_words(text)]
    if not wanted:
        return texts
    row = pl.col("row")
    witnesses = (
        kinds.of_line.to_frame("kind")
        .with_row_index("row")
        .filter(pl.col("kind").is_in(wanted))
        .group_by("kind")
        .agg(row.get(pl.len() // 2).alias("middle"), row.last().alias("last"))
        .unpivot(index="kind", value_name="row")
    )
    rows = lines.gather(witnesses["row"])
    for kind, text in zip(witnesses["kind"].to_list(), _said(rows, rows.to_list()), strict=True):
        texts[kind] = merged(texts[kind], text)
    return texts


def _mined(
    frames: Sequence[str], texts: Sequence[str], statements: Sequence[str]
) -> tuple[tuple[Template, ...], pl.Series]:
    """The templates of kinds, and the number of each kind's template.

    Kinds of different level, exit code, HTTP status class or statement are mined apart, so that they are never one
    template.
    """
    sorts: dict[tuple[Level, tuple[str, ...], str], list[int]] = {}
    for number, (frame, statement) in enumerate(zip(frames, statements, strict=True)):
        sorts.setdefault((level_of(frame), kept_numbers(frame), statement), []).append(number)
    template_of = [0] * len(frames)
    known: dict[Template, int] = {}
    for (level, _, _), members in sorts.items():
        for number, text in zip(members, mine([texts[number] for number in members]), strict=True):
            template_of[number] = known.setdefault(Template(text, level), len(known))
    return tuple(known), pl.Series("template", template_of, dtype=pl.UInt32)
