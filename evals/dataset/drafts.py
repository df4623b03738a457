"""The draft cases that the chat left in the home: a person takes each into a dataset, or rejects it, once.

A draft waits as `draft-cases/<id>.jsonl`. Deciding moves it into `accepted/` or `rejected/`, which only one of two
people can do, and only then writes the dataset; a decided draft is never offered again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.draft_cases import CORRECTED, DECIDED, FOLDER
from evals.dataset.cases import Case, checksum_path, read_cases
from retrieval.errors import BadInput, LogAgentError

ACCEPTED, REJECTED = DECIDED


@dataclass(frozen=True, slots=True)
class Labels:
    """What a person says instead of the answer's label; None and no key lines where the answer's stands."""

    values: Mapping[str, Any]

    def of(self, case: Case) -> Case:
        """The case with these labels; BadInput where they do not fit it."""
        given = {name: value for name, value in self.values.items() if value not in (None, ())}
        key_lines = given.get("key_lines", ())
        if beyond := [position for position in key_lines if not 0 <= position < len(case.logs)]:
            raise BadInput(f"--key-line: {beyond[0]} is out of range, the draft has {len(case.logs)} lines")
        wanted = [name for name in ("severity", "category") if name not in given and CORRECTED in case.tags]
        if wanted:
            raise BadInput(
                f"somebody said that this answer was wrong, so its own {' and '.join(wanted)} may be too: give "
                + " and ".join(f"--{name}" for name in wanted)
            )
        changed = case.model_copy(update={"expected": case.expected.model_copy(update=given)})
        try:
            return Case.model_validate_json(changed.model_dump_json())
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise BadInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


class Drafts:
    """The drafts of one home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def waiting(self) -> list[Case]:
        """Those that nobody has decided on, by id; BadInput names a file that holds no case."""
        return [_only(path) for path in sorted(self._folder.glob("*.jsonl"))]

    def find(self, id_: str) -> Case:
        """One that waits; BadInput says where there is none, or what became of it."""
        if "/" in id_ or "\\" in id_:
            raise BadInput(f"there is no draft {id_!r}; `logagent dataset drafts list` names those that wait")
        path = self._path(id_)
        if path.is_file():
            return _only(path)
        for decided in DECIDED:
            if (self._folder / decided / path.name).exists():
                raise BadInput(f"the draft {id_} was {decided} already")
        raise BadInput(f"there is no draft {id_!r}; `logagent dataset drafts list` names those that wait")

    def accept(self, id_: str, into: Path, labels: Labels) -> Case:
        """Append it to a case file, with these labels; BadInput where the file has the id or is frozen."""
        case = labels.of(self.find(id_))
        if checksum_path(into).exists():
            raise BadInput(f"{into} is frozen and never changed; accept into another file and freeze that anew")
        if into.exists() and into.stat().st_size and id_ in {each.id for each in read_cases(into)}:
            raise BadInput(f"{into} holds a case {id_} already")
        self._decide(id_, ACCEPTED)
        try:
            into.parent.mkdir(parents=True, exist_ok=True)
            with into.open("ab+") as file:
                text = case.model_dump_json() + "\n"
                file.write((b"\n" if _unended(into) else b"") + text.encode("utf-8"))
        except OSError as error:
            (self._folder / ACCEPTED / self._path(id_).name).replace(self._path(id_))
            raise LogAgentError(f"{into} cannot be written ({error.strerror}); the draft waits still") from error
        return case

    def reject(self, id_: str) -> Case:
        """Put it aside for good."""
        case = self.find(id_)
        self._decide(id_, REJECTED)
        return case

    def _path(self, id_: str) -> Path:
        return self._folder / f"{id_}.jsonl"

    def _decide(self, id_: str, decision: str) -> None:
        try:
            (self._folder / decision).mkdir(exist_ok=True, mode=0o700)
            self._path(id_).rename(self._folder / decision / self._path(id_).name)
        except FileNotFoundError as error:
            raise BadInput(f"the draft {id_} was decided on by somebody else just now") from error
        except OSError as error:
            raise LogAgentError(f"{self._path(id_)} cannot be moved ({error.strerror})") from error


def _only(path: Path) -> Case:
    cases = read_cases(path)
    if len(cases) != 1 or cases[0].id != path.stem:
        raise BadInput(f"{path}: holds no draft of that name")
    return cases[0]


def _unended(path: Path) -> bool:
    """Whether the file's last line has no end, so that what is added would be glued to it."""
    with path.open("rb") as file:
        return bool(file.seek(0, 2)) and file.seek(-1, 2) >= 0 and file.read(1) != b"\n"
