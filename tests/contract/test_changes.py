"""`logagent changes`, seen from outside the package."""

from pathlib import Path

import pytest

from tests.command_line import CommandLine, one_sentence

BEFORE = "2026-11-20T13:00:00Z..2026-11-20T14:00:00Z"
AFTER = "2026-11-20T14:00:00Z..2026-11-20T15:00:00Z"
FIELDS = {
    "kind", "template", "labels", "severity", "before_count", "after_count", "rate_ratio", "p_value", "q_value",
    "first_seen", "last_seen", "sample", "score",
}  # fmt: skip


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two hours with a line each minute, and a refused connection from 14:07 on."""
    lines = [
        f"2026-11-20T{hour}:{minute:02}:00Z INFO served in {minute}ms" for hour in (13, 14) for minute in range(60)
    ]
    lines += [f"2026-11-20T14:{minute:02}:30Z ERROR connection refused by db" for minute in range(7, 60)]
    path = tmp_path / "app.log"
    path.write_text("\n".join(sorted(lines)) + "\n")
    return path


def test_the_document_is_that_of_the_contract(logagent: CommandLine, logs: Path) -> None:
    """The JSON has the contract's fields, and lists what changed and nothing else."""
    document = logagent("changes", "--before", BEFORE, "--after", AFTER, "--logs", logs, "--json").json
    assert document["contract"] == 1
    assert document["before"] == {"start": "2026-11-20T13:00:00Z", "end": "2026-11-20T14:00:00Z", "lines": 60}
    assert document["after"]["lines"] == 113
    assert document["coverage"]["after"] == {"lines_matched": 113, "lines_read": 113, "truncated": False}
    (change,) = document["changes"]
    assert set(change) >= FIELDS
    assert (change["kind"], change["before_count"], change["after_count"]) == ("new", 0, 53)
    assert (change["first_seen"], change["rate_ratio"]) == ("2026-11-20T14:07:30Z", None)
    assert change["sentence"] == "new at 14:07:30, 53 times"
    assert document["warnings"] == []


def test_a_table_for_people(logagent: CommandLine, logs: Path) -> None:
    """Without --json each change is a sentence beside its pattern."""
    ended = logagent("changes", "--before", BEFORE, "--after", AFTER, "--logs", logs)
    assert "new at 14:07:30, 53 times" in ended.out
    assert "connection refused by db" in ended.out


def test_a_window_without_lines_is_said_to_be_one(logagent: CommandLine, logs: Path) -> None:
    """An empty window before makes everything new, with a warning instead of an error."""
    earlier = "2026-11-19T13:00:00Z..2026-11-19T14:00:00Z"
    document = logagent("changes", "--before", earlier, "--after", AFTER, "--logs", logs, "--json").json
    assert {change["kind"] for change in document["changes"]} == {"new"}
    assert any("holds no lines" in warning for warning in document["warnings"])


def test_a_time_of_day_is_meant_in_the_zone_of_the_settings(logagent: CommandLine, logs: Path) -> None:
    """13:00..14:00 are hours of the zone that LOGAGENT_TIMEZONE names."""
    spans = ("--before", "yesterday 13:00..yesterday 14:00", "--after", "yesterday 14:00..yesterday 15:00")
    document = logagent("changes", *spans, "--logs", logs, "--json", LOGAGENT_TIMEZONE="Asia/Tokyo").json
    for side, start, end in (("before", "04:00", "05:00"), ("after", "05:00", "06:00")):
        assert document[side]["start"].endswith(f"T{start}:00Z")
        assert document[side]["end"].endswith(f"T{end}:00Z")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (BEFORE, "2026-11-20T13:30:00Z..2026-11-20T15:00:00Z", "overlap"),
        (AFTER, BEFORE, "exchange them"),
        ("2026-11-20T14:00:00Z..2026-11-20T13:00:00Z", AFTER, "before it starts"),
        ("2026-11-20T13:00:00Z..2026-11-20T13:00:00Z", AFTER, "empty"),
        ("2026-11-20T13:00:00Z", AFTER, "two dots"),
        ("yore..2026-11-20T13:00:00Z", AFTER, "no time"),
        ("2026-11-20T12:00:00..2026-11-20T13:00:00Z", AFTER, "zone"),
    ],
)
def test_windows_that_cannot_be_compared_are_refused(
    logagent: CommandLine, logs: Path, before: str, after: str, said: str
) -> None:
    """Windows that overlap, are exchanged, reversed, empty or no windows end in one sentence and code 2."""
    assert said in one_sentence(logagent("changes", "--before", before, "--after", after, "--logs", logs))
