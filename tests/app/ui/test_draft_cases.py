"""Draft cases: rated answers in the contract's case format, redacted, and never drafted again once decided on."""

import pytest

from app.draft_cases import MOST_LINES, DraftCases, draft_case
from app.triage.components import canonical
from evals.dataset.cases import read_cases
from retrieval.errors import BadInput
from retrieval.log_lines import LogLine
from retrieval.taxonomy import Status


@pytest.fixture
def drafts(tmp_path):
    return DraftCases(tmp_path)


def kept(tmp_path):
    (file,) = (tmp_path / "draft-cases").glob("*.jsonl")
    return read_cases(file)[0], file


def test_a_confirmed_answer_is_a_case_of_the_contract(drafts, answer, lines, tmp_path):
    """It reads strictly; its labels are the answer's, its key lines the cited ones among their neighbours."""
    assert drafts.add(answer, lines, None)
    case, file = kept(tmp_path)
    expected = case.expected
    assert (case.id, case.origin, case.tags) == (f"chat-{answer.trace_id}", "reported", ("feedback", "confirmed"))
    assert (expected.status, expected.severity, expected.category) == ("problem", "ERROR", "oom_killed")
    assert (expected.component, expected.summary) == (canonical("api"), "api was killed.")
    assert (expected.key_lines, expected.runbooks) == ((7,), ("oom-killed.md",))
    assert case.logs[7].labels.pod == "api-1"
    assert case.logs[8].ts == "2026-11-20T10:00:08Z"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_correction_takes_the_place_of_the_root_cause(drafts, answer, lines, tmp_path):
    """The summary of a wrong answer is not kept."""
    drafts.add(answer, lines, "the disk was full")
    case, _ = kept(tmp_path)
    assert (case.expected.root_cause, case.expected.summary) == ("the disk was full", None)
    assert "corrected" in case.tags


def test_no_secret_is_in_a_draft(drafts, answer, tmp_path):
    """Neither of the question, nor of a line or label, nor of the correction."""
    secret = "password=hunter2hunter2"
    asked = answer.model_copy(update={"question": f"why does {secret} fail?"})
    drafts.add(asked, [LogLine(7, None, {"pod": secret}, f"connect {secret}")], f"{secret} was wrong")
    assert "hunter2" not in kept(tmp_path)[1].read_text()


def test_the_cited_lines_stay_where_there_are_many(answer):
    """Neighbours go first."""
    many = [LogLine(n, n, {}, f"line {n}") for n in range(MOST_LINES * 2)]
    last = many[-1].position
    cited = answer.evidence[0].model_copy(update={"lines": [last]})
    case = draft_case(answer.model_copy(update={"evidence": [cited, answer.evidence[1]]}), many, None)
    assert (len(case["logs"]), case["expected"]["key_lines"]) == (MOST_LINES, [MOST_LINES - 1])


def test_an_answer_rated_again_is_one_draft(drafts, answer, lines, tmp_path):
    """The last rating counts, until somebody decided."""
    drafts.add(answer, lines, None)
    drafts.add(answer, lines, "it was the node")
    case, file = kept(tmp_path)
    assert case.expected.root_cause == "it was the node"
    file.with_name("rejected").mkdir()
    file.rename(file.with_name("rejected") / file.name)
    assert not drafts.add(answer, lines, None)
    assert list((tmp_path / "draft-cases").glob("*.jsonl")) == []


def test_an_answer_that_all_is_well_can_be_drafted(drafts, answer, tmp_path):
    """Also one without any line and without a trace."""
    triage = answer.triage.model_copy(update={"status": Status.HEALTHY, "evidence": []})
    drafts.add(answer.model_copy(update={"triage": triage, "trace_id": "0" * 32}), [], None)
    case, _ = kept(tmp_path)
    assert (case.logs, case.expected.status) == ((), "healthy")
    assert case.id.removeprefix("chat-").strip("0")


def test_drafts_are_bounded(drafts, answer, lines, tmp_path, monkeypatch):
    """A sentence says that they wait."""
    monkeypatch.setattr("app.draft_cases.MOST_WAITING", 1)
    drafts.add(answer, lines, None)
    drafts.add(answer, lines, "the same again")
    with pytest.raises(BadInput, match="wait"):
        drafts.add(answer.model_copy(update={"trace_id": "cd" * 16}), lines, None)
