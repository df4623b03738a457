"""Which lines a change cites."""

from app.changes import judge_by_findings
from app.comparison import lines_of
from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.changes import find_changes
from retrieval.time_window import TimeWindow
from tests.two_windows import HOUR, START

WINDOWS = TimeWindow(START, START + HOUR), TimeWindow(START + HOUR, START + 2 * HOUR)


def table(begin: int, statuses: list[str]) -> LogTable:
    """An access log, a request a second."""
    return LogTable.from_lines(
        LogLine(position, begin + position * 10**9, {"namespace": "shop", "app": "web"}, text.format(position))
        for position, text in enumerate(statuses)
    )


OK = '10.0.0.{} - - "GET /basket HTTP/1.1" 200 512 "-" "curl"'
BAD = '10.0.0.{} - - "GET /basket HTTP/1.1" 502 157 "-" "curl"'
GONE = "container web-{} ended, exit code 0"
KILLED = "container web-{} ended, exit code 137"


def test_a_change_of_one_status_cites_no_line_of_another() -> None:
    """Status classes and exit codes tell two events apart whose words are the same."""
    before = table(START, [OK, GONE] * 60)
    after = table(START + HOUR, [OK, BAD, GONE, KILLED] * 60)
    found = find_changes(before, after, *WINDOWS, judge_by_findings).changes
    new = [each for each in found if not each.before_count]
    cited = [[after.at(position).text for position in lines_of(each, after, each.after_count, 100)] for each in new]
    assert [len(lines) for lines in cited] == [60, 60]
    for lines in cited:
        assert all('" 502 ' in line for line in lines) or all(line.endswith(" 137") for line in lines)
