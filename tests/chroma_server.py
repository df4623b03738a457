"""A real Chroma server for tests, and what a collection holds, to compare two of them."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np

from retrieval.knowledge.index import KnowledgeIndex

CHROMA = Path(sys.executable).with_name("chroma")


class Server:
    """A Chroma server on a folder, on the loopback interface; can be killed and started again on the same address."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.folder = folder
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        command = [CHROMA, "run", "--path", self.folder, "--host", "127.0.0.1", "--port", str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < until, "chroma run did not start"
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v2/heartbeat", timeout=1).is_success
        except httpx.HTTPError:
            return False


def contents(index: KnowledgeIndex, name: str = "runbooks") -> dict[str, tuple]:
    """Every record by its id: text, metadata, and its vector to three decimals, which no batch changes."""
    collection = index.find(name)
    rows = list(collection.read())
    vectors = collection.vectors([row.id for row in rows])
    return {row.id: (row.text, dict(row.metadata), tuple(np.round(vectors[row.id], 3) + 0.0)) for row in rows}
