"""The chosen cases reach their targets, are the same for the same seed, and families stay on one side of the split."""

from collections import Counter

import pytest

from evals.captures import folder
from evals.dataset.cases import Case, Origin, read_cases
from evals.dataset.combination.combine import combine, family, is_calm
from evals.dataset.combination.splits import split
from evals.dataset.combination.targets import Targets
from evals.dataset.combination.views import View, views
from evals.dataset.synthesis.synthesize import synthesize
from retrieval.errors import BadInput
from retrieval.taxonomy import Category, Severity, Status


@pytest.fixture(scope="module")
def captures() -> dict[str, Case]:
    return {case.id: case for path in sorted(folder().glob("*.jsonl")) for case in read_cases(path)}


@pytest.fixture(scope="module")
def pool(captures: dict[str, Case]) -> list[Case]:
    return [*captures.values(), *views(captures), *synthesize(7)]


@pytest.fixture(scope="module")
def chosen(pool: list[Case]) -> list[Case]:
    return combine(pool, Targets(), 7)


def test_the_targets_are_reached(chosen: list[Case]) -> None:
    """150 cases: 37 INFO, 38 WARN, 60 ERROR, 15 CRITICAL; half captured; a fifth calm; every category twice."""
    severities = Counter(case.expected.severity for case in chosen)
    categories = Counter(case.expected.category for case in chosen)

    assert [severities[each] for each in Severity] == [37, 38, 60, 15]
    assert sum(case.origin is Origin.CAPTURED for case in chosen) >= 75
    assert sum(map(is_calm, chosen)) >= 30
    assert min(categories[each] for each in Category) >= 2


def test_the_same_seed_chooses_the_same_cases(pool: list[Case], chosen: list[Case]) -> None:
    """Whatever order the pool comes in."""
    assert combine(pool[::-1], Targets(), 7) == chosen
    assert combine(pool, Targets(), 8) != chosen


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        (lambda case: case.expected.severity is not Severity.CRITICAL, "15 synthetic cases of severity CRITICAL"),
        (lambda case: case.expected.category is not Category.HELM_UPGRADE, "category helm_upgrade has 0 cases"),
    ],
)
def test_a_pool_that_is_too_small_is_refused(pool: list[Case], keep: object, words: str) -> None:
    """The sentence says what is missing."""
    with pytest.raises(BadInput, match=words):
        combine([case for case in pool if keep(case)], Targets(), 7)  # type: ignore[operator]


def test_two_cases_of_one_name_are_refused(pool: list[Case]) -> None:
    """The name is in the sentence."""
    with pytest.raises(BadInput, match=f"two cases are called '{pool[0].id}'"):
        combine([*pool, pool[0]], Targets(), 7)


def test_no_family_stands_in_both_splits(chosen: list[Case]) -> None:
    """Each case is in one split, both have every severity, and a program or template is on one side."""
    splits = split(chosen, 7)
    by_id = {case.id: case for case in chosen}
    dev, test = ([by_id[name] for name in splits[side]] for side in ("dev", "test"))

    assert sorted(splits["dev"] + splits["test"]) == sorted(by_id)
    assert not {family(case) for case in dev} & {family(case) for case in test}
    assert {case.expected.severity for case in test} == {case.expected.severity for case in dev} == set(Severity)
    assert 0.35 <= len(test) / len(chosen) <= 0.45
    assert split(chosen[::-1], 7) == splits


def test_a_view_is_a_part_of_a_capture(captures: dict[str, Case]) -> None:
    """Its lines end before the fault shows, its key lines are among them, and nothing is wrong in it."""
    parts = {case.id: case for case in views(captures)}
    before = parts["haproxy-before-the-fault"]

    assert len(parts) >= 8
    assert before.logs == captures["haproxy-servers-gone"].logs[: len(before.logs)]
    assert not any("is DOWN" in line.line for line in before.logs)
    assert all(
        case.expected.status is not Status.PROBLEM and case.expected.severity == "INFO" for case in parts.values()
    )


def test_a_boundary_that_is_not_there_is_refused(captures: dict[str, Case]) -> None:
    """View and capture are named."""
    view = View(
        id="v", of="redis-restart", until="never printed", question="?", component="redis", root_cause="r", summary="s"
    )

    with pytest.raises(BadInput, match="view 'v': no line of redis-restart matches 'never printed'"):
        view.case(captures["redis-restart"])
