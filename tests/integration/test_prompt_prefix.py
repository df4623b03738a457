"""The fixed part of a prompt stays in llama.cpp's cache from one question to the next, by the server's own timings."""

import sys
from collections.abc import Mapping
from dataclasses import replace

import httpx
import pytest

from app.bootstrap import App, open_app
from app.pipeline import Pipeline
from app.question import Question
from app.settings import Settings
from app.triage.local_server import LocalServer
from evals.tiny_model import write_tiny_model
from prompts.registry import PromptRegistry
from retrieval.logs.archive import ArchiveSource
from tests.command_line import CAPTURES

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

# The third is of another prompt, on the server's only slot.
TURNS = (("etcd-disk-full", "why does etcd not start?"), ("nginx-upstream-gone", "what is failing?"),
         ("redis-restart", "summarise what happened"), ("redis-port-taken", "why does redis not start?"))  # fmt: skip
MARK = "HERE-STANDS-THE-USER"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    path = write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.gguf", 1)
    server = LocalServer(path, slots=1, threads=1, context=16_384)
    yield server.url
    server.close()


async def fixed_tokens(url: str) -> int:
    """How many tokens stand before the first character that differs between questions, through the chat template."""
    system = PromptRegistry.bundled().live("triage").system
    messages = [{"role": "system", "content": system}, {"role": "user", "content": MARK}]
    async with httpx.AsyncClient(base_url=url) as http:
        applied = (await http.post("/apply-template", json={"messages": messages})).json()["prompt"]
        body = {"content": applied.split(MARK)[0], "add_special": True}
        return len((await http.post("/tokenize", json=body)).json()["tokens"])


async def test_the_second_question_reads_the_fixed_part_from_the_cache(url, tmp_path):
    """Other logs, another question: `cache_n` of the server's timings is at least the fixed part.

    Also after a question of another prompt: the server keeps what it read for the slot before.
    """
    fixed = await fixed_tokens(url)
    settings = Settings.read(app={"home": tmp_path}, knowledge={"embedding_model": "off"}, model={"url": url})
    cached = []
    async with open_app(settings, logs=[CAPTURES / "redis-restart.jsonl"]) as app:
        for capture, question in TURNS:
            logs = ArchiveSource([CAPTURES / f"{capture}.jsonl"])
            request = await Pipeline(replace(app.parts, logs=logs)).request(Question(question))
            timings = await timings_of(app, request.rendered.messages)
            cached.append(timings["cache_n"])
            sys.stdout.write(
                f"{question}: {fixed} fixed tokens, {request.dynamic_tokens} dynamic; "
                f"cache_n {timings['cache_n']}, prompt_n {timings['prompt_n']}\n"
            )
            assert request.counted
            assert request.dynamic_tokens <= 1500
    assert cached[0] < fixed
    assert cached[2] < fixed
    assert min(cached[1], cached[3]) >= fixed


async def timings_of(app: App, messages) -> Mapping[str, float]:
    """The server's timings of one short answer."""
    deltas = app.models.served[0].model.stream(messages, {"type": "object"}, max_tokens=2, seed=1, temperature=0.0)
    [*_, last] = [delta async for delta in deltas]
    return last.completion.timings
