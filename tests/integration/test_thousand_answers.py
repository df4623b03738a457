"""Many answers over all captures, by real llama.cpp servers on random weights of several seeds and sizes.

LOGAGENT_TEST_ANSWERS=1000 runs a thousand of them; without it a few, which take less than a minute.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from app.answer import Answer
from app.bootstrap import open_app
from app.pipeline import Pipeline
from app.question import Question
from app.settings import Settings
from app.triage.local_server import LocalServer
from evals.tiny_model import Size, write_tiny_model
from retrieval.logs.archive import ArchiveSource
from tests.command_line import CAPTURES, case_lines
from tests.contract.answer_contract import conforming
from tests.runbook_shelf import RunbookShelf

COUNT = int(os.environ.get("LOGAGENT_TEST_ANSWERS", "16"))
pytestmark = [pytest.mark.integration, pytest.mark.timeout(120 + 6 * COUNT)]

# Seeds of which the first ends a text much as a trained model does, and others that fill it to its limit.
MODELS = ((1, Size()), (0, Size()), (5, Size(layers=3, width=96)), (9, Size(layers=1, width=32)))
TEMPERATURES = (0.2, 0.8, 2.0)
# Of every kind that a model is asked about: rankings and lookups are computed whole.
QUESTIONS = (
    "what is failing?", "summarise what happened", "why does it not start?", "how do I mend this?",
    "what changed?", "what is wrong with the connections?", "what does CrashLoopBackOff mean?",
)  # fmt: skip
CASES = sorted(path.stem for path in CAPTURES.glob("*.jsonl"))


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The address of a server for each model."""
    folder = tmp_path_factory.mktemp("models")
    with ExitStack() as stack:
        servers = []
        for seed, size in MODELS:
            path = write_tiny_model(folder / f"tiny-{seed}.gguf", seed, size)
            servers.append(LocalServer(path, slots=1, threads=1, context=8192))
            stack.callback(servers[-1].close)
        yield [server.url for server in servers]


async def answer(pipeline: Pipeline, nth: int) -> Answer:
    """The nth question, over its capture, with a seed and a temperature of its own; every eighth is cut short."""
    case = CASES[nth % len(CASES)]
    parts = replace(
        pipeline._parts, logs=ArchiveSource([CAPTURES / f"{case}.jsonl"]), knowledge=RunbookShelf(), seed=2 * nth,
        temperature=TEMPERATURES[nth % len(TEMPERATURES)], max_tokens=60 if nth % 8 == 7 else 1400,
    )  # fmt: skip
    return await Pipeline(parts).run(Question(QUESTIONS[nth % len(QUESTIONS)]))


async def test_many_answers_are_all_valid(urls: list[str], tmp_path: Path) -> None:
    """Each is valid after at most one repair, or extractive and says so; no citation is made up, nothing goes wrong."""
    counts: Counter[str] = Counter()
    failures: list[str] = []

    async def of_model(which: int) -> None:
        settings = Settings.read(
            app={"home": tmp_path}, knowledge={"embedding_model": "off"}, model={"url": urls[which]}
        )
        async with open_app(settings, logs=[CAPTURES / "redis-restart.jsonl"]) as app:
            for nth in range(which, COUNT, len(MODELS)):
                try:
                    counts.update(checked(await answer(app.pipeline, nth), CASES[nth % len(CASES)]))
                except Exception as error:  # noqa: BLE001  counted, and the test fails
                    failures.append(f"answer {nth}: {type(error).__name__}: {error}")

    await asyncio.gather(*(of_model(which) for which in range(len(MODELS))))
    sys.stdout.write(
        f"{counts['answers']} answers by {len(MODELS)} models over {len(CASES)} cases: {counts['llama.cpp']} of models "
        f"({counts['with actions']} with actions), {counts['extractive']} extractive after two attempts; "
        f"{counts['citations']} citations, {counts['invalid']} of them invalid; {len(failures)} errors\n"
    )
    assert not failures, failures[:5]
    assert counts["answers"] == COUNT
    assert counts["invalid"] == 0
    assert counts["llama.cpp"] >= COUNT // 4
    assert counts["extractive"] >= COUNT // 8


def checked(answer: Answer, case: str) -> Counter[str]:
    """What there is to count of one answer, after asserting that it keeps the contract."""
    conforming(answer.model_dump(mode="json"), len(case_lines(case)))
    known = {item.id for item in answer.evidence}
    cited = [*answer.triage.evidence, *(id_ for action in answer.triage.actions for id_ in action.evidence)]
    if answer.engine == "extractive":
        assert any("without a model" in warning for warning in answer.warnings)
    else:
        assert answer.prompt is not None
        assert answer.usage is not None
    return Counter(
        {
            "answers": 1,
            answer.engine: 1,
            "with actions": int(answer.engine != "extractive" and bool(answer.triage.actions)),
            "citations": len(cited),
            "invalid": sum(id_ not in known for id_ in cited),
        }
    )
