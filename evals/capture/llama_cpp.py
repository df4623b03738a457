"""llama.cpp as the model server: context, memory, model files, keys, and a start that only looks worrying."""

import sys
from pathlib import Path

from evals.capture.http_traffic import send, wait_until_ready
from evals.capture.process import Server
from evals.capture.program import PythonProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from evals.tiny_model import write_tiny_model
from retrieval.taxonomy import Category, Severity, Status

LLAMA_CPP = PythonProgram("llama.cpp", module="xllamacpp", distribution="xllamacpp", extra="local")

POD = Labels(
    namespace="llm", pod="llama-server-6c8fd5b7d9-t9wqz", container="llama-server", node="node-2", app="llama-server"
)  # fmt: skip

MEMORY_KIB = 3_000_000


def words(address: Address, model: Path, *options: str) -> list[str]:
    """The command of a server for a model."""
    child = [sys.executable, "-m", "evals.capture.llama_server", "--model", str(model)]
    return [*child, "--host", address.host, "--port", str(address.port), *options]


def start(stage: Stage, address: Address, *options: str) -> Server:
    """Starts a server with the tiny model and waits until it is ready."""
    server = stage.start(words(address, write_tiny_model(stage.folder / "model.gguf"), *options), POD)
    wait_until_ready(f"{address.url}/health")
    return server


def ask(address: Address, prompt: str, key: str = "") -> int:
    """Asks for twelve tokens and gives the HTTP status."""
    body = {"prompt": prompt, "n_predict": 12, "temperature": 0}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return send("POST", f"{address.url}/completion", json=body, headers=headers, timeout=20)


def context_exceeded(stage: Stage) -> None:
    """Prompts grow until they are longer than the context."""
    address = free_address(8080)
    start(stage, address, "--ctx-size", "1024")
    for length in (4, 12, 40, 300, 12, 500):
        ask(address, "why is the pod pending? " * length)
    stage.wait_for(r"exceeds the available context size", times=2)


def model_cut_off(stage: Stage) -> None:
    """The download of the model stopped half way."""
    model = write_tiny_model(stage.folder / "model.gguf")
    content = model.read_bytes()
    model.write_bytes(content[: len(content) // 2])
    stage.crash(words(free_address(8080), model), POD)


def model_missing(stage: Stage) -> None:
    """The volume is mounted, but the model is not on it under the configured name."""
    stage.crash(words(free_address(8080), stage.subfolder("models") / "llama-3.2-3b-q4_k_m.gguf"), POD)


def memory_limit(stage: Stage) -> None:
    """The context is raised beyond what the memory limit can hold."""
    model = write_tiny_model(stage.folder / "model.gguf")
    limited = ["sh", "-c", f'ulimit -v {MEMORY_KIB} && exec "$@"', "sh"]
    stage.crash([*limited, *words(free_address(8080), model, "--ctx-size", "8388608")], POD)


def key_wrong(stage: Stage) -> None:
    """An application calls with a key that is not the server's."""
    address = free_address(8080)
    start(stage, address, "--api-key", "correct-horse")
    ask(address, "hello", key="correct-horse")
    for _ in range(4):
        ask(address, "hello", key="battery-staple")
    stage.wait_for(r"unauthorized", times=4)


def ordinary_start(stage: Stage) -> None:
    """A start and a few answers; the warnings are harmless."""
    address = free_address(8080)
    start(stage, address)
    for question in ("why is the pod pending?", "what is a taint?", "why is the pod pending?"):
        ask(address, question)


SCENARIOS = (
    Scenario(
        id="llama-cpp-context-exceeded",
        program=LLAMA_CPP,
        question="The assistant answers short questions but fails on long logs. Why?",
        fault="prompts are longer than the context",
        severity=Severity.ERROR,
        category=Category.LLM_INFERENCE,
        component="llama.cpp",
        root_cause="Some prompts have more tokens than the server's context, and are refused.",
        summary="llama.cpp works, but rejects requests whose prompt exceeds its context size; shorten them or raise "
        "the context.",
        key_lines=(r"exceeds the available context size",),
        act=context_exceeded,
        tags=("limit",),
    ),
    Scenario(
        id="llama-cpp-model-cut-off",
        program=LLAMA_CPP,
        question="llama-server is in CrashLoopBackOff after downloading the model. What is wrong?",
        fault="the model file is cut off in the middle",
        severity=Severity.ERROR,
        category=Category.LLM_INFERENCE,
        component="llama.cpp",
        root_cause="The GGUF file is incomplete, as after an interrupted download, so the model cannot be loaded.",
        summary="The model server ends at start because the model file is corrupted or incomplete.",
        key_lines=(r"model is corrupted or incomplete",),
        act=model_cut_off,
        tags=("corrupt", "crash"),
    ),
    Scenario(
        id="llama-cpp-model-missing",
        program=LLAMA_CPP,
        question="The model server does not come up on the new node. What does it miss?",
        fault="there is no model file at the configured path",
        severity=Severity.ERROR,
        category=Category.LLM_INFERENCE,
        component="llama.cpp",
        root_cause="The configured model file does not exist on the volume.",
        summary="llama.cpp cannot open its GGUF file because it is not there, and ends.",
        key_lines=(r"failed to open GGUF file .*No such file or directory",),
        act=model_missing,
        tags=("missing", "crash"),
    ),
    Scenario(
        id="llama-cpp-memory-limit",
        program=LLAMA_CPP,
        question="I raised the context size and now the model server will not start. How much is too much?",
        fault="the context needs more memory than the process may have",
        severity=Severity.ERROR,
        category=Category.RESOURCE_LIMITS,
        component="llama.cpp",
        root_cause="The key-value cache for the configured context does not fit into the memory limit.",
        summary="llama.cpp cannot allocate 4 GiB for the key-value cache of a context of 8,388,608 tokens, and ends.",
        key_lines=(r"insufficient memory \(attempted to allocate", r"failed to allocate buffer for kv cache"),
        act=memory_limit,
        tags=("memory", "crash"),
    ),
    Scenario(
        id="llama-cpp-key-wrong",
        program=LLAMA_CPP,
        question="The assistant gets 401 from the model server. Which side is wrong?",
        fault="an application calls with another key",
        severity=Severity.ERROR,
        category=Category.RBAC_AUTH,
        component="llama.cpp",
        root_cause="Requests arrive with an API key that is not the server's.",
        summary="The server runs and serves requests with its key, and refuses the others as unauthorized.",
        key_lines=(r"unauthorized: Invalid API Key",),
        act=key_wrong,
        tags=("authentication",),
    ),
    Scenario(
        id="llama-cpp-ordinary-start",
        program=LLAMA_CPP,
        question="llama-server warns about tokenizer and cache at start. Is the model usable?",
        fault="none: a start and a few answers",
        status=Status.HEALTHY,
        severity=Severity.INFO,
        category=Category.BENIGN_NOISE,
        component="llama.cpp",
        root_cause="An ordinary start; the warnings about tokenizer and cache do not keep the model from answering.",
        summary="The model is loaded and answers; the warnings at start are harmless.",
        key_lines=(r"model loaded", r"special_eos_id is not in special_eog_ids"),
        act=ordinary_start,
        tags=("healthy",),
    ),
)
