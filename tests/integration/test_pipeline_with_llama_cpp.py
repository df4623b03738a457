"""The whole pipeline with llama.cpp's real server on random weights: every answer is valid."""

import asyncio
import os
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from app.answer import Answer, Event, StepFinished
from app.bootstrap import App, open_app
from app.pipeline import Pipeline
from app.question import ModelUse, Question
from app.settings import Settings
from app.triage.local_server import LocalServer
from evals.tiny_model import write_tiny_model
from retrieval.errors import ModelDown
from retrieval.logs.archive import ArchiveSource
from retrieval.taxonomy import EvidenceKind
from tests.command_line import CAPTURES, case_lines
from tests.contract.answer_contract import conforming

pytestmark = [pytest.mark.integration, pytest.mark.timeout(480), pytest.mark.asyncio(loop_scope="module")]

FLUENT = 1  # these weights end a text after some 40 tokens, much as a trained model does
SLOTS = 2
CAPTURE, QUESTION = "etcd-disk-full", "why does etcd not start?"
OTHERS = (
    ("postgresql-password-rotated", "what is failing?"),
    ("nginx-upstream-gone", "which app has the most errors?"),
    ("redis-restart", "summarise what happened"),
    ("llama-cpp-model-missing", "how do I mend the model server?"),
)
# Tokens, and in this model's vocabulary every byte is one. With 40, and 80 at the second attempt, every answer is cut.
ENOUGH, FEW = 1400, 40
CONTEXT = 8192
# What each adds is another seed, so few run by default; test_thousand_answers.py has other questions and models.
ANSWERS = int(os.environ.get("LOGAGENT_TEST_ANSWERS", "15"))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.gguf", FLUENT)
    # A thread each: with more, the threads of so small a model mostly wait for each other, and for other programs.
    server = LocalServer(path, slots=SLOTS, threads=1, context=CONTEXT)
    yield server.url
    server.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(url: str, filled_home: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[App]:
    """The app as it is by default: runbooks, and 1,500 tokens of evidence."""
    home = tmp_path_factory.mktemp("app")
    shutil.copytree(filled_home, home, dirs_exist_ok=True)
    settings = Settings.read(app={"home": home}, model={"url": url, "temperature": 0.8})
    async with open_app(settings, logs=[CAPTURES / f"{CAPTURE}.jsonl"]) as app:
        assert app.pipeline._parts.evidence_tokens == 1_500
        yield app


@dataclass(frozen=True)
class Ended:
    """An answer, whether a token limit cut the model, whose triage it has in the end, and what it cites."""

    answer: Answer
    cut: bool
    whose: str
    prompt_tokens: int

    @property
    def cited(self) -> list[str]:
        triage, problems = self.answer.triage, self.answer.problems
        return [id_ for holder in (triage, *triage.actions, *problems) for id_ in holder.evidence]

    @property
    def missing(self) -> set[str]:
        return set(self.cited) - {item.id for item in self.answer.evidence}


async def ended(app: App, capture: str, question: str, seed: int, max_tokens: int = ENOUGH) -> Ended:
    """The question over a capture; the answer is held to the contract from outside."""
    logs = ArchiveSource([CAPTURES / f"{capture}.jsonl"])
    parts = replace(app.pipeline._parts, logs=logs, seed=seed, max_tokens=max_tokens)
    said: list[str] = []

    async def hear(event: Event) -> None:
        if isinstance(event, StepFinished) and event.name == "generate":
            said.append(event.summary)

    answer = await Pipeline(parts).run(Question(question), hear)
    conforming(answer.model_dump(mode="json"), len(case_lines(capture)))
    used = answer.usage.prompt_tokens if answer.usage else 0
    if answer.engine == "extractive":
        return Ended(answer, max_tokens == FEW, "extractive", used)
    return Ended(answer, max_tokens == FEW, "repaired" if "in 2 attempt" in said[0] else "own", used)


async def test_all_answers_are_valid(app: App) -> None:
    """One question, many seeds, every fifth with too few tokens: all keep the contract and cite only what exists."""
    at_once = asyncio.Semaphore(SLOTS)

    async def one(nth: int) -> Ended:
        async with at_once:  # the repair draws with the seed after the first one's
            return await ended(app, CAPTURE, QUESTION, 2 * nth, FEW if nth % 5 == 4 else ENOUGH)

    answers = await asyncio.gather(*(one(nth) for nth in range(ANSWERS)))
    whose = Counter((each.cut, each.whose) for each in answers)
    cited, missing = sum(len(each.cited) for each in answers), sum(len(each.missing) for each in answers)
    sys.stdout.write(
        f"{len(answers)} of {ANSWERS} valid: {whose[False, 'own']} own, {whose[False, 'repaired']} repaired, "
        f"{whose[False, 'extractive']} extractive, {whose[True, 'extractive']} cut short and extractive; "
        f"{cited} citations, {missing} missing\n"
    )
    assert len(answers) == ANSWERS
    assert missing == 0
    assert cited > 5 * ANSWERS
    assert {each.whose for each in answers if each.cut} == {"extractive"}
    assert whose[False, "repaired"] > 0
    assert whose[False, "own"] >= 0.4 * ANSWERS
    for each in answers:
        answer = each.answer
        assert any(item.kind is EvidenceKind.RUNBOOK for item in answer.evidence)
        if answer.engine == "extractive":
            assert any("without a model" in warning for warning in answer.warnings)
        else:
            assert answer.model == "tiny.gguf"
            assert answer.prompt is not None
            assert answer.usage is not None
            assert 1_500 < each.prompt_tokens <= 2 * (CONTEXT - ENOUGH)
            assert answer.usage.completion_tokens > 0
            assert answer.timings_ms.first_token is not None


@pytest.mark.parametrize(("capture", "question"), OTHERS)
async def test_other_questions_of_other_logs(app: App, capture: str, question: str) -> None:
    """A question of each kind, over the logs of another program, is answered as validly."""
    for seed in (0, 2):
        assert not (await ended(app, capture, question, seed)).missing


async def test_a_required_model_that_is_cut_short_fails(app: App) -> None:
    """With a required model there is no fallback: an answer that cannot stand is an error that says why."""
    parts = replace(app.pipeline._parts, max_tokens=FEW)
    with pytest.raises(ModelDown, match="cut after 80 tokens"):
        await Pipeline(parts).run(Question("what is failing?", model_use=ModelUse.REQUIRE))


async def test_a_model_that_takes_too_long_leaves_the_extractive_answer(app: App, url: str) -> None:
    """When the time for the model is up the extractive triage stands, and the server is free again."""
    parts = replace(app.pipeline._parts, total_seconds=0.05, max_tokens=4000)
    answer = await Pipeline(parts).run(Question("what is failing?"))
    assert answer.engine == "extractive"
    assert any("did not answer within" in warning for warning in answer.warnings)
    async with httpx.AsyncClient(base_url=url) as http:
        for _ in range(50):
            if not any(slot["is_processing"] for slot in (await http.get("/slots")).json()):
                return
            await asyncio.sleep(0.05)
    pytest.fail("the server still writes an answer that nobody waits for")
