"""`logagent eval retrieval`, seen from outside the package."""

import json
from pathlib import Path

import pytest

from tests.command_line import CommandLine, one_sentence

MODES = ("lexical", "dense", "hybrid")
MEASURES = {"ndcg@10", "hit@1", "hit@3", "hit@5", "recall@10", "mrr"}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "runbooks"
    (folder / "storage").mkdir(parents=True)
    (folder / "dns.md").write_text("# Names do not resolve\n\nCoreDNS is down.\n")
    (folder / "storage" / "full.md").write_text("# The disk is full\n\nPrune images.\n")
    (folder / "empty.md").write_text("")
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    path = tmp_path / "queries.jsonl"
    rows = [
        {"id": "a", "query": "names do not resolve", "relevant": {"dns.md": 1}, "type": "question"},
        {"id": "b", "query": "no space left on the disk", "relevant": {"storage/full.md": 2, "dns.md": 0}},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_a_run_holds_the_three_rankings_side_by_side(
    logagent: CommandLine, corpus: Path, dataset: Path, tmp_path: Path
) -> None:
    """The run folder is that of the contract, a file that cannot be ingested is named, and no run is overwritten."""
    out = tmp_path / "run"
    arguments = ("eval", "retrieval", "--corpus", corpus, "--dataset", dataset, "--out", out)
    ended = logagent(*arguments, "--json", EMBEDDING_MODEL="")
    said = ended.json
    metrics = json.loads((out / "metrics.json").read_text())
    assert said["metrics"] == {name: table for name, table in metrics.items() if name != "groups"}
    assert "empty.md" in ended.err
    for mode in MODES:
        assert set(metrics[mode]) == MEASURES
        assert metrics[mode]["hit@1"] == {"value": 1.0, "ci": [1.0, 1.0], "n": 2}
    assert set(metrics["groups"]) == {"question", "query"}
    predictions = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    assert [(each["id"], each["prediction"]["hybrid"][0]) for each in predictions] == [
        ("a", "dns.md"),
        ("b", "storage/full.md"),
    ]
    config = json.loads((out / "config.json").read_text())
    assert (config["corpus"]["documents"], len(config["corpus"]["failed"])) == (3, 1)
    assert "empty.md" in (out / "report.md").read_text()
    assert "<svg" in (out / "report.html").read_text()
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert "never overwritten" in one_sentence(logagent(*arguments))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_bad_input_is_one_sentence(logagent: CommandLine, corpus: Path, dataset: Path, tmp_path: Path) -> None:
    """A document that is not in the corpus is named with file and line, before anything is embedded."""
    dataset.write_text(json.dumps({"id": "a", "query": "q", "relevant": {"gone.md": 1}}))
    ended = logagent("eval", "retrieval", "--corpus", corpus, "--dataset", dataset, "--out", tmp_path / "run")
    assert f"{dataset}, line 1: relevant: there is no document 'gone.md'" in one_sentence(ended)
    assert not (tmp_path / "run").exists()
    assert "--dataset" in one_sentence(logagent("eval", "retrieval", "--corpus", corpus))
    missing = logagent("eval", "retrieval", "--corpus", tmp_path / "none", "--dataset", dataset)
    assert "There is no folder" in one_sentence(missing)
