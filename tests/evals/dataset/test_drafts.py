"""`logagent dataset drafts`: a person accepts or rejects what the chat drafted, each once."""

import json

import pytest

from evals.dataset.cases import read_cases, write_cases
from evals.golden import golden
from tests.command_line import one_sentence

ONE, OTHER = (case.model_copy(update={"tags": ("feedback", "confirmed")}) for case in list(golden())[:2])
WRONG = golden()[2].model_copy(update={"tags": ("feedback", "corrected")})


@pytest.fixture
def home(tmp_path):
    for case in (ONE, OTHER, WRONG):
        write_cases(tmp_path / "home" / "draft-cases" / f"{case.id}.jsonl", [case])
    return tmp_path / "home"


@pytest.fixture
def drafts(logagent, home):
    def run(*arguments):
        return logagent("dataset", "drafts", *arguments, LOGAGENT_HOME=str(home))

    return run


def test_those_that_wait_are_listed_and_shown(drafts):
    """By id, with the labels that they would have."""
    rows = drafts("list", "--json").json["drafts"]
    assert [(row["id"], row["corrected"]) for row in rows] == sorted(
        [(ONE.id, False), (OTHER.id, False), (WRONG.id, True)]
    )
    assert drafts("show", ONE.id, "--json").json["draft"] == json.loads(ONE.model_dump_json())
    assert ONE.expected.root_cause in drafts("show", ONE.id).out


def test_a_line_of_a_draft_cannot_steer_the_terminal(drafts, home):
    """Control characters are shown as numbers."""
    hostile = ONE.model_copy(update={"logs": (ONE.logs[0].model_copy(update={"line": "\x1b[31mred"}), *ONE.logs[1:])})
    write_cases(home / "draft-cases" / f"{ONE.id}.jsonl", [hostile])
    shown = drafts("show", ONE.id).out
    assert "\x1b" not in shown
    assert "\\x1b[31mred" in shown


def test_an_accepted_draft_is_in_the_file_once(drafts, tmp_path):
    """It is appended, leaves the list, and cannot be decided on again."""
    into = tmp_path / "mine.jsonl"
    assert drafts("accept", ONE.id, "--into", into).code == 0
    assert drafts("accept", OTHER.id, "--into", into, "--severity", "CRITICAL", "--key-line", 1, "--json").code == 0
    cases = read_cases(into)
    assert cases[0] == ONE
    assert (cases[1].expected.severity, cases[1].expected.key_lines) == ("CRITICAL", (1,))
    assert [row["id"] for row in drafts("list", "--json").json["drafts"]] == [WRONG.id]
    assert "was accepted already" in one_sentence(drafts("accept", ONE.id, "--into", tmp_path / "other.jsonl"))
    assert "was accepted already" in one_sentence(drafts("reject", ONE.id))
    assert not (tmp_path / "other.jsonl").exists()


def test_a_rejected_draft_is_never_offered_again(drafts, tmp_path):
    """Nor can it be accepted."""
    assert drafts("reject", ONE.id).code == 0
    assert "was rejected already" in one_sentence(drafts("accept", ONE.id, "--into", tmp_path / "mine.jsonl"))
    assert "was rejected already" in one_sentence(drafts("show", ONE.id))


def test_labels_of_a_corrected_answer_are_not_taken_over_unseen(drafts, tmp_path):
    """Whoever accepts it says severity and category."""
    into = tmp_path / "mine.jsonl"
    assert "give --severity and --category" in one_sentence(drafts("accept", WRONG.id, "--into", into))
    assert drafts("accept", WRONG.id, "--into", into, "--severity", "WARN", "--category", "dns").code == 0
    assert [case.expected.category for case in read_cases(into)] == ["dns"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--key-line", "9999"), "--key-line: 9999 is out of range"),
        (("--component", ""), "expected.component: "),
        (("--into", "frozen.jsonl"), "is frozen and never changed"),
        (("--into", "broken.jsonl"), "broken.jsonl, line 1: "),
        (("--into", "full.jsonl"), "holds a case"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_draft_waits_still(drafts, tmp_path, arguments, words):
    """One sentence, exit code 2, and nothing is lost."""
    (tmp_path / "frozen.jsonl").touch()
    (tmp_path / "frozen.sha256").write_text("0")
    (tmp_path / "broken.jsonl").write_text("{}\n")
    write_cases(tmp_path / "full.jsonl", [ONE])
    given = [str(tmp_path / each) if each.endswith(".jsonl") else each for each in arguments]
    ended = drafts("accept", ONE.id, *(() if "--into" in given else ("--into", tmp_path / "new.jsonl")), *given)
    assert words in one_sentence(ended)
    assert len(drafts("list", "--json").json["drafts"]) == 3


@pytest.mark.parametrize("id_", ["nobody", "../../etc/passwd"])
def test_a_draft_that_is_not_there(drafts, id_):
    """One sentence names the command that lists them."""
    assert "`logagent dataset drafts list`" in one_sentence(drafts("show", id_))


def test_a_file_without_an_end_is_not_glued_to(drafts, tmp_path):
    """The case begins a line of its own."""
    into = tmp_path / "mine.jsonl"
    write_cases(into, [OTHER])
    into.write_bytes(into.read_bytes().rstrip(b"\n"))
    assert drafts("accept", ONE.id, "--into", into).code == 0
    assert [case.id for case in read_cases(into)] == [OTHER.id, ONE.id]
