"""The web app as a process."""

import subprocess
import sys

HEAVY = {
    "bm25s",
    "chainlit",
    "chromadb",
    "httpx",
    "llama_index",
    "numpy",
    "opentelemetry",
    "polars",
    "structlog",
    "torch",
}


def test_nothing_heavy_is_imported_before_the_socket_listens():
    """When `logagent demo` opens its socket it has imported its command, the settings and the web server alone."""
    loaded = "import sys, app.cli, app.commands.serve; print(*{name.split('.')[0] for name in sys.modules})"
    ended = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    imported = set(ended.stdout.split())
    assert {"app", "uvicorn", "pydantic"} <= imported
    assert not imported & HEAVY
