"""`logagent eval compare` and `eval gate`, as they are called."""

import json

import pytest
from typer.testing import CliRunner

from evals.commands_eval import evaluate
from retrieval.errors import BadInput
from tests.evals.comparison.conftest import UNSURE, WRONG

CASES = 40


@pytest.fixture
def runs(run, written):
    """A good run and a worse one, with their case file."""
    before, cases = written(run("before", CASES))
    after, _ = written(run("after", CASES, {0: WRONG, **dict.fromkeys(range(1, 9), UNSURE)}))
    return before, after, cases


def test_compare_shows_what_flipped(runs, tmp_path):
    """As text, as JSON, and side by side in one HTML file in which log text is inert."""
    before, after, cases = runs
    page = tmp_path / "flips.html"
    arguments = ["compare", str(before), str(after), "--dataset", str(cases)]
    told = CliRunner().invoke(evaluate, [*arguments, "--html", str(page)])
    assert told.exit_code == 0, told.output
    assert "worse:  c0" in told.stdout
    printed = json.loads(CliRunner().invoke(evaluate, [*arguments, "--json"]).stdout)
    assert printed["measures"]["category"]["worse"] == [f"c{n}" for n in range(9)]
    assert printed["confident_wrong"] == {"before": 0, "after": 1}
    assert printed["drift"]["category"] > 0.1
    text = page.read_text("utf-8")
    assert "line 1 &lt;b&gt;" in text
    assert "<b>bold" not in text
    assert "http" not in text


def test_gate_refuses_with_one_line_a_reason(runs):
    """Exit status 1; of the run against itself 0."""
    before, after, cases = runs
    refused = CliRunner().invoke(evaluate, ["gate", str(after), "--baseline", str(before), "--dataset", str(cases)])
    assert refused.exit_code == 1
    assert refused.stderr.count("logagent: ") == refused.stderr.count("\n") >= 2
    passed = CliRunner().invoke(
        evaluate, ["gate", str(before), "--baseline", str(before), "--dataset", str(cases), "--json"]
    )
    assert passed.exit_code == 0
    assert json.loads(passed.stdout)["passed"] is True


def test_a_run_of_other_cases_is_refused(runs, written, run, tmp_path):
    """With the case that is not in the dataset."""
    before, _, _ = runs
    few = tmp_path / "few.jsonl"
    few.write_text(run("x", 1).scored[0].case.model_dump_json() + "\n", "utf-8")
    with pytest.raises(BadInput, match="c1 is not in the dataset"):
        CliRunner().invoke(
            evaluate, ["compare", str(before), str(before), "--dataset", str(few)], catch_exceptions=False
        )


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    """In one sentence."""
    with pytest.raises(BadInput, match="holds no finished run"):
        CliRunner().invoke(evaluate, ["compare", str(tmp_path), str(tmp_path)], catch_exceptions=False)
