"""`logagent dataset synthesize | combine | analyze | freeze`, seen from outside."""

import json
import time
from pathlib import Path

import pytest

from evals.dataset.cases import read_cases
from tests.contract.test_dataset_capture import dataset_command
from tests.loki_double import LokiDouble
from tests.retrieval.loki.pushing import Line, push


def test_the_steps_lead_from_captures_to_a_frozen_dataset(tmp_path: Path) -> None:
    """Each step prints JSON alone on stdout, and a second time gives the same to the last byte."""
    steps = (
        ("synthesize", "--out", "s.jsonl", "--seed", "7"),
        ("combine", "--synthetic", "s.jsonl", "--out", "c.jsonl", "--seed", "7"),
        ("analyze", "c.jsonl", "--out", "report"),
        ("freeze", "c.jsonl", "--out", "mine-v1.jsonl"),
    )
    results = [dataset_command(*step, "--json", folder=tmp_path) for step in steps]

    assert [answer.returncode for answer in results] == [0, 0, 0, 0]
    synthetic, combined, analysis, frozen = (json.loads(answer.stdout) for answer in results)
    assert synthetic["cases"] == len(read_cases(tmp_path / "s.jsonl"))
    assert combined["severities"] == {"INFO": 37, "WARN": 38, "ERROR": 60, "CRITICAL": 15}
    assert analysis["problems"] == analysis["leaks"] == []
    assert (tmp_path / "report" / "report.html").read_text().startswith("<!doctype html>")
    assert sum(frozen["splits"].values()) == 150
    assert frozen["sha256"] == (tmp_path / "mine-v1.sha256").read_text().split()[0]
    assert dataset_command("combine", "--out", "again.jsonl", folder=tmp_path).returncode == 0
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "mine-v1.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("combine", "--captures", "nowhere"), "nowhere is no folder of captures"),
        (("combine", "--synthetic", "nothing.jsonl"), "nothing.jsonl: cannot be read"),
        (("analyze", "nothing.jsonl"), "nothing.jsonl: cannot be read"),
        (("freeze", "nothing.jsonl"), "nothing.jsonl: cannot be read"),
        (("synthesize", "--out", "mine.jsonl"), "mine.jsonl exists; --force replaces it"),
    ],
)
def test_bad_input_gets_one_sentence(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2, nothing on stdout, one line on stderr."""
    (tmp_path / "mine.jsonl").write_text("mine")
    answer = dataset_command(*arguments, folder=tmp_path)

    assert answer.returncode == 2
    assert answer.stdout == ""
    assert len(answer.stderr.strip().splitlines()) == 1
    assert words in answer.stderr
    assert (tmp_path / "mine.jsonl").read_text() == "mine"


def test_a_dataset_that_is_not_as_wanted_fails_the_analysis(tmp_path: Path) -> None:
    """Exit code 1, with the reasons."""
    assert dataset_command("synthesize", "--out", "s.jsonl", folder=tmp_path).returncode == 0
    answer = dataset_command("analyze", "s.jsonl", folder=tmp_path)

    assert answer.returncode == 1
    assert "wanted" in answer.stderr


@pytest.mark.parametrize("step", ["extract", "synthesize", "combine", "analyze", "freeze", "review"])
def test_help_has_an_example(tmp_path: Path, step: str) -> None:
    """The help of each step shows how it is used."""
    assert f"logagent dataset {step} " in dataset_command(step, "--help", folder=tmp_path).stdout


def test_extract_reads_a_loki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON on stdout with what each filter found, and the candidates in a file."""
    with LokiDouble().serving() as double:
        monkeypatch.setenv("LOKI_URL", double.url)
        now = time.time_ns() - 60 * 10**9
        push(double.url, [Line(now, 'level=error msg="no space left on device"', {"namespace": "a", "app": "db"})])
        answer = dataset_command("extract", "--window", "1h", "--json", folder=tmp_path)
    result = json.loads(answer.stdout)

    assert answer.returncode == 0
    assert (result["lines"], result["candidates"], result["filters"]["disk"]) == (1, 1, 1)
    assert len((tmp_path / "candidates.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [("", 2, "set LOKI_URL to its address"), ("http://127.0.0.1:9", 1, "127.0.0.1:9")],
)
def test_extract_says_what_keeps_it_from_a_loki(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, code: int, words: str
) -> None:
    """No address is bad input; a Loki that does not answer is a failure; neither is a traceback or a file."""
    monkeypatch.setenv("LOKI_URL", address) if address else monkeypatch.delenv("LOKI_URL", raising=False)
    answer = dataset_command("extract", folder=tmp_path)

    assert answer.returncode == code
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""
    assert list(tmp_path.iterdir()) == []
