"""The retrieval dataset."""

import json
from pathlib import Path

import pytest

from evals.retrieval.command import BUNDLED_QUERIES
from evals.retrieval.queries import Query, read_queries
from ingestion.corpus import runbook_folder
from retrieval.errors import BadInput

GOOD = {"id": "a", "query": "what is it?", "relevant": {"x.md": 1}}


def written(folder: Path, *rows: dict | str) -> Path:
    path = folder / "queries.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def test_a_query_says_what_answers_it(tmp_path: Path) -> None:
    """Blank lines are passed over, a grade of 0 is judged and no answer, and type and split may be missing."""
    path = written(tmp_path, GOOD, "", GOOD | {"id": "b", "relevant": {"x.md": 0, "y.md": 2}, "type": "log"})
    first, second = read_queries(path, ["x.md", "y.md"])
    assert (first.type, first.split, first.answers) == ("query", None, {"x.md"})
    assert (second.type, second.answers) == ("log", {"y.md"})


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([GOOD, GOOD | {"id": "b", "colour": "red"}], "line 2: colour: Extra inputs are not permitted"),
        ([GOOD | {"relevant": {"z.md": 1}}], "line 1: relevant: there is no document 'z.md' in the corpus"),
        ([GOOD, "", GOOD], "line 3: id: 'a' stands in line 1 already"),
        ([GOOD | {"relevant": {}}], "line 1: relevant: .*names no document with a grade above 0"),
        ([GOOD | {"relevant": {"x.md": -1}}], "line 1: relevant.x.md: .*greater than or equal to 0"),
        ([GOOD | {"relevant": {"x.md": "1"}}], "line 1: relevant.x.md: .*valid integer"),
        ([GOOD | {"query": "  "}], "line 1: query: .*blank"),
        ([{"id": "a", "query": "q"}], "line 1: relevant: Field required"),
        (["{broken"], "line 1: Invalid JSON"),
        ([], "holds no query"),
    ],
)
def test_what_is_not_in_the_contract_is_named(tmp_path: Path, rows: list, wrong: str) -> None:
    """File, line and field are named in one line."""
    path = written(tmp_path, *rows)
    with pytest.raises(BadInput, match=wrong) as caught:
        read_queries(path, ["x.md"])
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def bundled() -> list[Query]:
    names = sorted(path.name for path in runbook_folder().glob("*.md"))
    return read_queries(BUNDLED_QUERIES, names)


def test_every_bundled_runbook_is_asked_for_in_three_voices() -> None:
    """There are 150 queries and more, each voice has at least 40, and no runbook is left out."""
    queries = bundled()
    voices = [query.type for query in queries]
    assert len(queries) >= 150
    assert set(voices) == {"question", "alert", "log"}
    assert min(voices.count(voice) for voice in set(voices)) >= 40
    assert set().union(*(query.answers for query in queries)) == {path.name for path in runbook_folder().glob("*.md")}
    assert {query.split for query in queries} == {"dev", "test"}


def test_no_bundled_question_repeats_a_runbook() -> None:
    """Questions and alerts share no run of eight words with the runbooks; a log line is what its program prints."""

    def runs(text: str) -> set[tuple[str, ...]]:
        words = text.lower().split()
        return {tuple(words[start : start + 8]) for start in range(len(words) - 7)}

    known = set().union(*(runs(path.read_text()) for path in runbook_folder().glob("*.md")))
    assert [query.id for query in bundled() if query.type != "log" and runs(query.query) & known] == []
