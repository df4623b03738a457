"""`logagent ask` over a Loki that is down, slow, wrong or odd: a sentence or an answer that says what is missing."""

import random
import time
from collections.abc import Iterator

import pytest

from tests.command_line import CommandLine, Ended, one_sentence
from tests.contract.answer_contract import ContractAnswer, conforming
from tests.loki_double import LokiDouble
from tests.retrieval.loki.pushing import Line, push
from tests.two_windows import HOUR, SECOND, line, two_hours

QUESTIONS = ("what changed in the last hour?", "what is failing?")
# A question may take this long in the worst case here: its own seconds for reading, and the start of the program.
PATIENCE = 20.0


@pytest.fixture
def loki() -> Iterator[LokiDouble]:
    """A Loki that holds two hours of a small cluster, the second of which ends now."""
    with LokiDouble().serving() as double:
        push(double.url, two_hours(time.time_ns() - 2 * HOUR, events=True))
        yield double


def ask(logagent: CommandLine, loki: LokiDouble, question: str, **settings: str) -> Ended:
    ended = logagent("ask", question, "--json", LOKI_URL=loki.url, LOKI_MAX_SECONDS="3", **settings)
    assert ended.seconds < PATIENCE
    return ended


def answered(logagent: CommandLine, loki: LokiDouble, question: str, **settings: str) -> ContractAnswer:
    return conforming(ask(logagent, loki, question, **settings).json)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html", "web page, not Loki"),
        ("half", "broke off in the middle"),
        ("429", "busy and turns queries away"),
        ("400", "Loki refused the query"),
        ("401", "does not accept the credentials"),
        ("tenant", "set LOKI_TENANT"),
        ("slow", "did not answer within"),
    ],
)
def test_a_loki_that_does_not_answer_is_one_sentence(
    logagent: CommandLine, loki: LokiDouble, question: str, fault: str, said: str
) -> None:
    """Without logs and runbooks nothing can be answered: exit code 1, what is wrong, and no hanging."""
    loki.faults.html, loki.faults.half_body = fault == "html", fault == "half"
    loki.limits.tenants = fault == "tenant"
    if fault.isdigit():
        loki.faults.answers = [(int(fault), "no")] * 400
    loki.faults.delay_seconds = 30.0 if fault == "slow" else 0.0
    assert said in one_sentence(ask(logagent, loki, question), 1)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_loki_that_is_down_is_one_sentence(logagent: CommandLine, closed_address: str, question: str) -> None:
    """It names the address."""
    ended = logagent("ask", question, "--json", LOKI_URL=closed_address)
    assert f"{closed_address} cannot be reached" in one_sentence(ended, 1)


def test_one_window_that_cannot_be_read_compares_nothing(logagent: CommandLine, loki: LokiDouble) -> None:
    """What was not read is not taken for what is gone or new."""
    answer = answered(logagent, loki, "compare 2026-08-01 to 2026-10-01 with the last hour")
    assert answer.changes == []
    assert answer.triage.status == "insufficient_evidence"
    assert "could not be read" in answer.triage.summary
    assert answer.after is not None
    assert answer.after.lines > 0
    assert any("longer than Loki allows" in warning for warning in answer.warnings)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_clock_that_is_an_hour_off_is_said(logagent: CommandLine, loki: LokiDouble, question: str) -> None:
    """And the question is answered."""
    loki.faults.clock_seconds = 3600
    answer = answered(logagent, loki, question)
    assert answer.triage.status == "problem"
    assert any("clock is" in warning and "Loki's" in warning for warning in answer.warnings)


def test_lines_out_of_order_change_nothing(logagent: CommandLine) -> None:
    """Loki takes them late; the answer is that of the ordered lines."""
    lines = two_hours(time.time_ns() - 2 * HOUR)
    shuffled = list(lines)
    random.Random(5).shuffle(shuffled)
    told = []
    for order in (lines, shuffled):
        with LokiDouble().serving() as double:
            for first in range(0, len(order), 500):
                push(double.url, order[first : first + 500])
            now = lines[-1].timestamp + SECOND
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now // SECOND))
            ended = logagent("ask", QUESTIONS[0], "--now", stamp, "--json", LOKI_URL=double.url)
            told.append([(change.sentence, change.template) for change in conforming(ended.json).changes])
    assert told[0] == told[1]
    assert told[0]


@pytest.mark.parametrize("question", ["what changed in the last hour in prod?", "what is failing in namespace prod?"])
def test_an_unknown_namespace_is_named(logagent: CommandLine, loki: LokiDouble, question: str) -> None:
    """With the namespaces that there are."""
    answer = answered(logagent, loki, question)
    assert any("“prod”" in warning and "shop" in warning for warning in answer.warnings)


def test_label_names_that_nobody_knows_are_read_all_the_same(logagent: CommandLine) -> None:
    """Streams without namespace, pod or app are compared by their lines."""
    start = time.time_ns() - 2 * HOUR
    lines = [
        Line(start + nth * 30 * SECOND, f"level=info served {nth}", {"zone": "a", "rack": "1"}) for nth in range(230)
    ]
    late = [Line(start + HOUR + nth * 30 * SECOND, "level=error disk failed", {"zone": "a"}) for nth in range(20, 100)]
    with LokiDouble().serving() as double:
        push(double.url, [*lines, *late])
        answer = answered(logagent, double, QUESTIONS[0])
    assert [change.kind for change in answer.changes] == ["new"]


def test_more_than_the_budget_is_said(logagent: CommandLine, loki: LokiDouble) -> None:
    """Both windows are sampled within one budget, and the counts are said to be those of the lines read."""
    start = time.time_ns() - 2 * HOUR
    push(loki.url, [line(start + nth * SECOND, "shop", f"level=info msg=extra number={nth}") for nth in range(7_000)])
    answer = answered(logagent, loki, QUESTIONS[0], LOKI_MAX_LINES="1000")
    assert answer.coverage.truncated
    assert answer.coverage.lines_read <= 1_000
    assert any("counts and ratios are those of the lines read" in warning for warning in answer.warnings)
    assert any("budget 500 lines" in warning for warning in answer.warnings)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("compare 01:00 to 03:00 with 02:00 to 04:00", "the windows overlap"),
        ("compare 2026-11-20 13:00 to 13:00 with 2026-11-20 14:00 to 15:00", "the window is empty"),
    ],
)
def test_windows_that_overlap_or_are_empty_are_refused(
    logagent: CommandLine, loki: LokiDouble, question: str, said: str
) -> None:
    """In a sentence, with exit code 2."""
    assert said in one_sentence(ask(logagent, loki, question))
