"""Collapsing: lines that differ in digits and ids alone are one kind, numbers with a meaning keep them apart."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.patterns import collapsing
from retrieval.patterns.collapsing import collapsed, kinds_of


def kinds(*lines: str) -> list[int]:
    return collapsed(pl.Series("line", lines, dtype=pl.String)).of_line.to_list()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("took 5ms at 14:00", "took 12ms at 15:01", "took long"), [0, 0, 1]),
        (('"GET / HTTP/1.1" 200 5', '"GET / HTTP/1.1" 502 5', '"GET / HTTP/1.1" 200 7'), [0, 1, 0]),
        (("exited with code 0", "exited with code 137", "exited with code 0"), [0, 1, 0]),
        (('{"level":30,"n":1}', '{"level":50,"n":2}'), [0, 1]),
        (("two\nlines 1", "two\nlines 2", "", ""), [0, 0, 1, 1]),
    ],
)
def test_kinds(lines: tuple[str, ...], expected: list[int]) -> None:
    """Digits do not make a kind, but exit codes, statuses and levels do."""
    assert kinds(*lines) == expected


def test_ids_are_told_alike_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where too many kinds are left, ids with letters in them are taken out as well."""
    ids = ["1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b"]
    lines = [f"request {each} answered HTTP/1.1 {status}" for each in ids for status in (200, 500)]
    assert len(set(kinds(*lines))) == 4
    monkeypatch.setattr(collapsing, "_FEW", 1)
    assert kinds(*lines) == [0, 1, 0, 1]


def test_no_lines_have_no_kinds() -> None:
    """An empty column has no kinds."""
    assert kinds() == []


def test_many_lines_are_collapsed_in_parts() -> None:
    """The parts that are worked on side by side give what the whole gives."""
    lines = [f"{word} {n}" for n in range(15_000) for word in ("started", "stopped", "failed")]
    assert kinds(*lines) == [0, 1, 2] * 15_000


@given(st.lists(st.text(max_size=30), max_size=30))
def test_equal_lines_are_of_one_kind(lines: list[str]) -> None:
    """Each line has a kind, equal lines have the same, and the first of a kind is of it."""
    found = collapsed(pl.Series("line", lines, dtype=pl.String))
    of_line = found.of_line.to_list()
    assert len(of_line) == len(lines)
    assert len({(line, kind) for line, kind in zip(lines, of_line, strict=True)}) == len(set(lines))
    assert [of_line[first] for first in found.first] == list(range(len(found.first)))
    assert kinds_of(pl.Series(lines, dtype=pl.String)).first.to_list() == sorted(
        {line: lines.index(line) for line in lines}.values()
    )
