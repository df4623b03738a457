"""The golden dataset that ships with the program, frozen."""

from pathlib import Path

from evals.dataset.cases import Case
from evals.dataset.freezing import read_frozen

NAME = "golden-v1"


def path() -> Path:
    """The case file."""
    return Path(__file__).parent / f"{NAME}.jsonl"


def golden(split: str | None = None) -> list[Case]:
    """Its cases, or those of one split (`dev`, `test`); BadInput where the file was changed."""
    return read_frozen(path(), split)


def baseline_folder() -> Path:
    """The committed run on it, without a model, that changes are measured against."""
    return Path(__file__).parent / "baseline"
