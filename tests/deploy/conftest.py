"""A copy of `deploy/` that a test may spoil."""

import os
import shutil
from pathlib import Path

import pytest

from deploy.validation.fault import Missing, Tree

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path):
    """The files of the checkout, copied, with the schemas that CRD_SCHEMAS names."""
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    schemas = os.environ.get("CRD_SCHEMAS")
    return Tree(tmp_path, Path(schemas).absolute() if schemas else None)


@pytest.fixture
def spoiled(tree):
    """Replaces text in a file of the copy: `spoiled("deploy/x.yaml", old, new)`."""

    def spoil(name, old, new):
        path = tree.root / name
        text = path.read_text("utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return tree

    return spoil


@pytest.fixture
def checked():
    """Runs a check; skips, with how to get it, where a tool is missing, and fails in CI."""

    def run(check, tree):
        try:
            return [str(fault) for fault in check(tree)]
        except Missing as missing:
            if os.environ.get("CI") and tree.schemas:
                pytest.fail(f"CI has to run this check: {missing}")
            pytest.skip(str(missing))

    return run
