"""The gate on real runs: an unchanged program passes; a worse weight, a slower path and a broken prompt do not."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.triage.local_server import LocalServer
from evals.tiny_model import write_tiny_model

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
CAPTURES = sorted((ROOT / "evals" / "captures").glob("*.jsonl"))[:24]
MAIN = "import sys; sys.argv[0] = 'logagent'; from app.cli import main; main()"
# A model is asked about few cases, and a slow path measured on few: their runs take longest and show it on each.
FEW = 4
MODEL = ("--experiment", "model", "--parallel", 1)
# Words of random weights are cut and refused anyway; what is recorded and replayed is each of them, with its tokens.
TOKENS = {"LLM_MAX_TOKENS": "60"}


class Spoiled:
    """A copy of the program that a test may spoil; what is not copied comes from this checkout."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for package in ("app", "prompts"):
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace every occurrence of a text in its files of this name."""
        paths = sorted(self._folder.glob(name))
        assert paths, name
        for path in paths:
            text = path.read_text("utf-8")
            assert old in text, f"{old!r} is not in {path}"
            path.write_text(text.replace(old, new), "utf-8")

    def logagent(self, *arguments: object, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the copy."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        environment = {**kept, "PYTHONPATH": str(self._folder), "LOGAGENT_HOME": str(self._folder / "home"),
                       "EMBEDDING_MODEL": "off", **settings}  # fmt: skip
        return subprocess.run(
            [sys.executable, "-c", MAIN, *map(str, arguments)],
            cwd=self._folder, env=environment, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip


class Unchanged:
    """The program as it is, with its runs."""

    def __init__(self, logagent, folder: Path) -> None:
        self._logagent = logagent
        self._folder = folder
        self.cases, self.few = folder / "cases.jsonl", folder / "few.jsonl"
        for path, captures in ((self.cases, CAPTURES), (self.few, CAPTURES[:FEW])):
            path.write_text("".join(capture.read_text("utf-8") for capture in captures), "utf-8")

    def run(self, name: str, dataset: Path, *options: object, **settings: str) -> Path:
        """An experiment over the cases; the folder of the run."""
        out = self._folder / name
        ended = self._logagent("eval", "triage", "--dataset", dataset, "--out", out, *options, **settings)
        assert ended.code == 0, ended.err
        return out

    def gate(self, run: Path, baseline: Path, *options: str):
        """Hold a run against another."""
        return self._logagent("eval", "gate", run, "--baseline", baseline, "--dataset", self.cases, *options)


@pytest.fixture(scope="module")
def unchanged(logagent, tmp_path_factory):
    return Unchanged(logagent, tmp_path_factory.mktemp("unchanged"))


@pytest.fixture(scope="module")
def baseline(unchanged):
    return unchanged.run("baseline", unchanged.cases, "--repeats", 2)


@pytest.fixture
def spoiled(tmp_path):
    return Spoiled(tmp_path / "spoiled")


def run_of(spoiled: Spoiled, dataset: Path, *options: object, **settings: str) -> Path:
    """An experiment of a spoiled program; it runs to its end, however bad it is."""
    out = dataset.with_name(f"spoiled-{len(list(dataset.parent.iterdir()))}")
    ended = spoiled.logagent("eval", "triage", "--dataset", dataset, "--out", out, *options, **settings)
    assert ended.returncode == 0, ended.stderr
    return out


def test_an_unchanged_run_passes_to_the_last_digit(unchanged, baseline):
    """Twice the same program: the same metrics, and nothing to refuse."""
    ended = unchanged.gate(unchanged.run("again", unchanged.cases, "--repeats", 2), baseline, "--same", "--no-latency")
    assert ended.code == 0, ended.err


def test_a_worse_weight_is_refused(unchanged, baseline, spoiled):
    """The strongest signals of the data count next to nothing."""
    for name in ("services", "cluster", "network", "workloads"):
        spoiled.replace(f"app/triage/signals_{name}.yaml", "weight: 3", "weight: 0")
    ended = unchanged.gate(run_of(spoiled, unchanged.cases), baseline, "--no-latency")
    assert ended.code == 1
    assert "category fell" in ended.err


def test_a_slower_path_is_refused(unchanged, baseline, spoiled):
    """A second more in each question."""
    spoiled.replace("app/steps/looking.py", "async def redact_step(", "import time\n\n\nasync def redact_step(")
    spoiled.replace(
        "app/steps/looking.py",
        'turn.steps.run("redact") as step:\n',
        'turn.steps.run("redact") as step:\n        time.sleep(1)\n',
    )
    ended = unchanged.gate(run_of(spoiled, unchanged.few), baseline)
    assert ended.code == 1
    assert "times the baseline's" in ended.err


def test_a_broken_prompt_is_refused(unchanged, spoiled, tmp_path):
    """Recorded answers are to the prompt as it was: replayed they are the same, to another prompt there are none."""
    server = LocalServer(write_tiny_model(tmp_path / "tiny.gguf", 1), context=8192, slots=1, threads=1)
    recording = tmp_path / "answers.jsonl"
    try:
        record = (*MODEL, "--llm", "auto", "--record", recording)
        recorded = unchanged.run("recorded", unchanged.few, *record, LLM_URL=server.url, **TOKENS)
    finally:
        server.close()
    asked = json.loads((recorded / "metrics.json").read_text("utf-8"))["completion_tokens"]
    assert (asked["n"], asked["value"] > 0) == (FEW, True)
    replayed = unchanged.run("replayed", unchanged.few, *MODEL, "--llm", "auto", "--replay", recording, **TOKENS)
    same = unchanged.gate(replayed, recorded, "--same", "--no-latency")
    assert same.code == 0, same.err
    spoiled.replace("prompts/library/triage-*.md", "You are a Kubernetes site reliability engineer", "You are a poet")
    broken = run_of(spoiled, unchanged.few, *MODEL, "--llm", "require", "--replay", recording, **TOKENS)
    ended = unchanged.gate(broken, recorded, "--no-latency")
    assert ended.code == 1
    assert "cases end in an error that had an answer" in ended.err
