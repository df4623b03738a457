"""`logagent eval triage`: experiments, run folders and what is refused."""

import json
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.captures import folder
from evals.commands_eval import evaluate
from evals.dataset.cases import read_cases
from evals.golden import golden
from evals.golden import path as golden_path
from evals.triage.baselines import first_error, keywords
from evals.triage.dataset_file import cases_of
from evals.triage.earlier_runs import earlier_runs
from evals.triage.engines import Baseline
from evals.triage.experiment import Experiment, bundled_names
from evals.triage.prediction import Record, Scored
from evals.triage.run_folder import RunFolder, read_records
from evals.triage.running import run_cases
from evals.triage.scoring import score
from retrieval.errors import BadInput
from retrieval.taxonomy import Category, Severity, Status
from tests.integration.whole_stack import Receiver

FILES = {"config.json", "predictions.jsonl", "metrics.json", "report.md", "report.html"}
PUBLISHED = {"metrics.prom"}
CASES = [case for name in ("redis-snapshot-disk-full", "nginx-unrelated-traffic", "etcd-quota-exceeded")
         for case in read_cases(folder() / f"{name}.jsonl")]  # fmt: skip
CONFIG = {"experiment": "triage", "name": "t", "engine": "first_error", "retrieval": True, "code_version": "1",
          "signals_sha256": "0", "dataset": {"name": "d", "version": "1", "sha256": "0", "cases": 3}}  # fmt: skip


def _dataset(path: Path) -> Path:
    path.write_text("".join(case.model_dump_json() + "\n" for case in CASES), encoding="utf-8")
    return path


def test_a_run_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipeline answers every case; the folder holds the contract's files, and a second run into it is refused."""
    monkeypatch.setenv("EMBEDDING_MODEL", "off")
    runner, out = CliRunner(), tmp_path / "run"
    arguments = ["triage", "--dataset", str(_dataset(tmp_path / "cases.jsonl")), "--out", str(out), "--llm", "off"]
    ended = runner.invoke(evaluate, [*arguments, "--json"])
    assert ended.exit_code == 0, ended.output
    assert {path.name for path in out.iterdir()} == FILES | PUBLISHED
    assert 'logagent_evaluation_metric{dataset="cases",engine="extractive",metric="severity"}' in (
        out / "metrics.prom"
    ).read_text("utf-8")
    printed = json.loads(ended.stdout)
    metrics = json.loads((out / "metrics.json").read_text("utf-8"))
    assert printed["metrics"] == metrics
    assert all(set(metric) == {"value", "ci", "n"} for metric in metrics.values())
    assert metrics["errors"]["value"] == 0
    assert metrics["citation_validity"]["value"] == 1
    assert [record.id for record in read_records(out)] == [case.id for case in CASES]
    config = json.loads((out / "config.json").read_text("utf-8"))
    assert {"dataset", "engine", "model", "quantization", "prompt", "sampling", "code_version", "seed"} <= set(config)
    with pytest.raises(BadInput, match="never overwritten"):
        runner.invoke(evaluate, arguments, catch_exceptions=False)


def test_a_run_is_a_trace_with_its_metrics_and_each_case_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a real receiver: the run's span has an event for every metric, and every case's turn is linked to it."""
    with Receiver() as receiver:
        threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        monkeypatch.setenv("EMBEDDING_MODEL", "off")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
        dataset = _dataset(tmp_path / "cases.jsonl")
        ended = CliRunner().invoke(evaluate, ["triage", "--dataset", str(dataset), "--out", str(tmp_path / "run")])
        receiver.shutdown()
    assert ended.exit_code == 0, ended.output
    spans = receiver.spans()
    (run,) = [span for span in spans if span.name == "logagent.evaluation triage.extractive"]
    told = {event.attributes[0].value.string_value for event in run.events if event.name == "gen_ai.evaluation.result"}
    assert {"severity", "category", "citation_validity"} <= told
    turns = [span for span in spans if span.name == "invoke_workflow logagent.turn"]
    assert len(turns) == len(CASES) == len({turn.trace_id for turn in turns} - {run.trace_id})
    assert all(link.span_id == run.span_id for turn in turns for link in turn.links)


def test_a_golden_dataset_is_known_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the package is installed; a file of that name comes first."""
    monkeypatch.chdir(tmp_path)
    cases, digest = cases_of(Path("golden-v1"))
    assert (len(cases), digest) == (150, cases_of(golden_path())[1])
    _dataset(tmp_path / "golden-v1")
    assert len(cases_of(Path("golden-v1"))[0]) == len(CASES)


async def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    """What was answered before the stop is not asked again, and the line that the stop cut short is."""
    out, asked = tmp_path / "run", []
    stopped = RunFolder(out, CONFIG)
    stopped.start(None)
    await run_cases(CASES[:1], Baseline(first_error), 1, {}, stopped.keep)
    with (out / "predictions.part.jsonl").open("a") as part:
        part.write('{"id": "cut sho')

    def counted(case):
        asked.append(case.id)
        return first_error(case)

    again = RunFolder(out, CONFIG)
    again.start(None)
    records = await run_cases(CASES, Baseline(counted), 2, again.done, again.keep)
    assert asked == [case.id for case in CASES[1:]]
    scored = [Scored(case, record) for case, record in zip(CASES, records, strict=True)]
    again.finish(scored, score(scored))
    assert {path.name for path in out.iterdir()} == FILES
    assert [record.id for record in read_records(out)] == [case.id for case in CASES]


