"""llama.cpp's real server on models with random weights: what a model says is noise, what happens to it is not."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import aclosing

import httpx
import pytest

from app.answer import Action
from app.triage.engine import ModelAnswer, ModelTriage, Rejected
from app.triage.llama_cpp import LlamaCpp
from app.triage.local_server import LocalServer
from app.triage.openai_endpoint import OpenAiEndpoint
from app.triage.schema import TriageChoices, reply_schema
from app.triage.verification import Rejection, verify
from evals.tiny_model import write_tiny_model
from retrieval.errors import ModelDown
from retrieval.evidence import Evidence
from retrieval.taxonomy import Category, EvidenceKind
from tests.stock_grammar import REQUESTS, stock_grammar

pytestmark = pytest.mark.integration

FLUENT = 1  # these weights end a text after some 40 tokens, much as a trained model does
VERBOSE = 0  # these fill every text to its limit, in tokens of single bytes: 1,200 tokens an answer
SLOTS = 2
OF_PREFIX = {kind.prefix: kind for kind in EvidenceKind}
KINDS = (EvidenceKind.LOG, EvidenceKind.PATTERN, EvidenceKind.RUNBOOK)
EVIDENCE = tuple(Evidence(f"{kind.prefix}{n}", kind, "text", "file") for kind in KINDS for n in range(1, 9))
ACTIONS = {
    f"A{n}": Action(title="Look", command="kubectl get pods", explanation="", exam_domain=None, evidence=["R1"])
    for n in range(1, 5)
}
CHOICES = TriageChoices(
    evidence_ids=tuple(item.id for item in EVIDENCE),
    components=("coredns", 'a "quoted\\" one', "größer"),
    categories=tuple(Category),
    action_ids=tuple(ACTIONS),
)
MESSAGES = ({"role": "system", "content": "Triage."}, {"role": "user", "content": "Why?"})
SAMPLING = {"max_tokens": 1400, "seed": 3, "temperature": 0.8}


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.gguf", FLUENT)


@pytest.fixture(scope="module")
def url(model_path):
    server = LocalServer(model_path, slots=SLOTS, threads=1)
    yield server.url
    server.close()


@pytest.fixture(scope="module")
def verbose_url(tmp_path_factory):
    server = LocalServer(write_tiny_model(tmp_path_factory.mktemp("model") / "verbose.gguf", VERBOSE), threads=1)
    yield server.url
    server.close()


@pytest.fixture
async def http(url):
    async with httpx.AsyncClient(base_url=url) as http:
        yield http


async def outcome(model, **options):
    """How one triage ended, after asserting that nothing in it is made up: the attempts, or "rejected"."""
    try:
        triage = ModelTriage(model, **options).run(MESSAGES, CHOICES, EVIDENCE, ACTIONS)
        *progress, answer = [item async for item in triage]
    except Rejected as rejected:
        return f"rejected after {rejected.attempts}"
    assert isinstance(answer, ModelAnswer)
    for cited in (answer.triage.evidence, *(shown.get("evidence", []) for shown in progress)):
        assert set(cited) <= set(CHOICES.evidence_ids)
    assert all(action in ACTIONS.values() for action in answer.triage.actions)
    assert answer.usage.completion_tokens > 0
    return f"valid at attempt {answer.attempts}"


async def outcomes(model, count, **options):
    """How `count` triages with different seeds ended; a failure of the server fails the test."""
    at_once = asyncio.Semaphore(SLOTS)

    async def one(seed):
        async with at_once:
            return await outcome(model, seed=seed, **options)

    ended = Counter(await asyncio.gather(*(one(2 * number) for number in range(count))))
    sys.stdout.write(f"{type(model).__name__} {options}: {dict(ended)} of {count}\n")
    return ended


@pytest.mark.parametrize(("temperature", "count"), [(0.8, 40), (2.0, 10)])
async def test_every_answer_is_valid_or_rejected(http, temperature, count):
    """50 answers of a random model: each ends well or is refused with reasons, and none cites what does not exist."""
    ended = await outcomes(LlamaCpp(http), count, temperature=temperature)
    assert set(ended) <= {"valid at attempt 1", "valid at attempt 2", "rejected after 2"}
    assert ended["valid at attempt 1"] >= 0.5 * count


async def test_a_verbose_model_fits_too(verbose_url):
    """A model that fills every text to its limit gets to the end within the default number of tokens."""
    async with httpx.AsyncClient(base_url=verbose_url) as http:
        ended = await outcomes(LlamaCpp(http), 5, temperature=0.8)
    assert ended["rejected after 2"] <= 2


async def test_every_cut_answer_is_rejected(http):
    """20 answers with far too few tokens: each is asked for twice, then refused."""
    ended = await outcomes(LlamaCpp(http), 20, temperature=0.8, max_tokens=40)
    assert ended == {"rejected after 2": 20}


async def test_the_other_endpoint(http):
    """Behind the OpenAI endpoint the chat parser gives up on many answers; each ends well or is refused as well."""
    ended = await outcomes(OpenAiEndpoint(http), 10, temperature=0.8)
    assert set(ended) <= {"valid at attempt 1", "valid at attempt 2", "rejected after 2"}


def stock_answer(url, choices, seed):
    """What the random model writes within the stock converter's grammar for these choices."""
    grammar = stock_grammar(reply_schema(choices))
    body = {"prompt": "x", "grammar": grammar, "n_predict": 3000, "seed": seed, "temperature": 0.8}
    return httpx.post(f"{url}/completion", json=body, timeout=60).json()["content"]


