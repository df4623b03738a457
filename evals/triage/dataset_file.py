"""The cases that a run is measured on: a file, or the bundled captures, and the digest of what was read."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from evals.captures import folder
from evals.dataset.cases import Case, read_cases
from evals.dataset.freezing import read_frozen
from retrieval.errors import BadInput


def cases_of(dataset: Path | None, split: str | None = None) -> tuple[list[Case], str]:
    """The cases of a file or of a golden dataset's name, or the bundled captures, and the SHA-256 of what was read.

    Of a frozen dataset `split` may be read alone, the digest being that of all; BadInput where it has none such.
    """
    read = _files(dataset)
    if split is not None:
        if dataset is None:
            raise BadInput("the bundled captures have no splits; --dataset names a frozen file")
        return read_frozen(read[0], split), sha256_of(read)
    cases = [case for path in read for case in read_cases(path)]
    return cases if dataset else sorted(cases, key=lambda case: case.id), sha256_of(read)


def _files(dataset: Path | None) -> list[Path]:
    if dataset is None:
        return sorted(folder().glob("*.jsonl"))
    golden = Path(str(files("evals").joinpath("golden", f"{dataset.name}.jsonl")))
    return [golden] if golden.is_file() and not dataset.exists() else [dataset]


def sha256_of(paths: Sequence[Path]) -> str:
    """The digest of the bytes of these files, in their order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
