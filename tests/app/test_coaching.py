"""Coach mode: every command of every runbook can be taught, and nothing of it comes from a log."""

from dataclasses import replace

import pytest

from app.answer import Action, Answer
from app.bootstrap import open_app
from app.coaching import _table, coaching_of
from app.pipeline import Pipeline
from app.question import Question
from app.settings import Settings
from retrieval.knowledge.actions import runbook_actions
from retrieval.taxonomy import Category, IntentKind, Status
from tests.command_line import CAPTURES
from tests.runbook_shelf import RunbookShelf

STEPS = [step for _, sections, _ in RunbookShelf()._books for section in sections
         for step in runbook_actions(section.text)]  # fmt: skip
# The five domains of the exam's curriculum and their shares.
DOMAINS = {"Troubleshooting": 30, "Cluster Architecture, Installation & Configuration": 25,
           "Services & Networking": 20, "Workloads & Scheduling": 15, "Storage": 10}  # fmt: skip


@pytest.fixture
async def coached(tmp_path) -> Answer:
    """An answer about etcd's full disk, coached."""
    settings = Settings.read(app={"home": tmp_path}, knowledge={"embedding_model": "off"}, model={})
    async with open_app(settings, logs=[CAPTURES / "etcd-disk-full.jsonl"]) as app:
        pipeline = Pipeline(replace(app.parts, knowledge=RunbookShelf()))
        plain = await pipeline.run(Question("why does etcd not start?"))
        assert plain.coaching is None
        return await pipeline.run(Question("why does etcd not start?", coach=True))


async def test_each_command_is_explained_and_a_question_asked(coached):
    """A lesson a command, in the order of the actions, with its domain, its share of the exam and what to practise."""
    commands = [action.command for action in coached.triage.actions if action.command]
    assert [lesson.command for lesson in coached.coaching.lessons] == commands[:6] != []
    for lesson in coached.coaching.lessons:
        assert lesson.why
        assert lesson.exam_weight == DOMAINS.get(lesson.exam_domain)
    practised = [lesson.exam_domain for lesson in coached.coaching.lessons if lesson.practise]
    assert len(set(practised)) == len(practised)
    assert set(practised) == {lesson.exam_domain for lesson in coached.coaching.lessons} - {None}
    assert coached.coaching.question == _table()["questions"][coached.triage.category]


def test_the_table_covers_every_category_and_domain():
    """One question a category, the five domains with shares that come to a hundred, each question one sentence."""
    table = _table()
    assert set(table["questions"]) == {category.value for category in Category}
    assert {name: domain["weight"] for name, domain in table["domains"].items()} == DOMAINS
    assert sum(DOMAINS.values()) == 100
    assert all("?" in question for question in table["questions"].values())
    assert {step.exam_domain for step in STEPS} - {None} <= set(DOMAINS)


async def test_nearly_every_command_of_the_runbooks_is_taken_apart(coached):
    """Its program at the least is explained, each flag once, and each word stands in the command."""
    explained = 0
    commands = [step for step in STEPS if step.command]
    for step in commands:
        action = Action(title="x", command=step.command, explanation="x", exam_domain=step.exam_domain, evidence=[])
        triage = coached.triage.model_copy(update={"actions": [action]})
        [lesson] = coaching_of(coached.model_copy(update={"triage": triage})).lessons
        words = [part.word for part in lesson.parts]
        assert len(set(words)) == len(words)
        assert all(word.split()[0] in step.command for word in words)
        explained += bool(lesson.parts)
    assert explained >= 0.85 * len(commands)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("kubectl logs web-1 -n shop --previous --tail=50", ["kubectl logs", "-n", "--previous", "--tail"]),
        ("kubectl rollout undo deployment/web -n shop", ["kubectl rollout undo", "-n"]),
        ("kubectl exec db-0 -n db -- df -h /data", ["kubectl exec", "-n", "df", "-h"]),
        ("sudo journalctl -u kubelet | grep -i error", ["journalctl", "-u"]),
        ("echo 'a lone quote", []),
    ],
)
async def test_a_command_is_read_as_a_shell_reads_it(coached, command, words):
    """Programs behind a pipe or `--` are their own; what is not known is left out, not guessed."""
    action = Action(title="x", command=command, explanation="x", exam_domain=None, evidence=[])
    triage = coached.triage.model_copy(update={"actions": [action]})
    [lesson] = coaching_of(coached.model_copy(update={"triage": triage})).lessons
    assert [part.word for part in lesson.parts] == words


async def test_without_a_problem_the_question_is_another_one(coached):
    """How something is done, and what could not be told, have questions of their own."""
    how = coaching_of(coached.model_copy(update={"intent": IntentKind.HOWTO}))
    assert how.question == _table()["asked_how"]
    triage = coached.triage.model_copy(update={"status": Status.INSUFFICIENT_EVIDENCE, "actions": []})
    unsure = coaching_of(coached.model_copy(update={"triage": triage}))
    assert (unsure.lessons, unsure.question) == ([], _table()["asked_without_verdict"])
