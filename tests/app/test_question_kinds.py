"""The kind of a question, by its wording."""

import pytest

from app.question_kinds import kind_of
from retrieval.taxonomy import IntentKind

QUESTIONS = {
    IntentKind.TRIAGE: (
        "what is failing?", "why is checkout returning 502s", "is anything broken in llm", "what's wrong with node-2",
        "what happened to pod etcd-0", "find out why the api restarts", "show me what is wrong", "is redis healthy?",
        "my ingress gives me errors, help", "what's the worst problem right now", "any trouble in kube-system?",
        "why are reads slow since the upgrade?", "what fails since the upgrade to 1.25?", "I changed a rule. Why?",
        "the rollout hangs, what is wrong with the new pod?",
    ),
    IntentKind.SUMMARY: (
        "summarise the last hour", "how was the night?", "recap of today please", "bring me up to speed",
        "what did I miss since 9:00", "status report", "tl;dr of the last two hours", "give me the highlights of today",
        "what has been going on in llm", "how is the cluster doing", "anything worth knowing from last night?",
    ),
    IntentKind.CHANGES: (
        "what changed?", "what's new in shop since 14:00", "are there new errors since 13:00", "what vanished at noon",
        "did anything change in logging", "which errors started appearing after 14:00", "is it worse than yesterday",
        "explain what changed since 14:00", "any regressions since the rollout", "what increased in the last hour",
        "how does today differ from yesterday", "show me the changes of the last hour", "is api louder than before?",
    ),
    IntentKind.RANKING: (
        "which pod logs the most errors?", "top 5 noisiest namespaces", "rank namespaces by warnings", "top talkers",
        "who logs the most?", "errors per namespace", "which namespaces have the fewest lines", "worst offenders today",
        "show errors by node", "count errors by pod", "which service is complaining the most", "loudest containers",
    ),
    IntentKind.HOWTO: (
        "how do I rotate a certificate?", "explain CrashLoopBackOff", "what does OOMKilled mean?", "what is a PVC",
        "what is the difference between a Deployment and a StatefulSet", "how can I change the log level",
        "how do I compare two deployments", "how to drain a node",
    ),
    IntentKind.LOOKUP: (
        "show lines with connection refused", "find x509 in kube-system", "grep \"no space left\"", "search for panic",
        "list all messages mentioning OOMKilled", "how often did timeout happen in shop", "print errors in llm",
        "show me the last 20 lines of pod api-1", "which lines contain deadline exceeded",
        "is there any mention of certificate", "when was the last leader election", "where does 'denied' appear",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "question"), [(kind, each) for kind, asked in QUESTIONS.items() for each in asked])
def test_each_kind_in_many_wordings(kind: IntentKind, question: str) -> None:
    """A question without any telling wording is a triage."""
    assert (kind_of(question) or IntentKind.TRIAGE) is kind


def test_two_windows_make_a_comparison() -> None:
    """Whatever the other words are."""
    assert kind_of("13:00-14:00 and then 14:00-15:00", compared=True) is IntentKind.CHANGES
    assert kind_of("13:00-14:00 and then 14:00-15:00") is None
