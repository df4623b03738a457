"""The golden dataset is frozen: what it is was written down, and a changed file is refused."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from evals.dataset.analysis.analysis import analyze
from evals.dataset.analysis.report import markdown, page
from evals.dataset.cases import read_cases
from evals.dataset.combination.targets import Targets
from evals.dataset.freezing import freeze, read_frozen, read_splits
from evals.golden import golden, path
from retrieval.errors import BadInput


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The golden files in a folder that may be written to."""
    for file in path().parent.glob("golden-v1.*"):
        shutil.copy(file, tmp_path)
    return tmp_path / path().name


def test_it_is_the_file_that_was_frozen() -> None:
    """150 cases under the digest of its first day."""
    digest = hashlib.sha256(path().read_bytes()).hexdigest()

    assert digest == "0c6f928a9d004eaa28546d36cb62170e03f8e82d47fbc0534d37b4b7904bebb9"
    assert len(golden()) == 150
    assert digest in path().with_suffix(".md").read_text(encoding="utf-8")


def test_its_splits_hold_every_case_once() -> None:
    """Dev and test together are the dataset."""
    dev, test = golden("dev"), golden("test")

    assert sorted(case.id for case in dev + test) == sorted(case.id for case in golden())
    with pytest.raises(BadInput, match="has no split 'train'; it has dev, test"):
        golden("train")


def test_nothing_is_amiss_with_it() -> None:
    """The analysis finds its targets reached and no near-duplicate across its splits."""
    analysis = analyze(golden(), Targets(), read_splits(path()))

    assert list(analysis.problems) == []
    assert list(analysis.leaks) == []


def test_a_changed_file_is_refused_by_every_reader(copied: Path) -> None:
    """One byte is enough; the sentence says why."""
    content = copied.read_bytes()
    copied.write_bytes(content.replace(b"ERROR", b"error", 1))

    for read in (read_cases, read_frozen):
        with pytest.raises(BadInput, match=r"golden-v1.jsonl: a frozen dataset was changed"):
            read(copied)
    copied.write_bytes(content)
    assert len(read_cases(copied)) == 150


def test_a_frozen_name_is_not_frozen_again(copied: Path) -> None:
    """Nothing is written where any of its files is there."""
    before = copied.read_bytes()

    with pytest.raises(BadInput, match="a frozen dataset is never changed"):
        freeze(golden()[:2], {"dev": [], "test": []}, "card", copied)
    assert copied.read_bytes() == before


def test_every_case_needs_a_split(tmp_path: Path) -> None:
    """A case in none, or in two, is no split."""
    cases = golden()[:2]
    for splits in ({"dev": [cases[0].id]}, {"dev": [case.id for case in cases], "test": [cases[0].id]}):
        with pytest.raises(BadInput, match="exactly one split"):
            freeze(cases, splits, "card", tmp_path / "mine.jsonl")


def test_splits_that_cannot_be_read_are_refused(copied: Path) -> None:
    """A sentence with the file, not a traceback."""
    copied.with_suffix(".splits.json").write_text("{")

    with pytest.raises(BadInput, match=r"golden-v1.splits.json: the splits"):
        read_frozen(copied, "dev")


def test_the_report_tells_the_figures_and_fetches_nothing() -> None:
    """Markdown and one page without a script or an address; hostile lines stay text."""
    cases = golden()
    hostile = cases[0].model_copy(update={"id": "<script>alert(1)</script>"})
    analysis = analyze(cases, Targets(), read_splits(path()))
    html = page(analysis, [hostile, *cases[1:]], "T")
    text = markdown(analysis, cases, "T")

    assert "<script" not in html
    assert "src=" not in html
    assert "href=" not in html
    assert html.count('class="bars"') == 4
    assert "| CRITICAL | 15 | 15 |" in text
    assert "| benign_noise | 37 |" in text


def test_what_is_amiss_is_said() -> None:
    """A part of the dataset misses its targets, and a pair across splits is a leak."""
    cases = [case for case in golden() if case.id.startswith("rabbitmq")]
    splits = {"dev": [cases[0].id], "test": [case.id for case in cases[1:]]}
    analysis = analyze(cases, Targets(), splits)

    assert f"INFO: {analysis.severities['INFO'][0]} cases and 37 wanted" in analysis.problems
    assert analysis.leaks
    assert any("in different splits" in problem for problem in analysis.problems)
    json.dumps(analysis.as_json())
