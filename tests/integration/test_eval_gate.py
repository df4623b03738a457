"""The gate on real runs: an unchanged program passes; a worse weight, a slower path and a broken prompt do not."""

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
CASES = 24
MAIN = "import sys; sys.argv[0] = 'logagent'; from app.cli import main; main()"


class Checkout:
    """A copy of the program that a test may spoil; what is not copied comes from this checkout."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.cases = folder / "cases.jsonl"
        captures = sorted((ROOT / "evals" / "captures").glob("*.jsonl"))[:CASES]
        folder.mkdir()
        self.cases.write_text("".join(path.read_text("utf-8") for path in captures), "utf-8")
        for package in ("app", "prompts"):
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))

    def spoil(self, name: str, old: str, new: str) -> None:
        """Replace every occurrence of a text in one of its files."""
        path = self._folder / name
        text = path.read_text("utf-8")
        assert old in text, f"{old!r} is not in {name}"
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

    def run(self, name: str, *options: object, **settings: str) -> Path:
        """An experiment over the cases; the folder of the run."""
        out = self._folder / name
        ended = self.logagent("eval", "triage", "--dataset", self.cases, "--out", out, *options, **settings)
        assert ended.returncode == 0, ended.stderr
        return out

    def gate(self, run: Path, baseline: Path, *options: str) -> "subprocess.CompletedProcess[str]":
        """Hold a run against another."""
        return self.logagent("eval", "gate", run, "--baseline", baseline, "--dataset", self.cases, *options)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory):
    """The program as it is, and its run."""
    checkout = Checkout(tmp_path_factory.mktemp("gate") / "unchanged")
    return checkout, checkout.run("baseline", "--repeats", 2)


@pytest.fixture
def spoiled(tmp_path):
    return Checkout(tmp_path / "spoiled")


def test_an_unchanged_run_passes_to_the_last_digit(unchanged):
    """Twice the same program: the same metrics, and nothing to refuse."""
    checkout, baseline = unchanged
    ended = checkout.gate(checkout.run("again", "--repeats", 2), baseline, "--same", "--no-latency")
    assert ended.returncode == 0, ended.stderr


def test_a_worse_weight_is_refused(unchanged, spoiled):
    """The strongest signals of the data count next to nothing."""
    _, baseline = unchanged
    for path in ("signals_services", "signals_cluster", "signals_network", "signals_workloads"):
        spoiled.spoil(f"app/triage/{path}.yaml", "weight: 3", "weight: 0")
    ended = spoiled.gate(spoiled.run("worse"), baseline, "--no-latency")
    assert ended.returncode == 1
    assert "category fell" in ended.stderr


def test_a_slower_path_is_refused(unchanged, spoiled):
    """A second more in each question."""
    _, baseline = unchanged
    spoiled.spoil("app/steps/looking.py", "async def redact_step(", "import time\n\n\nasync def redact_step(")
    spoiled.spoil(
        "app/steps/looking.py",
        'turn.steps.run("redact") as step:\n',
        'turn.steps.run("redact") as step:\n        time.sleep(1)\n',
    )
    ended = spoiled.gate(spoiled.run("slow"), baseline)
    assert ended.returncode == 1
    assert "times the baseline's" in ended.stderr


def test_a_broken_prompt_is_refused(unchanged, spoiled, tmp_path):
    """Recorded answers are to the prompt as it was: replayed they are the same, to another prompt there are none."""
    checkout, _ = unchanged
    server = LocalServer(write_tiny_model(tmp_path / "tiny.gguf", 1), context=8192, slots=1, threads=2)
    try:
        recording = tmp_path / "answers.jsonl"
        model = ("--llm", "auto", "--experiment", "model", "--parallel", 1)
        recorded = checkout.run("recorded", *model, "--record", recording, LLM_URL=server.url, LLM_MAX_TOKENS="300")
    finally:
        server.close()
    replayed = checkout.run("replayed", *model, "--replay", recording, LLM_MAX_TOKENS="300")
    same = checkout.gate(replayed, recorded, "--same", "--no-latency")
    assert same.returncode == 0, same.stderr
    for path in sorted((spoiled._folder / "prompts" / "library").glob("triage-*.md")):
        spoiled.spoil(
            f"prompts/library/{path.name}", "You are a Kubernetes site reliability engineer", "You are a poet"
        )
    broken = spoiled.run("broken", *model, "--replay", recording, "--llm", "require", LLM_MAX_TOKENS="300")
    ended = spoiled.gate(broken, recorded, "--no-latency")
    assert ended.returncode == 1
    assert "cases end in an error that had an answer" in ended.stderr
