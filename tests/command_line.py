"""Running `logagent` from outside: the installed script, or quickly in a child that has imported everything already."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(sys.executable).with_name("logagent")
CAPTURES = Path(__file__).parents[1] / "evals" / "captures"

# Imports of polars and others take seconds, and those behind the knowledge ten more: this process does them once (the
# latter before the first command that needs them), and each command runs in a fork of it. The
# fork is a process of its own, with its own files, environment and exit code, in which `main` runs as the script does.
_NURSERY = """
import json, os, sys
import app.commands.ask, app.commands.changes, app.commands.check, app.commands.ingest, app.commands.patterns
import app.commands.prompt_versions, app.commands.search
import app.commands.serve, app.web.server
from app.cli import main
print("ready", flush=True)
for line in sys.stdin:
    job = json.loads(line)
    if job["env"]["EMBEDDING_MODEL"] != "off":
        import chromadb, sentence_transformers, transformers.models.bert.modeling_bert
        import llama_index.core.schema, llama_index.vector_stores.chroma
    child = os.fork()
    if not child:
        os.chdir(job["cwd"])
        os.environ.clear()
        os.environ.update(job["env"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv = ["logagent", *job["arguments"]]
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        finally:  # taking the forked interpreter down takes longer than the command
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> Any:
        """All of stdout as one JSON document; fails where anything else stands there, or the command failed."""
        assert self.code == 0, self.err
        return json.loads(self.out)


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Nothing of this process's settings: the defaults, no knowledge, a home of the test's own, and `settings`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "LOGAGENT_HOME": str(home), "EMBEDDING_MODEL": "off", "COLUMNS": "200", **settings}


class CommandLine:
    """Runs commands in `folder`, which is outside the repository; `close` ends the waiting process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._nursery: subprocess.Popen[str] | None = None

    def __call__(self, *arguments: object, **settings: str) -> Ended:
        """A command with these settings, in a child that has imported everything already."""
        nursery = self._started()
        out, err = self.folder / "stdout", self.folder / "stderr"
        job = {
            "arguments": [str(each) for each in arguments],
            "cwd": str(self.folder),
            "env": environment(self.folder / "home", **settings),
            "out": str(out),
            "err": str(err),
        }
        began = time.monotonic()
        nursery.stdin.write(json.dumps(job) + "\n")  # type: ignore[union-attr]
        nursery.stdin.flush()  # type: ignore[union-attr]
        code = int(nursery.stdout.readline())  # type: ignore[union-attr]
        return Ended(code, out.read_text("utf-8"), err.read_text("utf-8"), time.monotonic() - began)

    def installed(self, *arguments: object, timeout: float = 100, **settings: str) -> Ended:
        """A command by its installed script."""
        began = time.monotonic()
        ended = subprocess.run(
            [SCRIPT, *(str(each) for each in arguments)],
            cwd=self.folder,
            env=environment(self.folder / "home", **settings),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr, time.monotonic() - began)

    def close(self) -> None:
        if self._nursery is not None:
            self._nursery.communicate(timeout=10)

    def _started(self) -> "subprocess.Popen[str]":
        if self._nursery is None:
            self._nursery = subprocess.Popen(
                [sys.executable, "-P", "-c", _NURSERY],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=self.folder,
                env=environment(self.folder / "home"),
            )
            assert self._nursery.stdout.readline() == "ready\n"  # type: ignore[union-attr]
        return self._nursery


def case_lines(capture: str) -> list[dict[str, Any]]:
    """The log lines of a capture, as its file has them: the input that positions count."""
    text = (CAPTURES / f"{capture}.jsonl").read_text("utf-8")
    return [line for case in text.splitlines() if case for line in json.loads(case)["logs"]]


def one_sentence(ended: Ended, code: int = 2) -> str:
    """What a refused command said, after asserting that it is one line and nothing else happened."""
    assert "Traceback" not in ended.err
    said = f"exit code {ended.code}, stdout {ended.out[:300]!r}, stderr {ended.err[:2000]!r}"
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1), said
    assert ended.err.startswith("logagent: ")
    return ended.err.removeprefix("logagent: ").strip()
