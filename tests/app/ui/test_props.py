"""The data that the elements of the chat render."""

import json

from app.answer import WITHOUT_MODEL
from app.ui.account_props import account_props
from app.ui.panel_props import excerpts, log_panel, runbook_panel
from app.ui.pattern_props import pattern_props
from app.ui.problem_props import problem_props
from app.ui.verdict_props import queue_words, verdict_props
from app.ui.volume_props import volume_props
from retrieval.taxonomy import IntentKind, Severity, Status


def _texts(value):
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def test_no_element_receives_a_character_that_acts_unseen(answer, lines):
    """Terminal and bidi sequences of a log line reach no element, wherever the line stands."""
    item = answer.evidence[0]
    everything = [
        verdict_props("t", answer, "done"),
        problem_props("t", answer),
        pattern_props("t", answer),
        account_props(answer, done=True),
        log_panel(item, excerpts(item, lines)),
    ]
    texts = _texts(everything)
    assert any("evil.test" in text for text in texts)
    assert not [text for text in texts if not text.replace("\n", "").replace("\t", "").isprintable()]


def test_everything_that_an_element_receives_is_json(answer):
    """The chat framework sends props as JSON; an enum or a date would break the answer."""
    props = [verdict_props("t", answer, "done"), problem_props("t", answer), volume_props(answer.volume)]
    assert json.loads(json.dumps(props)) == props


def test_a_verdict_says_severity_cause_and_actions(answer):
    """The triage as it stands."""
    props = verdict_props("t", answer, "done")
    assert props["status"] == {"name": "problem", "label": "Problem found"}
    assert (props["severity"], props["component"], props["category"]) == ("ERROR", "api", "out of memory")
    assert [each["id"] for each in props["citations"]] == ["L1", "R1"]
    assert props["actions"][0]["command"] == "kubectl describe pod api-1\nkubectl top pod"
    assert props["actions"][0]["exam"] == "Troubleshooting"
    assert "without a language model" in props["by"]


def test_an_explanation_is_no_verdict_on_the_cluster(answer):
    """The words for a healthy cluster would answer a question that was not asked."""
    triage = answer.triage.model_copy(update={"status": Status.HEALTHY, "severity": Severity.INFO})
    props = verdict_props("t", answer.model_copy(update={"triage": triage, "intent": IntentKind.HOWTO}), "done")
    assert (props["status"]["label"], props["severity"], props["component"]) == ("From the runbooks", None, "")


def test_a_verdict_that_is_awaited_shows_nothing_of_the_extractive_one(answer):
    """Two verdicts after one another would be read as a change of mind."""
    props = verdict_props("t", answer, "waiting")
    assert (props["status"], props["rootCause"], props["actions"]) == (None, "", [])


def test_a_verdict_that_is_being_written_shows_what_has_arrived(answer):
    """Any of the keys of a triage may still be missing."""
    props = verdict_props("t", answer, "writing", {"evidence": ["L1"], "root_cause": "Out of mem"})
    assert ([each["id"] for each in props["citations"]], props["rootCause"]) == (["L1"], "Out of mem")
    assert props["status"] is None


def test_what_is_awaited_is_named(answer):
    """Reading the evidence takes a small model as long as writing, and is told apart; in a line the place is said."""
    assert verdict_props("t", answer, "waiting")["by"] == "The model is reading the evidence"
    assert verdict_props("t", answer, "writing", {})["by"] == "The model is writing"
    assert [queue_words(ahead) for ahead in (None, 0, 1, 3)] == [
        "The model is answering somebody else first",
        "Waiting for the model, yours is the next question",
        "Waiting for the model, 1 question is ahead of yours",
        "Waiting for the model, 3 questions are ahead of yours",
    ]


def test_a_model_that_failed_is_said_where_the_verdict_is_read(answer):
    """Not only among the warnings at the end, which a phone shows pages below; nothing where none was asked."""
    failed = answer.model_copy(update={"warnings": ["a sample", f"The server broke off. {WITHOUT_MODEL}"]})
    assert verdict_props("t", failed, "done")["instead"] == f"The server broke off. {WITHOUT_MODEL}"
    assert verdict_props("t", answer, "done")["instead"] is None
    assert verdict_props("t", failed, "writing", {})["instead"] is None


def test_a_citation_that_does_not_exist_is_not_shown(answer):
    """A button that opens nothing would be worse than none."""
    assert verdict_props("t", answer, "writing", {"evidence": ["L9"]})["citations"] == []


def test_a_problem_does_not_say_its_component_twice(answer):
    """The title begins with it, and it stands beside the title."""
    assert problem_props("t", answer)["problems"][0]["title"].startswith("![x]")


def test_a_pattern_names_its_place_from_outside_in(answer):
    """Namespace, app and pod, as one looks for them."""
    assert pattern_props("t", answer)["patterns"][0]["place"] == "shop / api / api-1"


def test_volume_stacks_the_worst_at_the_base_and_leaves_out_what_never_occurs(answer):
    """Heights compare only at the base."""
    props = volume_props(answer.volume)
    assert [each["severity"] for each in props["series"]] == ["ERROR", "INFO"]
    assert props["each"] == "45 min"


def test_the_account_states_window_coverage_and_who_chose_them(answer):
    """An answer says what it looked at."""
    rows = {row["name"]: row["value"] for row in account_props(answer, done=True)["rows"]}
    assert "chosen by the assistant" in rows["Window"]
    assert rows["Coverage"] == "1,000 of 2,500 matching lines read; the rest did not fit"
    assert rows["Filters"] == "namespace shop"
    assert rows["Engine"] == "extractive, no language model"
    assert rows["Time"] == "1.2 s"


def test_the_account_links_to_a_web_address_only(answer):
    """The link is the one anchor of an answer."""

    def link(address):
        asked = answer.model_copy(update={"query": '{a="b"}', "link": address})
        return next(row["link"] for row in account_props(asked, done=True)["rows"] if row["name"] == "Query")

    assert link("javascript:alert(1)") is None
    assert link("https://g.test/x") == "https://g.test/x"


def test_a_cited_line_stands_among_its_neighbours(answer, lines):
    """Six lines before and after it, and it alone is marked."""
    item = answer.evidence[0]
    shown = log_panel(item, excerpts(item, lines))["excerpts"][0]["lines"]
    assert [line["position"] for line in shown] == list(range(1, 14))
    assert [line["position"] for line in shown if line["cited"]] == [7]
    assert shown[6]["time"] == "10:00:07.000"


def test_a_line_that_the_window_no_longer_holds_has_no_neighbours(answer, lines):
    """The panel then shows the evidence's own text."""
    item = answer.evidence[0].model_copy(update={"lines": [99]})
    assert excerpts(item, lines) == []


def test_a_runbook_panel_marks_the_cited_section(answer):
    """The others are there to read on."""
    sections = [{"heading": "Symptom", "text": "s"}, {"heading": "Fix", "text": "f"}]
    props = runbook_panel(answer.evidence[1], "Out of memory", sections)
    assert [section["cited"] for section in props["sections"]] == [False, True]


def test_a_runbook_panel_without_the_document_shows_what_was_cited(answer):
    """The knowledge may be closed or rebuilt by then."""
    props = runbook_panel(answer.evidence[1], "oom-killed.md", [])
    assert [(section["heading"], section["text"]) for section in props["sections"]] == [("Fix", "Raise the limit.")]
