"""`logagent ask` about change, seen from outside the package, over files and over Loki."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.command_line import CommandLine, one_sentence
from tests.contract.answer_contract import ContractAnswer, conforming
from tests.loki_double import LokiDouble
from tests.retrieval.loki.pushing import Line, push
from tests.two_windows import SECOND, START, events_elsewhere, two_hours, write_archive

QUESTION = "what changed between 14:00 and 15:00 compared to 13:00 to 14:00?"
NOW = "2026-11-20T15:00:00Z"
LINES = two_hours()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("logs") / "cluster.jsonl", LINES)


@pytest.fixture(scope="module")
def loki() -> Iterator[LokiDouble]:
    with LokiDouble().serving() as double:
        push(double.url, LINES)
        yield double


def asked(logagent: CommandLine, archive: Path, question: str, *options: object) -> ContractAnswer:
    ended = logagent("ask", question, "--logs", archive, "--now", NOW, "--json", *options)
    return conforming(ended.json, len(LINES))


def test_the_changes_stand_beside_the_triage(logagent: CommandLine, archive: Path) -> None:
    """What is new, gone and more frequent, ranked; the triage is about the gravest."""
    answer = asked(logagent, archive, QUESTION)
    assert (answer.intent, answer.window.start, answer.window.end) == (
        "changes", "2026-11-20T14:00:00Z", "2026-11-20T15:00:00Z",
    )  # fmt: skip
    assert answer.before is not None
    assert (answer.before.start, answer.before.end) == ("2026-11-20T13:00:00Z", "2026-11-20T14:00:00Z")
    assert (answer.before.lines, answer.after.lines if answer.after else 0) == (1146, 1452)
    kinds = {(change.labels["namespace"], change.kind) for change in answer.changes}
    assert kinds == {("shop", "new"), ("llm", "increased"), ("logging", "gone")}
    first = answer.changes[0]
    assert (first.kind, first.before_count, first.after_count) == ("new", 0, 312)
    assert first.sentence == "new at 14:07:00, 312 times in 2 pods"
    assert (answer.triage.status, answer.triage.category) == ("problem", "tls_certificate")
    assert "new at 14:07:00, 312 times in 2 pods" in answer.triage.root_cause
    assert set(first.evidence) & set(answer.triage.evidence)


def test_each_change_cites_its_lines_in_both_windows(logagent: CommandLine, archive: Path) -> None:
    """The positions of a change's evidence are lines of the input that show it, before and after."""
    answer = asked(logagent, archive, QUESTION)
    evidence = {item.id: item for item in answer.evidence}
    words = {"shop": "x509", "llm": "slot timeout", "logging": "compaction finished"}
    seen = {}
    for change in answer.changes:
        lines = evidence[change.evidence[0]].lines or []
        namespace = change.labels["namespace"]
        assert all(words[namespace] in LINES[position].text for position in lines)
        moments = [LINES[position].timestamp >= START + 3600 * 10**9 for position in lines]
        seen[namespace] = (moments.count(False), moments.count(True))
    assert seen == {"shop": (0, 200), "llm": (6, 60), "logging": (60, 0)}


def test_the_same_changes_as_the_command_lists(logagent: CommandLine, archive: Path) -> None:
    """`ask` and `changes` agree on every field that they share."""
    windows = ("--before", "2026-11-20T13:00Z..2026-11-20T14:00Z", "--after", "2026-11-20T14:00Z..2026-11-20T15:00Z")
    listed = logagent("changes", *windows, "--logs", archive, "--json").json["changes"]
    asked_for = logagent("ask", QUESTION, "--logs", archive, "--now", NOW, "--json").json["changes"]
    assert [{key: row[key] for key in listed[0]} for row in asked_for] == listed


@pytest.mark.parametrize(
    ("question", "before", "namespaces"),
    [
        ("what changed in the last hour in llm?", "2026-11-20T13:00:00Z", {"llm"}),
        ("what is new since 14:00 in namespace shop", "2026-11-20T13:00:00Z", {"shop"}),
        ("compare the last hour with the hour before", "2026-11-20T13:00:00Z", {"shop", "llm", "logging"}),
        ("what disappeared since 14:00 in logging?", "2026-11-20T13:00:00Z", {"logging"}),
        ("what changed since 14:00 in llm and in logging?", "2026-11-20T13:00:00Z", {"llm", "logging"}),
    ],
)
def test_windows_and_place_from_words(
    logagent: CommandLine, archive: Path, question: str, before: str, namespaces: set[str]
) -> None:
    """An equally long window before, and only lines of the namespace that is named."""
    answer = asked(logagent, archive, question)
    assert answer.before is not None
    assert answer.before.start == before
    assert {change.labels["namespace"] for change in answer.changes} == namespaces


