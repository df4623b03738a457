"""Bad input to `logagent`: one clear sentence, the right exit code, nothing lost."""

import gzip
import os
import resource
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.command_line import CAPTURES, SCRIPT, CommandLine, environment, one_sentence
from tests.contract.answer_contract import conforming

ETCD = str(CAPTURES / "etcd-disk-full.jsonl")


def table() -> list[object]:
    """Arguments of `ask` (its question is "what?" where the row has none), settings, and what the sentence says."""
    rows: dict[str, tuple[list[str], dict[str, str], str]] = {
        "no path": (["--logs", ""], {}, "no log files|is a folder|holds no|too many|does not exist|empty"),
        "missing path": (["--logs", "/no/such/path"], {}, "/no/such/path does not exist"),
        "empty file": (["--logs", "{tmp}/empty"], {}, "empty is empty"),
        "folder without logs": (["--logs", "{tmp}/nothing"], {}, "nothing holds no log files"),
        "binary junk": (["--logs", "{tmp}/junk"], {}, "junk is not a text file"),
        "cut gzip": (["--logs", "{tmp}/cut.gz"], {}, "gzip data are damaged or cut off"),
        "a device": (["--logs", "/dev/zero"], {}, "neither a file nor a folder"),
        "no logs at all": ([], {}, "give --logs PATH, or set LOKI_URL"),
        "empty question": (["", "--logs", ETCD], {}, "empty"),
        "blank question": (["  \n ", "--logs", ETCD], {}, "empty"),
        "long question": (["why? " * 4000, "--logs", ETCD], {}, "20,000 characters|19,999 characters"),
        "reversed options": (
            ["--logs", ETCD, "--from", "2026-11-20T12:00:00Z", "--to", "2026-11-20T11:00:00Z"], {}, "before it starts",
        ),
        "reversed words": (
            ["what failed between 2026-11-20 15:00 and 2026-11-20 14:00?", "--logs", ETCD], {}, "before it starts",
        ),
        "empty window": (
            ["--logs", ETCD, "--from", "2026-11-20T12:00:00Z", "--to", "2026-11-20T12:00:00Z"], {}, "window is empty",
        ),
        "nonsense window": (["--logs", ETCD, "--window", "soon"], {}, "“soon” is no duration"),
        "huge window": (["--logs", ETCD, "--window", "99999999999w"], {}, "longer than ten years"),
        "window of nothing": (["--logs", ETCD, "--window", "0m"], {}, "empty"),
        "window and from": (
            ["--logs", ETCD, "--window", "1h", "--from", "2026-11-20T12:00:00Z"], {}, "either --window or --from",
        ),
        "to alone": (["--logs", ETCD, "--to", "2026-11-20T12:00:00Z"], {}, "--to needs --from"),
        "from without zone": (["--logs", ETCD, "--from", "2026-11-20T12:00:00"], {}, "zone"),
        "now without zone": (["--logs", ETCD, "--now", "2026-11-20 12:00"], {}, "zone"),
        "impossible time": (["--logs", ETCD, "--from", "2026-13-40T12:00:00Z"], {}, "is no time|is no date"),
        "model required": (["--logs", ETCD, "--llm", "require"], {}, "set LLM_URL or LLM_MODEL_PATH"),
        "bad model use": (["--logs", ETCD, "--llm", "always"], {}, "--llm"),
        "unknown option": (["--logs", ETCD, "--colour"], {}, "--colour"),
        "bad LOKI_URL": (["--logs", ETCD], {"LOKI_URL": "loki:3100"}, "LOKI_URL"),
        "bad number": (["--logs", ETCD], {"LLM_MAX_TOKENS": "many"}, "LLM_MAX_TOKENS"),
        "bad zone": (["--logs", ETCD], {"LOGAGENT_TIMEZONE": "Mars/Base"}, "LOGAGENT_TIMEZONE"),
        "bad level": (["--logs", ETCD], {"LOGAGENT_LOG_LEVEL": "LOUD"}, "LOGAGENT_LOG_LEVEL"),
        "bad collector": (["--logs", ETCD], {"OTEL_EXPORTER_OTLP_ENDPOINT": "tempo"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        "two models": (
            ["--logs", ETCD],
            {"LLM_URL": "http://127.0.0.1:9", "LLM_MODEL_PATH": ETCD},
            "only one of LLM_URL, LLM_MODEL_PATH",
        ),
        "missing GGUF": (["--logs", ETCD], {"LLM_MODEL_PATH": "/no/model.gguf"}, "/no/model.gguf cannot be read"),
        "no GGUF": (["--logs", ETCD], {"LLM_MODEL_PATH": ETCD}, "is not a GGUF model file"),
    }  # fmt: skip
    return [pytest.param(*row, id=name) for name, row in rows.items()]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files and folders that hold no logs."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "empty").touch()
    (folder / "nothing").mkdir()
    (folder / "nothing" / ".hidden").write_text("ERROR hidden\n")
    (folder / "junk").write_bytes(bytes(range(256)) * 40)
    (folder / "cut.gz").write_bytes(
        gzip.compress("".join(f"ERROR {n} {n * n}\n" for n in range(50_000)).encode())[:50_000]
    )
    return folder


@pytest.mark.parametrize(("arguments", "settings", "says"), table())
def test_one_sentence_and_exit_code_two(
    logagent: CommandLine, files: Path, arguments: list[str], settings: dict[str, str], says: str
) -> None:
    """What cannot be used is refused with exit code 2 and one line on stderr that says what it was."""
    given = [each.format(tmp=files) if "{tmp}" in each else each for each in arguments]
    question = [] if given and not given[0].startswith("--") else ["what?"]
    sentence = one_sentence(logagent("ask", *question, *given, "--json", **settings))
    assert any(part in sentence for part in says.split("|")), sentence
    assert len(sentence) < 400


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(logagent: CommandLine, tmp_path: Path) -> None:
    """A file without permission is named with the reason."""
    path = tmp_path / "secret.log"
    path.write_text("ERROR\n")
    path.chmod(0)
    assert "Permission denied" in one_sentence(logagent("ask", "what?", "--logs", path))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["search", " ", "--json"], "query is empty"),
        (["search", "dns", "--json"], "EMBEDDING_MODEL is set to off"),
        (["search", "dns", "-k", "0"], "-k"),
        (["search", "dns", "--collection", "books"], "--collection"),
        (["ingest", "runbooks", "/no/such", "--json"], "EMBEDDING_MODEL is set to off"),
        (["ingest", "runbooks"], "name the files and folders"),
        (["patterns", "--logs", "/no/such"], "/no/such does not exist"),
        (["patterns", "--window", "1x", "--logs", ETCD], "is no duration"),
        (["check", "extra"], "extra"),
        (["demo", "--port", "70000"], "--port"),
        (["serve"], "set LOKI_URL"),
        (["serve", "--logs", "/no/such"], "/no/such does not exist"),
        (["serve", "--logs", "/dev/null"], "/dev/null is neither a file nor a folder"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_other_commands_say_it_in_one_sentence_too(logagent: CommandLine, arguments: list[str], says: str) -> None:
    """Every command refuses what it cannot use in the same way."""
    assert says in one_sentence(logagent(*arguments))


def test_a_port_in_use_is_said_at_once(logagent: CommandLine) -> None:
    """`demo` on a taken port ends before anything heavy is loaded, and names the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = logagent("demo", "--port", port, "--no-browser")
    assert f"cannot listen on 127.0.0.1:{port}" in one_sentence(ended)
    assert ended.seconds < 2


def test_a_model_that_does_not_answer_is_a_warning(logagent: CommandLine, closed_address: str) -> None:
    """With LLM_URL behind a closed port the extractive triage stands, with a warning and exit code 0."""
    ended = logagent("ask", "why does etcd not start?", "--logs", ETCD, "--json", LLM_URL=closed_address)
    answer = conforming(ended.json)
    assert (answer.engine, answer.triage.status) == ("extractive", "problem")
    assert any("without a model" in warning for warning in answer.warnings)


def test_a_required_model_that_does_not_answer_fails(logagent: CommandLine, closed_address: str) -> None:
    """With --llm require the same is a failure: exit code 1 and a sentence that names the model's address."""
    ended = logagent("ask", "why?", "--logs", ETCD, "--llm", "require", "--json", LLM_URL=closed_address)
    one_sentence(ended, code=1)


def test_llm_off_asks_no_model(logagent: CommandLine, closed_address: str) -> None:
    """With --llm off the configured model is not asked, and nothing is warned of."""
    answer = conforming(logagent("ask", "why?", "--logs", ETCD, "--llm", "off", "--json", LLM_URL=closed_address).json)
    assert (answer.engine, answer.prompt, answer.warnings) == ("extractive", None, [])


def test_loki_that_is_down_is_no_evidence(logagent: CommandLine, closed_address: str) -> None:
    """With neither Loki nor runbooks there is nothing to answer from: exit code 1 and one sentence."""
    assert "Loki" in one_sentence(logagent("ask", "what?", "--json", LOKI_URL=closed_address), code=1)


def test_a_reader_that_leaves(logagent: CommandLine) -> None:
    """`logagent … | head -1` ends without a traceback."""
    command = f"{SCRIPT} patterns --logs {ETCD} --json | head -1"
    settings = environment(logagent.folder / "home")
    ended = subprocess.run(
        ["/bin/sh", "-c", command], env=settings, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.stdout, ended.stderr) == ("{\n", "")


@pytest.mark.integration
def test_two_hundred_megabytes(logagent: CommandLine, tmp_path: Path) -> None:
    """A file of 200 MB is answered, or refused in a sentence, within a minute and 3 GB."""
    path = tmp_path / "large.log"
    chunk = "".join(
        f"2026-11-20T{n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}.{n % 1000:03d}Z "
        f"{'ERROR request' if n % 97 == 0 else 'INFO served'} {n} of client 10.0.{n % 256}.{n % 199} in {n % 771} ms\n"
        for n in range(150_000)
    )
    with path.open("w") as file:
        while file.tell() < 200_000_000:
            file.write(chunk)
    began = time.monotonic()
    ended = logagent.installed("ask", "what is failing?", "--logs", path, "--json")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"200 MB: code {ended.code}, {time.monotonic() - began:.1f} s, peak {peak / 2**30:.2f} GiB")  # noqa: T201
    assert time.monotonic() - began < 60
    assert peak < 3 * 2**30
    if ended.code:
        one_sentence(ended)
    else:
        assert conforming(ended.json).coverage.truncated
