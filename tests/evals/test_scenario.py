"""A scenario's ground truth is looked for in what was printed, and its absence is an error."""

import re

import pytest

from evals.capture.catalog import SCENARIOS
from evals.capture.redis import SCENARIOS as REDIS_SCENARIOS
from evals.capture.scenario import CaptureError
from retrieval.taxonomy import Status

RESTART = next(scenario for scenario in REDIS_SCENARIOS if scenario.id == "redis-restart")


def test_ids_are_unique_and_fit_for_file_names() -> None:
    """Each scenario has a file of its own."""
    ids = [scenario.id for scenario in SCENARIOS]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in ids)


def test_there_are_scenarios_of_fourteen_programs_and_more_with_a_dozen_healthy() -> None:
    """Forty scenarios and more, of fourteen programs and more; health and recovery are among them."""
    assert len(SCENARIOS) >= 40
    assert len({scenario.program.name for scenario in SCENARIOS}) >= 14
    assert sum(scenario.status is Status.HEALTHY for scenario in SCENARIOS) >= 12
    assert sum("recovered" in scenario.tags for scenario in SCENARIOS) >= 6


def test_only_a_question_that_the_lines_do_not_answer_has_no_key_line() -> None:
    """A problem without a line that shows it would teach nothing."""
    without = {scenario.status for scenario in SCENARIOS if not scenario.key_lines}

    assert without <= {Status.INSUFFICIENT_EVIDENCE}


def test_all_lines_that_match_are_key_lines() -> None:
    """Key lines are the matches of all patterns, in the order of the lines."""
    lines = ["DB saved on disk", "noise", "DB loaded from disk: 0 s", "User requested shutdown...", "DB saved on disk"]

    assert RESTART.key_positions(lines) == [0, 2, 3, 4]


def test_a_key_line_that_was_not_printed_fails_the_capture() -> None:
    """The error names the scenario and the pattern that nothing matched."""
    with pytest.raises(CaptureError, match="redis-restart: none of the 1 printed lines matches 'User requested"):
        RESTART.key_positions(["nothing of the kind"])