def test_nothing_changed_is_an_answer(logagent: CommandLine, archive: Path) -> None:
    """Two windows alike: healthy, with how many lines were compared."""
    answer = asked(logagent, archive, "what changed between 13:00 and 13:25 compared to 13:25 to 13:50 in shop?")
    assert (answer.changes, answer.triage.status) == ([], "healthy")
    assert "Nothing changed" in answer.triage.summary
    assert "150 lines before, 150 after" in answer.triage.summary


def test_an_empty_window_is_said(logagent: CommandLine, archive: Path) -> None:
    """Without lines before, everything counts as new and says why; without any after, nothing can be told."""
    answer = asked(logagent, archive, "compare 2026-11-19 with 2026-11-20")
    assert any("the window before holds no lines" in warning for warning in answer.warnings)
    assert "The window before holds no lines" in answer.triage.summary
    later = asked(logagent, archive, "what changed between 15:00 and 16:00?", "--now", "2026-11-20T16:00:00Z")
    assert later.triage.status == "insufficient_evidence"
    assert "holds no line" in later.triage.summary
    neither = asked(logagent, archive, "compare 2026-11-10 with 2026-11-11")
    assert (neither.triage.status, neither.changes) == ("insufficient_evidence", [])


def test_overlapping_windows_are_refused_in_a_sentence(logagent: CommandLine, archive: Path) -> None:
    """Exit code 2, and what to give instead."""
    ended = logagent("ask", "compare 13:00 to 14:30 with 14:00 to 15:00", "--logs", archive, "--now", NOW)
    assert "the windows overlap" in one_sentence(ended)


def test_a_deploy_is_no_time(logagent: CommandLine, archive: Path) -> None:
    """Where it is not known when it was, the answer says so, and compares the default windows."""
    answer = asked(logagent, archive, "what changed since the deploy?")
    assert any("when the deploy was is not known" in warning for warning in answer.warnings)
    assert answer.window.source == "default"


def test_over_loki_with_both_queries_and_links(logagent: CommandLine, loki: LokiDouble) -> None:
    """The same changes from a live source; each window has its LogQL and a link that opens exactly it."""
    ended = logagent(
        "ask", "what changed since 14:00 in shop?", "--now", NOW, "--json",
        LOKI_URL=loki.url, GRAFANA_URL="http://grafana:3000",
    )  # fmt: skip
    answer = conforming(ended.json)
    (change,) = answer.changes
    assert change.sentence == "new at 14:07:00, 312 times in 2 pods"
    document = ended.json
    for side, start in (("before", START), ("after", START + 3600 * 10**9)):
        assert document[side]["query"] == '{namespace="shop"}'
        link = unquote(document[side]["link"])
        assert '"expr":"{namespace=\\"shop\\"}"' in link
        assert f'"from":"{start // 10**6}"' in link
    assert answer.coverage.lines_read == answer.coverage.lines_matched == 360 + 360 + 312


def test_two_namespaces_are_one_query(logagent: CommandLine, loki: LokiDouble) -> None:
    """Both are looked at, and the answer says so; one that this window has not is named."""
    now = ("--now", NOW, "--json")
    ended = logagent("ask", "what changed since 14:00 in llm and shop?", *now, LOKI_URL=loki.url)
    answer = conforming(ended.json)
    assert {change.labels["namespace"] for change in answer.changes} == {"llm", "shop"}
    assert ended.json["query"] == '{namespace=~"llm|shop"}'
    assert ended.json["selectors"]["namespace"] == "llm, shop"


def with_events(logagent: CommandLine, tmp_path: Path, source: str, question: str) -> ContractAnswer:
    return answered_from(logagent, tmp_path, source, question, two_hours(events=True))


def answered_from(
    logagent: CommandLine, tmp_path: Path, source: str, question: str, lines: list[Line]
) -> ContractAnswer:
    if source == "files":
        path = write_archive(tmp_path / "cluster.jsonl", lines)
        return conforming(logagent("ask", question, "--logs", path, "--now", NOW, "--json").json, len(lines))
    with LokiDouble().serving() as double:
        push(double.url, lines)
        return conforming(logagent("ask", question, "--now", NOW, "--json", LOKI_URL=double.url).json)


