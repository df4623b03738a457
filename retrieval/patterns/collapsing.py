"""Collapsing: lines that differ in their digits and ids alone are told to be one, before anything costly is done.

In a window of half a million lines hardly one is there twice, since each carries its time; without their digits a few
hundred different ones are left. Deleting digits is a table look-up on bytes, tens of times as fast as one regular
expression, so the masking that follows sees one line of each kind. Numbers that carry the meaning of a line stay.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from retrieval.patterns.masking import IDENTIFIERS, MEANT_NUMBERS, MEANT_PLACES

# Lines looked at in one go: few enough to stay in the processor's cache.
_PART = 16_384
_DIGITS = b"0123456789"
# Kinds up to which masking them all is cheaper than looking for more that are alike.
_FEW = 2_000
_THREADS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Kinds:
    """Kinds of lines: the index of the first line of each, in order of appearance, and for each line its kind."""

    first: pl.Series
    of_line: pl.Series

    def again(self, of_first: "Kinds") -> "Kinds":
        """These kinds with those told to be alike that `of_first`, kinds of their first lines, holds alike."""
        return Kinds(self.first.gather(of_first.first), of_first.of_line.gather(self.of_line))


def kinds_of(keys: pl.Series) -> Kinds:
    """Equal keys are one kind."""
    first = keys.arg_unique().sort()
    numbered = keys.gather(first).to_frame("key").with_row_index("kind")
    of_line = keys.to_frame("key").join(numbered, on="key", how="left", maintain_order="left", nulls_equal=True)["kind"]
    return Kinds(first, of_line)


def collapsed(lines: pl.Series) -> Kinds:
    """The kinds of a string column: lines that masking makes equal, and some more that it does not yet."""
    if not len(lines):
        return Kinds(pl.Series(dtype=pl.UInt32), pl.Series(dtype=pl.UInt32))
    lines = lines.fill_null("")
    kinds = _with_meant_numbers(lines, kinds_of(_in_parts(lines, _without_digits)))
    if len(kinds.first) <= _FEW:
        return kinds
    anonymous = lines.gather(kinds.first).str.replace_all(IDENTIFIERS, "")
    return kinds.again(_with_meant_numbers(lines.gather(kinds.first), kinds_of(_in_parts(anonymous, _without_digits))))


def _with_meant_numbers(lines: pl.Series, kinds: Kinds) -> Kinds:
    """The kinds, apart where lines differ in a number that carries their meaning."""
    places = lines.gather(kinds.first).str.contains(MEANT_PLACES)
    if not places.any():
        return kinds
    rows = places.gather(kinds.of_line).arg_true()
    meant = _in_parts(lines.gather(rows), lambda part: part.str.extract_all(MEANT_NUMBERS).list.join(" "))
    numbers = pl.zeros(len(lines), dtype=pl.UInt64, eager=True).scatter(rows, meant.hash())
    return kinds_of(pl.select(pl.struct(kinds.of_line.alias("kind"), numbers.alias("numbers")).hash()).to_series())


def _without_digits(lines: pl.Series) -> pl.Series:
    """The digest of each line without its digits."""
    joined = lines.str.join("\n").cast(pl.Binary)[0].translate(None, _DIGITS)
    apart = pl.Series([joined], dtype=pl.Binary).cast(pl.String).str.split("\n").explode()
    if len(apart) != len(lines):
        return _without_digits(lines.str.replace_all("\n", " ", literal=True))
    return apart.hash()


def _in_parts(lines: pl.Series, work: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The result of line-wise work, done on parts side by side: polars and the look-up let other threads run."""
    if len(lines) <= _PART:
        return work(lines)
    parts = [lines.slice(start, _PART) for start in range(0, len(lines), _PART)]
    with ThreadPoolExecutor(_THREADS) as threads:
        return pl.concat(list(threads.map(work, parts)))
