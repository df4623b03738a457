"""What is searched for: the question, the worst lines, and what their fields state."""

from datetime import UTC, datetime

from app.intent import parse_intent
from app.knowledge_query import knowledge_queries
from app.triage.findings import find_findings, find_problems
from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.window_patterns import find_patterns

KILLED = '{"level":"error","msg":"container indexer ended","exitCode":137}'
REFUSED = "ERROR payment failed: rpc error: code = Unavailable desc = connection refused"
FINE = 'INFO 10.0.0.1 "GET / HTTP/1.1" 200'


def weights(question: str, *lines: str) -> dict[str, float]:
    """The weight of each text that is searched for."""
    table = LogTable.from_lines(
        LogLine(nth, nth * 10**9, {"app": "shop", "container": "api"}, line) for nth, line in enumerate(lines)
    )
    problems = find_problems(find_findings(find_patterns(table).patterns))
    return {
        query.text: query.weight
        for query in knowledge_queries(question, parse_intent(question, datetime.now(UTC), {}), problems)
    }


def test_what_fields_state_is_searched_for_in_a_runbooks_words() -> None:
    """An exit code and a gRPC code become words, and count less than the message beside them."""
    asked = weights("what is failing?", KILLED, REFUSED, FINE)
    assert {"exit code 137", "gRPC Unavailable"} <= set(asked)
    message = next(text for text in asked if text.startswith("payment failed"))
    assert max(asked["exit code 137"], asked["gRPC Unavailable"]) < 1.0
    assert asked[message] > asked["gRPC Unavailable"]
    assert not any("HTTP status" in text for text in asked)


def test_a_vague_question_is_not_searched_for() -> None:
    """A question with words of its own counts as much as the worst line; one without finds nothing that is meant."""
    assert "what is failing?" not in weights("what is failing?", KILLED)
    assert weights("why does the indexer end?", KILLED)["why does the indexer end?"] == 1.0
    assert not weights("is everything all right?", FINE)


def test_a_how_to_question_is_searched_for_alone() -> None:
    """How something is done has nothing to do with what the window shows."""
    assert list(weights("how do I drain a node?", KILLED)) == ["how do I drain a node?"]