@pytest.mark.parametrize("source", ["files", "loki"])
def test_events_stand_beside_the_changes(logagent: CommandLine, tmp_path: Path, source: str) -> None:
    """A rollout two minutes before an error is told with it, and cited as an event with its line."""
    answer = with_events(logagent, tmp_path, source, "what changed since 14:00?")
    document = answer.model_dump()
    change = next(each for each in document["changes"] if "x509" in each["sample"])
    assert [near["text"] for near in change["near"]] == [
        "rollout of shop/api 2 min before", "new image of shop/api: 1.4 to 1.5 2 min before",
    ]  # fmt: skip
    assert "rollout of shop/api 2 min before" in answer.triage.root_cause
    evidence = {item.id: item for item in answer.evidence}
    cited = evidence[change["near"][0]["evidence"]]
    assert (cited.kind, cited.id[0]) == ("event", "E")
    assert "ScalingReplicaSet" in cited.text
    assert {each["kind"] for each in document["events"]} == {"rollout", "image", "restart"}
    assert [each["text"] for each in document["events"]][-1] == "llm/llama keeps restarting (back-off), 4 times"


@pytest.mark.parametrize("source", ["files", "loki"])
@pytest.mark.parametrize("question", ["what changed since 14:00 in shop?", "what changed since the deploy in shop?"])
def test_events_that_others_tell_of_a_namespace_are_its_own(
    logagent: CommandLine, tmp_path: Path, source: str, question: str
) -> None:
    """A rollout and a lost node, shipped by an exporter of another namespace; not the rollout of a third one."""
    lines = [*two_hours(), *events_elsewhere()]
    answer = answered_from(logagent, tmp_path, source, question, sorted(lines, key=lambda line: line.timestamp))
    document = answer.model_dump()
    assert [each["text"] for each in document["events"]] == ["rollout of shop/api", "node node-2 not ready"]
    change = next(each for each in document["changes"] if "x509" in each["sample"])
    assert change["near"][0]["text"].startswith("rollout of shop/api")
    evidence = {item.id: item for item in answer.evidence}
    cited = evidence[change["near"][0]["evidence"]]
    assert (cited.kind, cited.labels) == ("event", {"namespace": "shop", "app": "api"})
    assert any("2 events of namespace shop told by event-exporter" in warning for warning in answer.warnings)
    assert not any("llama" in item.text for item in answer.evidence)


@pytest.mark.parametrize("source", ["files", "loki"])
def test_what_fails_is_also_told_by_others(logagent: CommandLine, tmp_path: Path, source: str) -> None:
    """A pod that never started has no line of its own: that it cannot be scheduled is told by the scheduler."""
    said = "0/2 nodes are available: 2 Insufficient memory."
    text = (
        'I1120 14:30:00.1 1 event.go:389] "Event occurred" object="shop/worker-0" kind="Pod" reason="FailedScheduling"'
    )
    scheduler = {"namespace": "kube-system", "pod": "kube-scheduler-node-1", "app": "kube-scheduler"}
    told = [
        Line(START + (5400 + 60 * nth) * SECOND, f'{text} type="Warning" message="{said}"', scheduler) for nth in (0, 1)
    ]
    shop = [line for line in two_hours() if "x509" not in line.text]
    answer = answered_from(logagent, tmp_path, source, "what is failing in shop since 14:00?", [*shop, *told])
    assert (answer.triage.status, answer.triage.category) == ("problem", "scheduling")
    assert answer.problems[0].count == 2


@pytest.mark.parametrize("source", ["files", "loki"])
def test_since_the_deploy_where_the_logs_tell_when_it_was(logagent: CommandLine, tmp_path: Path, source: str) -> None:
    """The newest rollout among the events is the moment that parts the windows, and the answer says so."""
    answer = with_events(logagent, tmp_path, source, "what changed since the last deploy?")
    assert answer.window.start == "2026-11-20T14:05:00.000000003Z"
    assert any("rollout of shop/api" in warning for warning in answer.warnings)
    assert "x509" in answer.changes[0].sample


@pytest.mark.parametrize("source", ["files", "loki"])
def test_events_are_evidence_of_any_question(logagent: CommandLine, tmp_path: Path, source: str) -> None:
    """A back-off of the kubelet is cited as an event, not as a log line."""
    answer = with_events(logagent, tmp_path, source, "what is failing in llm in the last hour?")
    events = [item for item in answer.evidence if item.kind == "event"]
    assert events
    assert "BackOff" in events[0].text
    assert events[0].labels["pod"] == "llama-0"


def test_on_a_terminal(logagent: CommandLine, archive: Path) -> None:
    """Both windows, each change as a sentence, and its evidence."""
    ended = logagent("ask", QUESTION, "--logs", archive, "--now", NOW)
    assert ended.code == 0
    assert "new at 14:07:00, 312 times in 2 pods" in ended.out
    assert "Before 2026-11-20T13:00:00Z – 2026-11-20T14:00:00Z; 1,146 of 1,146 lines read" in ended.out
    assert "increased" in ended.out
    assert "gone since 13:59" in ended.out
