"""What changed between two windows of lines."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.change import Change, ChangeKind
from retrieval.patterns.changes import find_changes
from retrieval.time_window import TimeWindow
from retrieval.timestamps import NANOSECONDS

MINUTE = 60 * NANOSECONDS
BEFORE, AFTER = TimeWindow(0, 60 * MINUTE), TimeWindow(60 * MINUTE, 120 * MINUTE)
TEXTS = ("INFO request served", "WARN queue is full", "ERROR connection refused by db", "INFO cache warmed up again")


def table(
    window: TimeWindow, minutes: Iterable[tuple[int, str]], pod: str = "web-7c9d6b5f48-x2k7p", app: str = "web"
) -> LogTable:
    """A line for each minute of the window and text."""
    labels = {"namespace": "web", "app": app, "pod": pod}
    moments = [(window.start + minute * MINUTE, text) for minute, text in minutes]
    return LogTable.from_lines(LogLine(n, moment, labels, text) for n, (moment, text) in enumerate(moments))


def changes(before: LogTable, after: LogTable) -> tuple[Change, ...]:
    return find_changes(before, after, BEFORE, AFTER).changes


def test_what_appears_is_new_with_its_moment_count_and_pods() -> None:
    """An event of the window after alone is new, without a ratio, from its first line on."""
    served = [(minute, TEXTS[0]) for minute in range(60)]
    refused = [(minute, TEXTS[2]) for minute in range(20, 50)]
    change, *others = changes(table(BEFORE, served), table(AFTER, served + refused))
    assert not others
    assert (change.kind, change.before_count, change.after_count, change.pods) == (ChangeKind.NEW, 0, 30, 1)
    assert change.rate_ratio is None
    assert change.onset == change.pattern.first_seen == AFTER.start + 20 * MINUTE
    assert change.labels == {"namespace": "web", "app": "web"}
    assert change.q_value < 0.001


def test_another_pod_of_the_same_app_is_no_change() -> None:
    """A rollout gives pods new names; their lines are still those of the app."""
    served = [(minute, TEXTS[0]) for minute in range(60)]
    assert changes(table(BEFORE, served), table(AFTER, served, pod="web-5b8f7d96c4-q9zlw")) == ()


def test_a_single_line_of_grave_trouble_is_listed() -> None:
    """One new fatal line stands first although no test can call it significant, and its q-value says so."""
    served = [(minute, TEXTS[0]) for minute in range(60)]
    after = table(AFTER, [*served, (30, "FATAL panic: cannot open database, giving up")])
    (change,) = changes(table(BEFORE, served), after)
    assert change.kind is ChangeKind.NEW
    assert change.q_value > 0.05


def test_rare_trouble_that_comes_and_goes_is_not_listed() -> None:
    """Where trouble as grave went away, a single new one is what this place is like."""
    served = [(minute, TEXTS[0]) for minute in range(60)]
    before = table(BEFORE, [*served, (30, "FATAL panic: cannot open ledger, giving up")])
    after = table(AFTER, [*served, (30, "FATAL panic: cannot reach broker, stopped working")])
    assert changes(before, after) == ()


def test_trouble_of_another_app_that_went_away_hides_nothing() -> None:
    """What one app stopped saying tells nothing of what another began to say."""
    before = table(BEFORE, [(30, "FATAL panic: cannot open ledger, giving up")], app="ledger")
    after = table(AFTER, [(30, "FATAL panic: cannot reach broker, stopped working")], app="orders")
    assert "new" in {str(change.kind) for change in changes(before, after)}


def test_a_burst_of_lesser_trouble_is_there_once() -> None:
    """Three new warnings of one moment are as little news as one; in different moments they are listed."""
    served = [(minute, TEXTS[0]) for minute in range(60)]
    warned = "WARN peer is slow"
    assert changes(table(BEFORE, served), table(AFTER, [*served, *[(30, warned)] * 3])) == ()
    (change,) = changes(table(BEFORE, served), table(AFTER, [*served, (10, warned), (30, warned), (50, warned)]))
    assert (change.kind, change.after_count) == (ChangeKind.NEW, 3)


def test_windows_of_different_length_are_compared_by_rate() -> None:
    """Half as many lines in half the time are no change; as many are twice the rate."""
    short = TimeWindow(AFTER.start, AFTER.start + 30 * MINUTE)
    before = table(BEFORE, [(minute, TEXTS[0]) for minute in range(60) for _ in range(5)])
    half = table(short, [(minute, TEXTS[0]) for minute in range(30) for _ in range(5)])
    same = table(short, [(minute, TEXTS[0]) for minute in range(30) for _ in range(10)])
    assert find_changes(before, half, BEFORE, short).changes == ()
    (change,) = find_changes(before, same, BEFORE, short).changes
    assert (change.kind, change.rate_ratio) == (ChangeKind.INCREASED, 2.0)


def test_changes_that_move_together_share_a_group() -> None:
    """Two events that begin in one minute are one group; one that begins much later is another."""
    early = [(minute, text) for minute in range(10, 60) for text in TEXTS[:2]]
    late = [(minute, TEXTS[2]) for minute in range(40, 60)]
    found = {change.pattern.template: change.group for change in changes(table(BEFORE, []), table(AFTER, early + late))}
    assert len(found) == 3
    assert sorted(found.values()) in ([1, 1, 2], [1, 2, 2])


def test_lines_outside_their_window_are_not_counted() -> None:
    """A line that a source gave although it lies outside the window is passed over, and said to be."""
    found = find_changes(table(BEFORE, [(90, TEXTS[0]), (5, TEXTS[0])]), table(AFTER, []), BEFORE, AFTER)
    assert (found.before_lines, found.after_lines, found.untimed) == (1, 0, 1)


@settings(max_examples=25, deadline=None)
@given(*[st.lists(st.tuples(st.integers(0, 59), st.sampled_from(TEXTS)), max_size=80) for _ in range(2)])
def test_exchanged_windows_exchange_new_and_gone(first: list[tuple[int, str]], second: list[tuple[int, str]]) -> None:
    """What is significantly new one way is gone the other way, and what increased decreased."""
    there = changes(table(BEFORE, first), table(AFTER, second))
    back = changes(table(BEFORE, second), table(AFTER, first))
    turned = {"new": "gone", "gone": "new", "increased": "decreased", "decreased": "increased"}
    assert {(change.pattern.template, turned[change.kind]) for change in there if change.q_value <= 0.05} == {
        (change.pattern.template, change.kind.value) for change in back if change.q_value <= 0.05
    }
