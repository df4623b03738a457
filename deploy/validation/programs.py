"""Programs that checks run, each for a bounded time."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.validation.fault import Missing

LONGEST_SECONDS = 120


def find(name: str, how: str) -> str:
    """The path of a program, beside this interpreter or on the PATH; Missing, with `how` to get it, without one."""
    beside = Path(sys.executable).parent / name
    path = str(beside) if beside.is_file() else shutil.which(name)
    if path is None:
        raise Missing(f"{name} is not installed: {how}")
    return path


def run(
    command: Sequence[str], *, cwd: Path | None = None, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """What a program printed and its exit status; it may fail, but not take longer than two minutes."""
    return subprocess.run(  # noqa: S603  programs that `find` found, with our own arguments
        command, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )
