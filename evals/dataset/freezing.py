"""A frozen dataset: the cases, their sha256, their splits and a card; a changed file is refused by every reader."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from evals.dataset.cases import Case, checksum_path, read_cases, write_cases
from retrieval.errors import BadInput


def freeze(cases: Sequence[Case], splits: Mapping[str, Sequence[str]], card: str, path: Path) -> str:
    """Writes `path` with its `.sha256`, `.splits.json` and `.md` beside it and gives the digest.

    A frozen file is never changed: BadInput where any of them is there already.
    """
    beside = {
        ".sha256": checksum_path(path),
        ".splits.json": path.with_suffix(".splits.json"),
        ".md": path.with_suffix(".md"),
    }
    for there in (path, *beside.values()):
        if there.exists():
            raise BadInput(f"{there} exists, and a frozen dataset is never changed; freeze under a new name")
    _check_splits(cases, splits)
    write_cases(path, cases)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    beside[".splits.json"].write_text(json.dumps(splits, indent=1) + "\n", encoding="utf-8")
    beside[".md"].write_text(card.replace("<sha256>", digest), encoding="utf-8")
    beside[".sha256"].write_text(f"{digest}  {path.name}\n", encoding="utf-8")
    return digest


def read_frozen(path: Path, split: str | None = None) -> list[Case]:
    """The cases of a frozen dataset, or of one of its splits; BadInput where it was changed or has no such split."""
    cases = read_cases(path)
    if split is None:
        return cases
    splits = read_splits(path)
    if split not in splits:
        raise BadInput(f"{path} has no split {split!r}; it has {', '.join(sorted(splits))}")
    wanted = set(splits[split])
    return [case for case in cases if case.id in wanted]


def read_splits(path: Path) -> dict[str, list[str]]:
    """Case ids by split."""
    beside = path.with_suffix(".splits.json")
    try:
        table = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{beside}: the splits of {path.name} cannot be read") from error
    return {str(name): [str(each) for each in names] for name, names in table.items()}


def _check_splits(cases: Sequence[Case], splits: Mapping[str, Sequence[str]]) -> None:
    placed = sorted(name for names in splits.values() for name in names)
    if placed != sorted(case.id for case in cases):
        raise BadInput("each case has to be in exactly one split")