def test_a_stopped_run_of_other_settings_is_left_alone(tmp_path: Path) -> None:
    """Outcomes of another experiment are never mixed in."""
    RunFolder(tmp_path, CONFIG).start(None)
    other = RunFolder(tmp_path, CONFIG | {"engine": "keywords"})
    with pytest.raises(BadInput, match="stopped run with the same settings"):
        other.start(None)


def test_a_report_holds_no_active_log_text(tmp_path: Path) -> None:
    """A line of HTML in a log is shown as text."""
    case = CASES[0].model_copy(
        update={"logs": tuple(line.model_copy(update={"line": "error <script>x</script>"}) for line in CASES[0].logs)}
    )
    run = RunFolder(tmp_path / "run", CONFIG)
    run.start(None)
    prediction = first_error(case)
    scored = [Scored(case, Record(id=case.id, prediction=prediction, latency_ms=1, usage=None, error=None))]
    run.finish(scored, score(scored))
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<svg") == 3
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_report_shows_the_run_beside_others_of_its_dataset(tmp_path: Path) -> None:
    """Those in the folders next to it, with their intervals; another dataset or no run at all is none."""
    for name, dataset in (("first", "0"), ("second", "0"), ("elsewhere", "1")):
        run = RunFolder(tmp_path / name, CONFIG | {"name": name, "dataset": CONFIG["dataset"] | {"sha256": dataset}})
        run.start(None)
        records = [Record(id=case.id, prediction=first_error(case), latency_ms=1, usage=None, error=None)
                   for case in CASES]  # fmt: skip
        scored = [Scored(case, record) for case, record in zip(CASES, records, strict=True)]
        run.finish(scored, score(scored))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "metrics.json").write_text("{")
    assert [each.name for each in earlier_runs(tmp_path / "second", CONFIG)] == ["first"]
    page = (tmp_path / "second" / "report.html").read_text("utf-8")
    assert '<td class="run">first<' in page
    assert "elsewhere" not in page
    assert (tmp_path / "first" / "report.html").read_text("utf-8").count("this run") == 4


EXPECTED = json.loads(CASES[0].model_dump_json())["expected"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"extra": 1}, "line 1: extra"),
        ({"id": None}, "line 1: id"),
        ({"question": ""}, "line 1: question"),
        ({"expected": {}}, r"line 1: expected\.status: Field required"),
        ({"expected": EXPECTED | {"severty": "ERROR"}}, r"line 1: expected\.severty"),
        ({"expected": EXPECTED | {"key_lines": [999]}}, r"line 1: expected\.key_lines: 999 is out of range"),
    ],
)
def test_a_dataset_outside_the_contract_is_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    """The error names file, line and field, and nothing is written."""
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(json.loads(CASES[0].model_dump_json()) | change) + "\n", encoding="utf-8")
    with pytest.raises(BadInput, match=rf"cases\.jsonl, {said}"):
        CliRunner().invoke(
            evaluate, ["triage", "--dataset", str(path), "--out", str(tmp_path / "run")], catch_exceptions=False
        )
    assert not (tmp_path / "run").exists()


def test_a_split_of_a_frozen_dataset_is_measured_alone(tmp_path: Path) -> None:
    """The config names it; a split that there is not, or a dataset without any, is refused in a sentence."""
    run = ["triage", "--experiment", "first-error", "--out", str(tmp_path / "run"), "--split"]
    ended = CliRunner().invoke(evaluate, [*run, "test", "--dataset", str(golden_path())])
    assert ended.exit_code == 0, ended.output
    config = json.loads((tmp_path / "run" / "config.json").read_text("utf-8"))
    assert (config["dataset"]["split"], config["dataset"]["cases"]) == ("test", len(golden("test")))
    assert [record.id for record in read_records(tmp_path / "run")] == [case.id for case in golden("test")]
    for arguments, said in ((["train", "--dataset", str(golden_path())], "no split 'train'"), (["test"], "no splits")):
        with pytest.raises(BadInput, match=said):
            CliRunner().invoke(evaluate, [*run, *arguments], catch_exceptions=False)


def test_two_cases_of_one_id_are_refused(tmp_path: Path) -> None:
    """Both lines are named."""
    path = tmp_path / "cases.jsonl"
    path.write_text(2 * (CASES[0].model_dump_json() + "\n"), encoding="utf-8")
    with pytest.raises(BadInput, match=r"cases\.jsonl, line 2: id: .* is a duplicate of .*cases\.jsonl, line 1"):
        CliRunner().invoke(evaluate, ["triage", "--dataset", str(path)], catch_exceptions=False)


def test_the_bundled_experiments_can_be_read() -> None:
    """Every one is valid, and is named like its file."""
    assert {"first-error", "keywords", "extractive", "extractive-no-retrieval", "model"} <= set(bundled_names())
    assert [Experiment.read(name).name for name in bundled_names()] == bundled_names()


@pytest.mark.parametrize(
    ("text", "said"),
    [("name: x\nengin: pipeline", "engin"), ("name: x\nparallel: 0", "parallel"), ("a: [", "no YAML"), ("[]", "valid")],
)
def test_an_experiment_file_is_read_strictly(tmp_path: Path, text: str, said: str) -> None:
    """A wrong field is named."""
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=said):
        Experiment.read(str(path))
    with pytest.raises(BadInput, match="there is no experiment 'none'"):
        Experiment.read("none")


def test_the_baselines_are_what_they_say() -> None:
    """The first line that holds "error"; the category of the most lines with its words, here the program's name."""
    case = CASES[0]
    first = first_error(case)
    assert "error" in case.logs[first.key_lines[0]].line.lower()
    assert (first.status, first.severity) == (Status.PROBLEM, Severity.ERROR)
    assert keywords(case).category is Category.DATABASE
    assert first_error(CASES[1]).status is Status.HEALTHY
