"""`logagent ask --json`, seen from outside the package."""

import re
from pathlib import Path

import pytest

from tests.command_line import CAPTURES, CommandLine, case_lines
from tests.contract.answer_contract import ContractAnswer, conforming

ETCD = CAPTURES / "etcd-disk-full.jsonl"
SOME = (
    "etcd-disk-full",
    "postgresql-password-rotated",
    "nginx-upstream-gone",
    "redis-restart",
    "llama-cpp-model-missing",
)
POD_LOG = (
    "2026-11-20T10:00:00.000000001Z stdout F starting shop-api 1.4.2",
    "2026-11-20T10:00:01.000000002Z stderr F panic: could not connect to database at ",
    "2026-11-20T10:00:02.000000003Z stderr P FATAL: password authentication failed ",
    '2026-11-20T10:00:02.000000003Z stderr F for user "shop"',
    "2026-11-20T10:00:05.000000004Z stdout F exiting with code 1",
)


@pytest.fixture
def pods(tmp_path: Path) -> Path:
    """A folder laid out as `/var/log/pods`, with two pods of two namespaces."""
    root = tmp_path / "var" / "log" / "pods"
    for folder, lines in (
        ("shop_api-7d9f8b6c5-x2x4z_1b2c", POD_LOG),
        ("web_front-0_9f8e", ("2026-11-20T10:00:03.5Z stdout F GET / 200",) * 3),
    ):
        path = root / folder / "main" / "0.log"
        path.parent.mkdir(parents=True)
        path.write_text("".join(f"{line}\n" for line in lines))
    return root


def shown(text: str) -> str:
    """Cited text as far as it was not cut."""
    return text.removesuffix("…").strip()


def test_the_installed_command_keeps_the_contract(logagent: CommandLine) -> None:
    """The installed script answers from another folder with one JSON document of contract 1 and nothing on stderr."""
    ended = logagent.installed("ask", "why does etcd not start?", "--logs", ETCD, "--json")
    answer = conforming(ended.json, len(case_lines("etcd-disk-full")))
    assert ended.err == ""
    assert (answer.question, answer.intent, answer.query) == ("why does etcd not start?", "triage", None)
    assert (answer.triage.status, answer.triage.severity, answer.engine) == ("problem", "CRITICAL", "extractive")
    assert (answer.triage.category, answer.triage.component) == ("disk_pressure", "etcd")
    assert "no space left on device" in answer.triage.root_cause
    assert answer.window.source == "default"


@pytest.mark.parametrize("capture", SOME)
def test_cited_lines_are_those_of_the_input(logagent: CommandLine, capture: str) -> None:
    """Every cited log line is, word for word and with its time and labels, the input's line at that position."""
    lines = case_lines(capture)
    answer = conforming(
        logagent("ask", "what is failing?", "--logs", CAPTURES / f"{capture}.jsonl", "--json").json, len(lines)
    )
    logs = [item for item in answer.evidence if item.kind == "log"]
    assert logs
    for item in logs:
        [position] = item.lines or []
        assert lines[position]["line"].strip().startswith(shown(item.text))
        assert item.timestamp == lines[position]["ts"]
        assert item.labels == lines[position]["labels"]


def test_several_files_count_on(logagent: CommandLine) -> None:
    """Positions run on over the files in the order in which they were given."""
    first, second = "redis-restart", "etcd-disk-full"
    lines = [*case_lines(first), *case_lines(second)]
    paths = [part for name in (first, second) for part in ("--logs", CAPTURES / f"{name}.jsonl")]
    answer = conforming(logagent("ask", "why is etcd down?", *paths, "--json").json, len(lines))
    cited = [item for item in answer.evidence if item.kind == "log" and item.labels["app"] == "etcd"]
    assert cited
    for item in cited:
        assert lines[(item.lines or [])[0]]["line"].startswith(shown(item.text))


