"""What the image installs: a wheel, which has to hold every file that a checkout has."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "retrieval", "ingestion", "prompts", "evals")
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """The files that the Dockerfile copies before it installs."""
    context = tmp_path_factory.mktemp("context")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, context / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "chainlit.md"):
        shutil.copy(ROOT / name, context)
    return context


def test_the_wheel_holds_every_file(context, tmp_path):
    """Data as well as code: pages, prompts, runbooks, captures, and the chat framework's own settings."""
    build = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", build, str(tmp_path)]
    built = subprocess.run(command, cwd=context, capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stderr[-2000:]
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(context).as_posix()
        for package in PACKAGES
        for path in (context / package).rglob("*")
        if path.is_file() and path.suffix != ".png"  # a picture for the README
    }
    assert wanted - held == set()


def test_the_image_is_made_of_these_files():
    """The Dockerfile copies each package, and .dockerignore lets each through."""
    let_through = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for package in PACKAGES:
        assert f"COPY {package} {package}\n" in DOCKERFILE
        assert f"!{package}" in let_through