def test_the_schema_in_the_stock_servers_grammar(url):
    """The stock server has another constraint engine than this package; every answer within it can stand, or says why.

    The largest request that there can be, and the smallest: all of its answers are parsed, none cites what does not
    exist, and what is refused is refused for what no grammar can say: verdicts that contradict themselves.
    """
    verdicts = Counter()
    for name, choices in REQUESTS.items():
        evidence = [Evidence(id_, OF_PREFIX[id_[0]], "text", "file") for id_ in choices.evidence_ids]
        actions = dict.fromkeys(choices.action_ids, ACTIONS["A1"])
        for seed in range(6 if name == "largest" else 2):
            text = stock_answer(url, choices, seed)
            assert list(json.loads(text)) == list(reply_schema(choices)["properties"])
            verdict = verify(text, choices, evidence, actions)
            verdicts[name, type(verdict).__name__] += 1
            if isinstance(verdict, Rejection):
                assert all(reason.startswith("status") for reason in verdict.reasons), verdict
    sys.stdout.write(f"stock grammar: {dict(verdicts)}\n")
    assert verdicts["largest", "Triage"] >= 3


async def test_no_white_space_between(http):
    """The constraint engine of this package keeps the answer compact, so that no token is spent on white space."""
    async for delta in LlamaCpp(http).stream(MESSAGES, reply_schema(CHOICES), **SAMPLING):
        completion = delta.completion
    assert completion.text == json.dumps(json.loads(completion.text), ensure_ascii=False, separators=(",", ":"))


async def test_the_static_prefix_is_cached(http):
    """The second question reads the shared beginning from the cache, and the counts say so."""
    model = LlamaCpp(http)
    usages = []
    for question in ("Why?", "Who?"):
        messages = [
            {"role": "system", "content": "Something that no other test says. " * 10},
            {"role": "user", "content": question},
        ]
        async for delta in model.stream(messages, {"type": "object"}, max_tokens=2, seed=1, temperature=0.0):
            usage = delta.completion and delta.completion.usage
        usages.append(usage)
    first, second = usages
    assert first.prompt_tokens == second.prompt_tokens
    assert second.cached_tokens > 300 > first.cached_tokens


async def test_tokens_and_names(http):
    """The server counts the tokens and names its model."""
    model = LlamaCpp(http)
    one, two = [{"role": "user", "content": "hello"}], [{"role": "user", "content": "hello, you"}]
    assert await model.prompt_tokens(two) - await model.prompt_tokens(one) == 5
    async for delta in model.stream(one, {"type": "object"}, **SAMPLING | {"max_tokens": 2}):
        usage = delta.completion and delta.completion.usage
    assert usage.prompt_tokens == await model.prompt_tokens(one)
    assert await model.context() == 4096
    assert await model.model_name() == "tiny.gguf"
    assert await model.health() == "ready"


async def busy(http):
    return any(slot["is_processing"] for slot in (await http.get("/slots")).json())


async def test_closing_frees_the_slot(http):
    """Within a second after the answer is closed the server is free for the next one."""
    endless = {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 100_000}
    async with aclosing(LlamaCpp(http).stream(MESSAGES, endless, **SAMPLING | {"max_tokens": 3500})) as deltas:
        await anext(deltas)
        assert await busy(http)
    closed = time.monotonic()
    while await busy(http):
        assert time.monotonic() - closed < 1.0
        await asyncio.sleep(0.02)


async def test_a_question_too_long_for_the_context(http):
    """The sentence says how long it is and how long it may be."""
    with pytest.raises(ModelDown, match=r"context of 4096 tokens .* takes \d{5}"):
        async for _ in LlamaCpp(http).stream([{"role": "user", "content": "x" * 20_000}], {}, **SAMPLING):
            pass


async def test_many_requests_on_one_client(http):
    """Short calls right after streamed answers do not meet connections that the server has dropped."""
    model = LlamaCpp(http)
    for seed in range(30):
        async for _ in model.stream(MESSAGES, {}, max_tokens=3, seed=seed, temperature=0.8):
            pass
        assert await model.prompt_tokens([{"role": "user", "content": "y" * 5000}]) > 5000


def test_a_damaged_model(tmp_path, model_path):
    """A file that begins like a model and is none has llama.cpp's reason in its sentence."""
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(model_path.read_bytes()[:200_000])
    with pytest.raises(ModelDown, match="corrupted or incomplete"):
        LocalServer(damaged)


def test_the_server_is_gone_after_closing(model_path):
    """Closing ends the server also while it writes an answer, and may be done twice."""
    server = LocalServer(model_path, threads=1)
    with httpx.stream(
        "POST", f"{server.url}/completion", json={"prompt": "x", "n_predict": 4000, "stream": True}
    ) as answer:
        next(answer.iter_raw())
        began = time.monotonic()
        server.close()
        server.close()
        assert time.monotonic() - began < 1.0
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_the_server_ends_with_its_parent(model_path):
    """A program that is killed leaves no server behind."""
    script = (
        "import sys, pathlib, time; from app.triage.local_server import LocalServer\n"
        "print(server := LocalServer(pathlib.Path(sys.argv[1])), server.url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(model_path)], stdout=subprocess.PIPE, text=True) as parent:
        url = parent.stdout.readline().split()[-1]
        assert httpx.get(f"{url}/health").status_code == 200
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health")
        except httpx.TransportError:  # refused, or cut off in the moment of its end
            return
        time.sleep(0.05)
    pytest.fail("the server outlived its parent")
