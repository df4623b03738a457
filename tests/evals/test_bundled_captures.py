"""The captures that ship with the program are valid, varied, and really captured."""

import re
from collections import Counter
from pathlib import Path

import pytest

from app.triage.components import canonical
from evals.capture.catalog import SCENARIOS
from evals.captures import folder
from evals.dataset.cases import Case, Origin, read_cases
from retrieval.taxonomy import Severity, Status

FILES = sorted(folder().glob("*.jsonl"))
BY_ID = {scenario.id: scenario for scenario in SCENARIOS}


@pytest.fixture(scope="module")
def bundled() -> list[Case]:
    return [case for file in FILES for case in read_cases(file)]


def test_there_are_enough_of_them(bundled: list[Case]) -> None:
    """At least a dozen, of at least six programs, at least two of them healthy."""
    programs = Counter(case.tags[0] for case in bundled)

    assert len(bundled) >= 12
    assert len(programs) >= 6
    assert sum(case.expected.status is Status.HEALTHY for case in bundled) >= 2


def test_every_severity_is_there(bundled: list[Case]) -> None:
    """None of the four severities is without an example."""
    assert {case.expected.severity for case in bundled} == set(Severity)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_capture_is_one_case_named_like_its_file(file: Path) -> None:
    """A file holds the one case of the scenario that it is named after, with that scenario's labels."""
    (case,) = read_cases(file)
    scenario = BY_ID[case.id]

    assert case.id == file.stem
    assert case.origin is Origin.CAPTURED
    assert re.search(r"\d+\.\d+", case.source)
    expected = case.expected
    assert (case.question, expected.severity, expected.category, expected.component, expected.root_cause) == (
        scenario.question,
        scenario.severity,
        scenario.category,
        scenario.component,
        scenario.root_cause,
    )


def test_components_have_their_canonical_names(bundled: list[Case]) -> None:
    """A case names a component as a triage does, so that the two can be compared as they stand."""
    named = {case.expected.component for case in bundled}
    assert {"postgresql", "llama.cpp"} <= named
    assert named == {canonical(name) for name in named}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_its_key_lines_are_those_that_its_scenario_looks_for(file: Path) -> None:
    """The key lines can be found again in the lines, so nobody moved them by hand."""
    (case,) = read_cases(file)

    assert list(case.expected.key_lines) == BY_ID[case.id].key_positions([line.line for line in case.logs])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_its_lines_are_in_order_and_say_who_printed_them(file: Path) -> None:
    """Lines have all five labels and times that never go back, and there are no more than 400 of them."""
    (case,) = read_cases(file)
    times = [line.nanoseconds for line in case.logs]

    assert 0 < len(times) <= 400
    assert None not in times
    assert times == sorted(times)
    assert all(len(line.labels.model_dump()) == 5 for line in case.logs)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_gives_away_nothing_of_the_machine_it_was_made_on(file: Path) -> None:
    """No home, no checkout, no password of a scenario gets into a capture."""
    text = file.read_text(encoding="utf-8")

    for secret in (
        "/root",
        str(Path(__file__).parents[2]),
        "site-packages",
        "rosebud",
        "hunter2",
        "correct-horse",
        "battery-staple",
    ):
        assert secret not in text


def test_the_capture_of_every_scenario_is_bundled(bundled: list[Case]) -> None:
    """Who adds a scenario also adds its capture."""
    assert {case.id for case in bundled} == set(BY_ID)
