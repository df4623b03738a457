"""`logagent dataset capture`, seen from outside: what it prints, what it exits with, what it leaves alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.dataset.cases import read_cases

COMMAND = [sys.executable, "-c", "from evals.commands import dataset; dataset(prog_name='logagent dataset')"]


def dataset_command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, timeout=100, check=False)


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return dataset_command("capture", *arguments, folder=folder)


def test_help_has_an_example(tmp_path: Path) -> None:
    """The help shows how the command is used."""
    answer = run("--help", folder=tmp_path)

    assert answer.returncode == 0
    assert "Example: logagent dataset capture" in answer.stdout


def test_the_list_is_json_and_starts_nothing(tmp_path: Path) -> None:
    """Scenarios are listed with what they bring about, and no file is written."""
    answer = run("--list", "--json", folder=tmp_path)
    scenarios = json.loads(answer.stdout)["scenarios"]

    assert answer.returncode == 0
    assert len(scenarios) >= 16
    assert {"id", "program", "fault", "severity", "category"} <= set(scenarios[0])
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_scenario_is_bad_input(tmp_path: Path) -> None:
    """Exit code 2 and one line on stderr."""
    answer = run("--only", "no-such-scenario", folder=tmp_path)

    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr.strip().splitlines() == [
        "logagent: there is no scenario 'no-such-scenario'; `logagent dataset capture --list` names them"
    ]


def test_a_capture_that_exists_is_left_alone(tmp_path: Path) -> None:
    """Without --force nothing is replaced, nothing is started, and the file is named."""
    existing = tmp_path / "captures" / "redis-restart.jsonl"
    existing.parent.mkdir()
    existing.write_text("mine")

    answer = run("--only", "redis-restart", folder=tmp_path)

    assert answer.returncode == 2
    assert "redis-restart.jsonl exists; --force replaces captures" in answer.stderr
    assert existing.read_text() == "mine"


@pytest.mark.integration
def test_a_capture_is_made_and_reported(tmp_path: Path) -> None:
    """Standard output carries the JSON and nothing else, stderr the progress, and the file holds the one case."""
    answer = run("--only", "redis-restart", "--out", str(tmp_path / "out"), "--json", folder=tmp_path)
    result = json.loads(answer.stdout)
    if result["skipped"]:
        assert answer.returncode == 1
        pytest.skip(result["skipped"][0]["reason"])
    (row,) = result["captured"]
    (case,) = read_cases(Path(row["path"]))

    assert answer.returncode == 0
    assert "redis-restart" in answer.stderr
    assert (row["id"], row["lines"], row["key_lines"]) == (case.id, len(case.logs), list(case.expected.key_lines))
