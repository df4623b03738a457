"""The LogQL builder: whatever goes in as a value stays a value."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import BadInput
from retrieval.logs.loki.logql import CountExpression, LabelFilter, LineFilter, LogExpression, Matcher, quoted
from tests.retrieval.loki.logql_semantics import Condition, LineCondition, parse, unquote

# Any text, and text that is made to break out: quotes, escapes, operators, halves of surrogate pairs, line ends.
HOSTILE = st.text(
    st.sampled_from(list("\"\\`'{}[]()|=~!,#\n\r\t\0\x7f\u2028\ufeff\ud83d\ude00ü.*+?^$ab ")), max_size=30
)
VALUES = st.one_of(st.text(max_size=40), HOSTILE)
NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,9}", fullmatch=True)


def readable(text: str) -> str:
    """The text with half surrogate pairs replaced, which no UTF-8 can carry."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@given(VALUES)
def test_a_literal_reads_back_as_its_text(value: str) -> None:
    """Go's unquote gives back exactly the text, and the literal ends where it should."""
    literal = quoted(value)
    assert re.fullmatch(r'"(?:[^"\\\n\r]|\\[bfnrt"\\]|\\u[0-9a-f]{4})*"', literal)
    assert unquote(literal) == readable(value)
    literal.encode()


@given(NAMES, VALUES.filter(bool), st.lists(VALUES.filter(bool), min_size=1, max_size=3), VALUES.filter(bool))
def test_no_value_leaves_its_place_in_a_query(name: str, value: str, values: list[str], words: str) -> None:
    """A query with any values parses as the parts it was built of, no more and no fewer."""
    expression = LogExpression((Matcher.equal(name, value), Matcher.none_of(name, values))).where(
        LabelFilter((Matcher.equal("pod", value), Matcher.equal("k8s_pod_name", value))),
        LineFilter((words,), negated=True),
    )
    read = parse(str(CountExpression(expression, 5, ("namespace",))))
    assert read.selector[0] == Condition(name, "=", readable(value))
    assert (read.selector[1].name, read.selector[1].operator, len(read.selector)) == (name, "!~", 2)
    assert read.stages[0] == (Condition("pod", "=", readable(value)), Condition("k8s_pod_name", "=", readable(value)))
    assert isinstance(read.stages[1], LineCondition)
    assert (len(read.stages), read.by, read.range_ns) == (2, ("namespace",), 5_000_000)


@given(st.lists(VALUES.filter(bool), min_size=1, max_size=4), VALUES)
def test_patterns_match_their_words_and_nothing_else(values: list[str], other: str) -> None:
    """An any-of matcher holds for exactly the values it names, whatever characters they have."""
    matcher = parse(str(LogExpression((Matcher.any_of("a", values),)))).selector[0]
    wanted = {readable(value) for value in values}
    assert all(matcher.holds({"a": value}) for value in wanted)
    assert matcher.holds({"a": readable(other)}) == (readable(other) in wanted)


@given(VALUES.filter(lambda text: bool(text.strip())), VALUES)
def test_a_line_filter_finds_its_words_as_they_are(word: str, line: str) -> None:
    """A line filter keeps a line that holds the word, and its negation drops it."""
    keeps = parse(str(LogExpression((Matcher.present("a"),)).where(LineFilter((word,)))))
    drops = parse(str(LogExpression((Matcher.present("a"),)).where(LineFilter((word,), negated=True))))
    text = readable(line) + readable(word) + readable(line)  # halves of a surrogate pair do not join
    assert keeps.passes(text, {})
    assert not drops.passes(text, {})


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a.b", 'a"', "a b", "ä", "a\n", "a}"])
def test_names_pass_an_allow_list(name: str) -> None:
    """What is not a label name is refused before any query is made of it."""
    with pytest.raises(BadInput, match="not a label name"):
        Matcher.equal(name, "x")


@pytest.mark.parametrize(
    "matchers",
    [(), (Matcher.equal("a", ""),), (Matcher.none_of("a", ["x"]),), (Matcher.any_of("a", ["", "x"]),)],
)
def test_a_selector_needs_a_matcher_that_the_empty_value_fails(matchers: tuple[Matcher, ...]) -> None:
    """What Loki would refuse as matching everything is refused when it is built."""
    with pytest.raises(BadInput, match="at least one label"):
        LogExpression(matchers)


def test_a_query_reads_as_people_write_it() -> None:
    """The LogQL that is shown is plain."""
    expression = LogExpression((Matcher.equal("namespace", "llm"),)).where(LabelFilter((Matcher.equal("pod", "a"),)))
    assert str(expression) == '{namespace="llm"} | pod="a"'
    assert str(CountExpression(expression, 1000)) == 'sum (count_over_time({namespace="llm"} | pod="a" [1000ms]))'
