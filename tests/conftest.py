"""The command line, run from outside the repository."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.command_line import CommandLine


@pytest.fixture(scope="session")
def logagent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The command line in a folder of its own, without knowledge and without any server."""
    line = CommandLine(tmp_path_factory.mktemp("elsewhere"))
    yield line
    line.close()


@pytest.fixture(scope="session")
def filled_home(logagent: CommandLine, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A home whose index holds the bundled runbooks, of this process alone; copy it to change it."""
    own = tmp_path_factory.getbasetemp()
    # Where several processes share the tests, the first that needs one fills it for all. No command runs on it itself,
    # since an index is one process's at a time, and what is copied must not be written.
    shared = own if worker_id == "master" else own.parent
    template = shared / "template"
    with FileLock(shared / "template.lock"):
        if not template.exists():
            filling = tmp_path_factory.mktemp("filling")
            ended = logagent.installed(
                "search", "dns", "--json", EMBEDDING_MODEL="", LOGAGENT_HOME=str(filling), timeout=500
            )
            assert ended.code == 0, ended.err
            filling.rename(template)
    return Path(shutil.copytree(template, own / "filled"))


@pytest.fixture
def closed_address() -> Iterator[str]:
    """An address on the loopback interface that refuses connections for as long as the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
