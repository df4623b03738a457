"""Past incidents: the file's strict format, and the job that makes the index hold it."""

import json

import pytest

from ingestion.incidents import ingest_incidents
from retrieval.errors import BadInput
from retrieval.knowledge.search import KnowledgeSearch, SubQuery


def answer(trace="ab" * 16, **review):
    """An answer as `ask --json` gives it, with only what an incident needs, and one field that came later."""
    evidence = [
        {"id": "L1", "kind": "log", "text": "no space left on device", "timestamp": None, "source": "etcd",
         "labels": {"namespace": "kube-system"}, "lines": [3], "score": None, "link": None},
        {"id": "R1", "kind": "runbook", "text": "Grow the disk.", "timestamp": None, "source": "disk.md", "labels": {},
         "lines": None, "score": 0.9, "link": None},
    ]  # fmt: skip
    triage = {
        "status": "problem", "summary": "etcd stopped.", "root_cause": "its disk is full", "category": "disk_pressure",
        "component": "etcd", "severity": "CRITICAL", "confidence": 0.8, "evidence": ["L1", "R1"],
        "actions": [{"title": "Grow it", "command": "lvextend", "explanation": "", "exam_domain": None}],
    }  # fmt: skip
    window = {"start": "2026-11-20T10:00:00Z", "end": "2026-11-20T11:00:00Z", "source": "default"}
    whole = {"contract": 1, "question": "why?", "window": window, "evidence": evidence, "triage": triage}
    return {**whole, "trace_id": trace, "a_later_field": 1, **({"review": review} if review else {})}


def case(**changed):
    expected = {
        "status": "problem", "severity": "ERROR", "component": "redis", "category": "oom_killed", "summary": None,
        "root_cause": "maxmemory is too small", "key_lines": [0], "runbooks": [],
    }  # fmt: skip
    line = {"ts": "2026-11-19T08:00:00Z", "labels": {"app": "redis"}, "line": "OOM command not allowed"}
    whole = {
        "id": "redis-oom",
        "origin": "reported",
        "source": "a forum",
        "question": "why?",
        "tags": [],
        "logs": [line],
    }
    return {**whole, "expected": expected, **changed}


@pytest.fixture
def ingest(tmp_path, index, embedder):
    """Writes a file of these lines and ingests it."""

    def ingest(*lines, **options):
        path = tmp_path / "incidents.jsonl"
        path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
        return ingest_incidents(path, index, embedder=embedder, **options)

    return ingest


def test_answers_and_cases_become_incidents(ingest, index, embedder):
    """Both are found by what happened and by their lines, with their labels."""
    report = ingest(answer(), case())
    assert (sorted(report.added), report.ok) == (["ab" * 16, "redis-oom"], True)
    search = KnowledgeSearch(index, embedder)
    disk = search.search([SubQuery("no space left on device")], collection="incidents")[0]
    assert (disk.doc_id, disk.title, disk.section) == ("ab" * 16, "etcd: its disk is full", "Log lines")
    assert (disk.labels["category"], disk.labels["namespace"]) == ({"disk_pressure"}, {"kube-system"})
    assert (disk.metadata["occurred"], disk.metadata["verdict"]) == ("2026-11-20T11:00:00Z", "confirmed")
    found = search.search([SubQuery("maxmemory")], collection="incidents", filters={"component": "redis"})
    assert found[0].doc_id == "redis-oom"


def test_a_correction_takes_the_place_of_the_root_cause(ingest, index, embedder):
    """What a person wrote is what is found."""
    ingest(answer(verdict="corrected", root_cause="the backup filled the volume", note="Ask the storage team."))
    hit = KnowledgeSearch(index, embedder).search([SubQuery("backup volume")], collection="incidents")[0]
    assert (hit.title, hit.metadata["verdict"]) == ("etcd: the backup filled the volume", "corrected")


def test_again_changes_nothing_and_what_is_gone_is_deleted(ingest):
    """By content, and within the file only."""
    ingest(answer(), case())
    again = ingest(answer(), case())
    assert (again.unchanged, again.chunks_embedded) == (2, 0)
    assert ingest(case()).deleted == ("ab" * 16,)
    assert ingest(case(), dry_run=True).unchanged == 1


def test_secrets_are_taken_out(ingest, index):
    """A line that quotes a password is kept without it."""
    line = {"ts": None, "labels": {"app": "redis"}, "line": "login with password=hunter2hunter2 failed"}
    ingest(case(logs=[line]))
    texts = [row.text for row in index.find("incidents").read()]
    assert not any("hunter2" in text for text in texts)
    assert any("[redacted:" in text for text in texts)


def test_what_is_no_problem_is_passed_over(ingest):
    """A healthy window is no incident; the report says how many there were."""
    healthy = case(id="fine", expected={**case()["expected"], "status": "healthy"})
    report = ingest(case(), healthy)
    assert (report.added, report.notes) == (("redis-oom",), ("1 that were no problem are passed over",))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "no JSON object"),
        ("[1]", "no JSON object"),
        (case(colour="red"), "colour: Extra inputs are not permitted"),
        (case(expected={**case()["expected"], "key_lines": [7]}), "expected.key_lines: 7 is out of range"),
        (case(expected={**case()["expected"], "severity": "BAD"}), "expected.severity"),
        ({**answer(), "contract": 2}, "contract"),
        ({key: value for key, value in answer().items() if key != "triage"}, "triage: Field required"),
        ({**answer(), "evidence": []}, "triage.evidence: L1 is not among the evidence"),
        (answer(verdict="corrected"), "review: a correction names the root_cause or has a note"),
        (answer(verdict="confirmed", mood="good"), "review.mood"),
        (case(), "it has the id redis-oom, which line 1 has already"),
    ],
)
def test_a_line_that_fails_is_named_and_stops_no_other(ingest, line, says):
    """The rest is taken; nothing is deleted, for the line may be one that was there."""
    ingest(case(), answer("cd" * 16))
    report = ingest(case(), line)
    assert (report.unchanged, report.deleted, report.ok) == (1, (), False)
    assert str(report.failed[0]).startswith("incidents.jsonl, line 2: ")
    assert says in str(report.failed[0])


def test_a_file_that_is_not_there_is_bad_input(tmp_path, ingest, index, embedder):
    """And so is one that holds nothing."""
    with pytest.raises(BadInput, match="No such file"):
        ingest_incidents(tmp_path / "nowhere", index, embedder=embedder)
    with pytest.raises(BadInput, match="holds no incident"):
        ingest()