def test_counted_patterns_cite_lines_of_theirs(logagent: CommandLine) -> None:
    """The lines of a counted pattern come first to last in the input and lie in the window that the card shows."""
    document = logagent("ask", "what is failing?", "--logs", ETCD, "--json").json
    answer = conforming(document)
    counted = [item for item in answer.evidence if item.kind == "pattern"]
    assert counted
    lines = case_lines("etcd-disk-full")
    for item in counted:
        count, template = item.text.split(" × ", 1)
        assert item.lines == sorted(item.lines or [])
        assert 1 <= len(item.lines or []) <= int(count)
        words = re.findall(r'msg="([^"<…]+)', template)
        assert all(word in lines[position]["line"] for position in item.lines or [] for word in words)


def test_the_same_question_has_the_same_answer(logagent: CommandLine) -> None:
    """Asked twice, only timings and trace id differ."""
    both = [logagent("ask", "what is failing?", "--logs", ETCD, "--json").json for _ in range(2)]
    assert both[0].pop("trace_id") != both[1].pop("trace_id")
    for each in both:
        each.pop("timings_ms")
    assert both[0] == both[1]


def asked(logagent: CommandLine, question: str, *options: object) -> ContractAnswer:
    return conforming(logagent("ask", question, "--logs", ETCD, "--json", *options).json)


def test_window_words_of_the_question(logagent: CommandLine) -> None:
    """A window of “the last second” ends with the logs, holds their last line, and comes from the question."""
    times = [line["ts"] for line in case_lines("etcd-disk-full")]
    answer = asked(logagent, "what failed in the last 1 second?")
    assert answer.window.source == "question"
    assert answer.coverage.lines_matched == sum(time >= answer.window.start for time in times) < len(times)
    assert answer.window.end > max(times)


def test_the_window_option_wins(logagent: CommandLine) -> None:
    """--window counts back from the end of the logs, and wins over words of the question."""
    times = [line["ts"] for line in case_lines("etcd-disk-full")]
    answer = asked(logagent, "what failed in the last hour?", "--window", "1s")
    assert answer.window.source == "option"
    assert answer.coverage.lines_matched == sum(time >= answer.window.start for time in times) < len(times)
    assert answer.window.end > max(times)


def test_now_moves_the_window(logagent: CommandLine) -> None:
    """--now says what the last hour ends at; a window without lines is not enough evidence, and cites nothing."""
    answer = asked(logagent, "what failed?", "--window", "1h", "--now", "2026-11-20T14:00:00+02:00")
    assert (answer.window.start, answer.window.end) == ("2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z")
    assert (answer.coverage.lines_matched, answer.triage.status) == (0, "insufficient_evidence")
    assert (answer.evidence, answer.problems, answer.triage.evidence) == ([], [], [])


@pytest.mark.parametrize(("zone", "start"), [("UTC", "14:00"), ("Asia/Tokyo", "05:00"), ("America/New_York", "19:00")])
def test_a_time_of_day_is_meant_in_the_zone_of_the_settings(logagent: CommandLine, zone: str, start: str) -> None:
    """--from 14:00 and “since 14:00” are one moment, 14:00 of the zone that LOGAGENT_TIMEZONE names."""
    options = ("--now", "2026-11-20T21:30:00Z", "--logs", ETCD, "--json")
    by_option = logagent("ask", "what failed?", "--from", "14:00", *options, LOGAGENT_TIMEZONE=zone).json
    by_words = logagent("ask", "what failed since 14:00?", *options, LOGAGENT_TIMEZONE=zone).json
    assert by_option["window"]["start"] == by_words["window"]["start"] == f"2026-11-20T{start}:00Z"
    counted = logagent("patterns", "--from", "14:00", *options, LOGAGENT_TIMEZONE=zone).json
    assert counted["window"]["start"] == by_option["window"]["start"]


def test_windows_are_half_open_to_the_nanosecond(logagent: CommandLine) -> None:
    """A line at --from is in the window, a line at --to is not, and the nanoseconds of both are kept."""
    times = sorted(line["ts"] for line in case_lines("etcd-disk-full"))
    first, last = times[10], times[20]
    answer = asked(logagent, "what failed?", "--from", first, "--to", last)
    assert (answer.window.start, answer.window.end) == (first, last)
    assert answer.coverage.lines_matched == sum(first <= time < last for time in times)


