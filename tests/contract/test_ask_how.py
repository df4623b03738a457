"""Questions of how something is done or what it means, without any logs: from the runbooks, cited, or declined."""

from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.contract.answer_contract import conforming

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def asked(logagent: CommandLine, home: Path, question: str):
    ended = logagent("ask", question, "--json", EMBEDDING_MODEL="", LOGAGENT_HOME=str(home))
    return conforming(ended.json, 0)


@pytest.mark.parametrize(
    ("question", "runbook"),
    [("how do I drain a node?", "drain-a-node"), ("what does ImagePullBackOff mean?", "image-pull")],
)
def test_the_runbook_answers(logagent: CommandLine, filled_home: Path, question: str, runbook: str) -> None:
    """Every citation is a runbook section, the first of the right one, and the steps are its own."""
    answer = asked(logagent, filled_home, question)
    cited = [item for item in answer.evidence if item.id in answer.triage.evidence]
    assert (answer.intent, answer.coverage.lines_matched) == ("howto", 0)
    assert cited
    assert {item.kind for item in cited} == {"runbook"}
    assert runbook in cited[0].source
    assert any(action.command for action in answer.triage.actions)


def test_what_no_runbook_explains_is_declined(logagent: CommandLine, filled_home: Path) -> None:
    """Not enough evidence, and how to change that; nothing is made up."""
    answer = asked(logagent, filled_home, "how do I bake sourdough bread?")
    assert answer.triage.status == "insufficient_evidence"
    assert "No runbook here explains this" in answer.triage.summary
    assert answer.triage.actions == []
