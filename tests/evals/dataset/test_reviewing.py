"""A person's verdicts: taken before the labels are shown, kept at once, compared with the labels."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evals.dataset.cases import read_cases, write_cases
from evals.dataset.extraction.candidate import write_candidates
from evals.dataset.reviewing.conversation import plain
from evals.dataset.reviewing.verdict import agreement, read_verdicts
from evals.golden import golden
from retrieval.errors import BadInput
from tests.evals.dataset.test_extraction import candidate

COMMAND = [sys.executable, "-c", "from evals.commands import dataset; dataset(prog_name='logagent dataset')", "review"]
CASES = [case for case in golden() if case.id in {"redis-restart", "chrony-clock-wrong"}]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    write_cases(tmp_path / "cases.jsonl", CASES)
    return tmp_path / "cases.jsonl"


def review(dataset: Path, *arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, str(dataset), "--reviewer", "anna", *arguments],
        cwd=dataset.parent, input=answers, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


ANSWERS = "problem\nerr\nERROR\ntime\nchrony\n99\n4\na\nclear\n"


def test_a_verdict_is_taken_blind_and_kept(dataset: Path) -> None:
    """Labels come after the answers; wrong answers are asked again; the dataset stays as it was."""
    before = dataset.read_bytes()
    answer = review(dataset, "--only", "chrony-clock-wrong", "--json", answers=ANSWERS)
    (verdict,) = read_verdicts(dataset.parent / "verdicts.jsonl")
    result = json.loads(answer.stdout)

    assert answer.returncode == 0, answer.stderr
    assert (verdict.status, verdict.severity, verdict.category) == ("problem", "ERROR", "time_skew")
    assert (verdict.component, verdict.key_lines, verdict.decision, verdict.note) == ("chrony", (4,), "accept", "clear")
    assert answer.stderr.index("key lines, such as") < answer.stderr.index("labelled: problem")
    assert "System clock wrong by" in answer.stderr
    assert result["labels"]["severity"] == {"n": 1, "agree": 1.0, "kappa": 1.0}
    assert dataset.read_bytes() == before


def test_a_review_goes_on_where_it_stopped(dataset: Path) -> None:
    """What was judged is passed over; a review that ends early loses nothing."""
    stopped = review(dataset, answers=ANSWERS.replace("ERROR\n", ""))
    again = review(dataset, "--summary", "--json")

    assert stopped.returncode == 1
    assert re.search(r"\[2/2\]", stopped.stderr)
    assert json.loads(again.stdout)["reviewed"] == 1


def test_a_candidate_becomes_a_case(tmp_path: Path) -> None:
    """With the labels and the root cause that the person gave."""
    write_candidates(tmp_path / "candidates.jsonl", [candidate()])
    answer = review(
        tmp_path / "candidates.jsonl", answers="problem\nwarn\ndns\ncoredns\n0\nThe resolver is gone.\nc\n\n"
    )
    (case,) = read_cases(tmp_path / "accepted.jsonl")

    assert answer.returncode == 0, answer.stderr
    assert (case.origin, case.expected.severity, case.expected.component) == ("reported", "WARN", "coredns")
    assert case.expected.root_cause == "The resolver is gone."


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("--only", "nobody"), "there is no case 'nobody'"), (("--out", "cases.jsonl"), "cases.jsonl, line 1: ")],
)
def test_bad_input_gets_one_sentence(dataset: Path, arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2 and nothing written."""
    before = dataset.read_bytes()
    answer = review(dataset, *arguments)

    assert answer.returncode == 2
    assert words in answer.stderr
    assert dataset.read_bytes() == before


def test_a_line_cannot_steer_the_terminal() -> None:
    """Control characters are shown as numbers."""
    assert plain("a\x1b[31m\r\u202eb\tc") == "a\\x1b[31m\\x0d\\x202eb\\x09c"


def test_agreement_is_corrected_for_chance() -> None:
    """Cohen's kappa: 1 for all alike, 0 for what chance gives."""
    assert agreement([]) == (0.0, 0.0)
    assert agreement([("a", "a"), ("b", "b")]) == (1.0, 1.0)
    share, kappa = agreement([("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")])
    assert (share, kappa) == (0.5, 0.0)


def test_a_file_that_holds_no_verdicts_is_refused(tmp_path: Path) -> None:
    """The line is named."""
    (tmp_path / "v.jsonl").write_text("{}\n")

    with pytest.raises(BadInput, match=r"v.jsonl, line 1: "):
        read_verdicts(tmp_path / "v.jsonl")