def test_own_pod_logs_in_cri_format(logagent: CommandLine, pods: Path) -> None:
    """A question over the folder of a node's pod logs is answered with the labels of its paths and physical lines."""
    answer = conforming(logagent("ask", "why does api fail?", "--logs", pods, "--json").json, len(POD_LOG) + 3)
    assert answer.triage.status == "problem"
    item = next(item for item in answer.evidence if item.id == answer.triage.evidence[0])
    assert item.labels["namespace"] == "shop"
    assert item.labels["pod"] == "api-7d9f8b6c5-x2x4z"
    for item in answer.evidence:
        if item.kind == "log" and item.labels["namespace"] == "shop":
            raw = POD_LOG[(item.lines or [])[0]]
            assert item.text.startswith(raw.split(" ", 3)[3].strip())
            assert item.timestamp == raw.split(" ")[0]
    assert any('authentication failed for user "shop"' in item.text for item in answer.evidence)


def test_the_namespace_option_selects(logagent: CommandLine, pods: Path) -> None:
    """Only lines of the namespace are read, and the answer says which it was."""
    answer = conforming(logagent("ask", "what is failing?", "--logs", pods, "--namespace", "web", "--json").json)
    assert (answer.selectors.namespace, answer.coverage.lines_matched) == ("web", 3)
    assert answer.triage.status == "healthy"


def test_lines_without_any_time_keep_the_contract(logagent: CommandLine, tmp_path: Path) -> None:
    """Plain text without times is answered too: its problems lie somewhere in the window."""
    path = tmp_path / "app.log"
    path.write_text("starting\nERROR: connection refused by db-0\nERROR: giving up\nstopped\n")
    answer = conforming(logagent("ask", "what is failing?", "--logs", path, "--json").json, 4)
    assert answer.triage.status == "problem"
    assert answer.problems[0].first_seen >= answer.window.start
    assert answer.problems[0].last_seen <= answer.window.end


def test_a_long_line_is_cut_with_a_warning(logagent: CommandLine, tmp_path: Path) -> None:
    """A line of 1 MB is answered, in a short answer that says what was cut."""
    path = tmp_path / "long.log"
    path.write_text(f"2026-11-20T10:00:00Z ERROR cannot parse {'x' * (1 << 20)}\n2026-11-20T10:00:01Z ok\n")
    ended = logagent("ask", "what is failing?", "--logs", path, "--json")
    answer = conforming(ended.json, 2)
    assert any("were cut" in warning for warning in answer.warnings)
    assert len(ended.out) < 50_000


def test_a_screen_shows_the_verdict_and_its_lines(logagent: CommandLine) -> None:
    """Without --json the verdict comes first, each citation with its line; the steps are on stderr."""
    ended = logagent("ask", "why does etcd not start?", "--logs", ETCD)
    assert ended.code == 0
    assert ended.out.startswith("CRITICAL problem · etcd · disk_pressure")
    assert "[L1] 2026-11-20T21:00:00.691669072Z kube-system/etcd-node-1/etcd" in ended.out
    assert [line.split()[0] for line in ended.err.splitlines()] == [
        "intent", "logs", "redact", "patterns", "retrieval", "evidence", "card", "verify",
    ]  # fmt: skip


def test_log_text_is_inert_on_a_terminal(logagent: CommandLine, tmp_path: Path) -> None:
    """Terminal sequences and markup of a log line reach neither the screen nor its styles."""
    path = tmp_path / "evil.log"
    path.write_bytes(b"2026-11-20T10:00:00Z ERROR \x1b]0;owned\x07\x1b[31m[bold]failed[/bold] to start\n" * 4)
    ended = logagent("ask", "what is failing?", "--logs", path)
    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert "[bold]failed[/bold] to start" in ended.out
