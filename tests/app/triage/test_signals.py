"""The signals as data: strict, complete, and silent on ordinary lines."""

import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.triage.signal_literals import required_literals
from app.triage.signal_reader import Line, SignalReader, default_reader
from app.triage.signals import Signal, default_signals
from retrieval.taxonomy import Category, Severity

ENTRY = {"id": "full", "category": "disk_pressure", "severity": "ERROR", "weight": 4, "match": ["no space left"]}
EXPRESSIONS = sorted({each.text for signal in default_signals() for each in signal.expressions})
ORDINARY = (
    "Listening on 0.0.0.0:8080", "GET /healthz 200 1ms", "Starting manager", "checkpoint complete: wrote 12 buffers",
    "Completed loading of configuration file", "Reconciliation finished in 2.1s, next run in 10m0s",
    "Ready to accept connections", "compacted revision 12345", "Successfully acquired lease kube-system/plugin",
    "head GC completed", "Scaled up replica set web-7d9c to 3", "started container web", "user 42 logged in",
)  # fmt: skip


def test_every_signal_has_a_name_of_its_own() -> None:
    """The id is how a person finds it."""
    assert [name for name, count in Counter(signal.id for signal in default_signals()).items() if count > 1] == []


def test_every_category_has_a_signal() -> None:
    """No failure of the contract goes without any wording."""
    assert {signal.category for signal in default_signals()} == set(Category)


def test_every_expression_compiles_and_needs_a_word() -> None:
    """An expression without a literal would be tried on each line, and one that fits nothing at all is a mistake."""
    for text in EXPRESSIONS:
        assert re.compile(text).search("") is None, text
        assert required_literals(text), text


def test_weights_lie_in_the_range_that_the_module_explains() -> None:
    """1 a hint to 5; a calm signal says that there is nothing to do."""
    for signal in default_signals():
        assert 0.5 <= signal.weight <= 5, signal.id
        assert signal.calm == (signal.category is Category.BENIGN_NOISE), signal.id
        assert (signal.severity is Severity.INFO) == signal.calm, signal.id


@pytest.mark.parametrize(
    "change",
    [
        {"category": "weather"}, {"severity": "BAD"}, {"wieght": 3}, {"match": ["(a"]}, {"weight": "much"},
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused(change: dict[str, object]) -> None:
    """A typing error in the data is found when it is read, not passed over."""
    with pytest.raises((ValueError, KeyError)):
        Signal.from_entry(ENTRY | change)


@pytest.mark.parametrize("field", list(ENTRY))
def test_a_missing_field_is_refused(field: str) -> None:
    """Every signal has all that makes it one."""
    with pytest.raises(KeyError):
        Signal.from_entry({name: value for name, value in ENTRY.items() if name != field})


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_an_expression_matches_holds_one_of_its_literals(data: st.DataObject) -> None:
    """The words that are looked for first never hide a match."""
    text = data.draw(st.sampled_from(EXPRESSIONS))
    matched = data.draw(st.from_regex(re.compile(text, re.IGNORECASE | re.ASCII), fullmatch=True))
    assert any(literal in matched.lower() for literal in required_literals(text)), (text, matched)


@pytest.mark.parametrize(
    ("expression", "literals"),
    [
        ("no space left", ("no space left",)),
        ("lookup \\S+ on \\S+:53", ("lookup ",)),
        ("(?:liveness|readiness) probe", ("liveness", "readiness")),
        ("colou?r of", ("colo",)),
        ("a|the word", ()),
        ("exit(?:ed)? code", (" code",)),
        ("[abc]{3}", ()),
        ("\\.well-known", (".well-known",)),
    ],
)
def test_the_literals_of_an_expression(expression: str, literals: tuple[str, ...]) -> None:
    """The best of what every match must hold; none where a branch has none that is long enough."""
    assert required_literals(expression) == literals


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_lines_say_nothing(line: str) -> None:
    """What programs log all day points to no failure by itself."""
    (reading,) = default_reader().read([Line(line)])
    assert reading.own_strength < 2, reading


def test_what_stands_beside_the_message_counts_less() -> None:
    """A word in a path or label is a hint, in the message it is the message."""
    reader = SignalReader([Signal.from_entry(ENTRY)])
    said, beside = reader.read([Line("write: no space left"), Line("write failed", rest="no space left")])
    assert said.strength > beside.strength > 0


def test_a_signal_of_a_component_is_read_in_its_lines_alone() -> None:
    """The same words of another program mean something else."""
    reader = SignalReader([Signal.from_entry(ENTRY | {"of": ["etcd"]})])
    own, other = reader.read([Line("no space left", component="etcd"), Line("no space left", component="shop")])
    assert own.category is Category.DISK_PRESSURE
    assert other.category is None


def test_an_exception_takes_a_match_back() -> None:
    """`unless` says what else the words may mean."""
    reader = SignalReader([Signal.from_entry(ENTRY | {"unless": ["test run"]})])
    assert reader.read([Line("no space left in test run")])[0].category is None


def test_a_small_letter_begins_a_word() -> None:
    """A regeneration is no generation."""
    reader = SignalReader([Signal.from_entry(ENTRY | {"match": ["generation failed"]})])
    inside, word = reader.read([Line("regeneration failed"), Line("generation failed")])
    assert inside.category is None
    assert word.category is Category.DISK_PRESSURE
