"""The case file of the contract: JSONL, one labelled case a line, read strictly and written the same way.

A file with a `.sha256` beside it is frozen, and refused where its bytes are no longer those.
"""

import hashlib
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_serializer, model_validator

from retrieval.errors import BadInput
from retrieval.taxonomy import Category, Severity, Status
from retrieval.timestamps import parse_iso_nanoseconds


class Origin(StrEnum):
    """Where the lines of a case come from."""

    CAPTURED = "captured"
    SYNTHETIC = "synthetic"
    REPORTED = "reported"


def _zoned(text: str) -> str:
    if parse_iso_nanoseconds(text) is None:
        raise ValueError(f"a time is ISO 8601 with a zone, not {text!r}")
    return text


Text = Annotated[str, Field(min_length=1)]
IsoTime = Annotated[str, AfterValidator(_zoned)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Labels(_Strict):
    """Who printed a line; each label may be missing, none may be empty."""

    namespace: Text | None = None
    pod: Text | None = None
    container: Text | None = None
    node: Text | None = None
    app: Text | None = None

    @model_serializer
    def known(self) -> dict[str, str]:
        """The labels that are known, in the order of the contract."""
        return {name: value for name, value in self if value is not None}


class CaseLine(_Strict):
    """One line with the time it was printed (ISO 8601 with a zone, up to nanoseconds), where that is known."""

    ts: IsoTime | None
    labels: Labels
    line: str

    @property
    def nanoseconds(self) -> int | None:
        """The time in nanoseconds since the epoch."""
        return None if self.ts is None else parse_iso_nanoseconds(self.ts)


class Expected(_Strict):
    """What a senior engineer would answer; `key_lines` are 0-based positions in the case's `logs`.

    `component` is the name that `app.triage.components.canonical` gives: of a known program its canonical name
    (`postgresql`, whatever the label says), of anything else its `app` label. A case from elsewhere may spell it as its
    labels do, so a comparison takes the canonical name of both sides.
    """

    status: Status
    severity: Severity
    component: Text
    category: Category
    root_cause: Text
    summary: Text | None
    key_lines: tuple[Annotated[int, Field(ge=0)], ...]
    runbooks: tuple[Text, ...]

    @model_validator(mode="after")
    def _no_line_twice(self) -> Self:
        if len(set(self.key_lines)) < len(self.key_lines):
            raise ValueError("key_lines names a line twice")
        return self


class Case(_Strict):
    """One question about one window of logs, with the expected answer."""

    id: Text
    origin: Origin
    source: Text
    question: Text
    tags: tuple[Text, ...]
    logs: tuple[CaseLine, ...]
    expected: Expected

    @model_validator(mode="after")
    def _key_lines_exist(self) -> Self:
        beyond = [position for position in self.expected.key_lines if position >= len(self.logs)]
        if beyond:
            raise ValueError(f"expected.key_lines: {beyond[0]} is out of range, the case has {len(self.logs)} lines")
        return self


def read_cases(path: Path) -> list[Case]:
    """The cases of a JSONL file, in its order; blank lines are passed over.

    Raises BadInput, naming file, line and field, for anything that is not in the contract, for an empty file, and for a
    frozen file that was changed.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    _refuse_changed(path, content)
    # Not str.splitlines: a log line may hold U+2028 and its kin, which are no line ends in JSONL.
    raw = content.split(b"\n")
    numbered = [(number, text) for number, text in enumerate(raw, start=1) if text.strip()]
    if not numbered:
        raise BadInput(f"{path}: holds no case; a case file has one JSON object a line")
    cases = [_parse(text, f"{path}, line {number}") for number, text in numbered]
    _refuse_duplicates(cases, [f"{path}, line {number}" for number, _ in numbered])
    return cases


def write_cases(path: Path, cases: Iterable[Case]) -> None:
    """Writes the cases as JSONL, making the folder where it is missing; two of one id are BadInput."""
    kept = list(cases)
    _refuse_duplicates(kept, [f"{path}, line {number}" for number in range(1, len(kept) + 1)])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(case.model_dump_json() + "\n" for case in kept), encoding="utf-8", newline="\n")


def checksum_path(path: Path) -> Path:
    """Where the sha256 of a frozen case file stands."""
    return path.with_suffix(".sha256")


def _refuse_changed(path: Path, content: bytes) -> None:
    beside = checksum_path(path)
    if not beside.exists():
        return
    wanted = beside.read_text(encoding="utf-8", errors="replace").split()[:1]
    if wanted != [hashlib.sha256(content).hexdigest()]:
        raise BadInput(f"{path}: a frozen dataset was changed: its sha256 is not the one in {beside.name}")


def _parse(text: bytes, place: str) -> Case:
    try:
        return Case.model_validate_json(text)
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        field = ".".join(str(part) for part in first["loc"])
        more = f" (and {len(others)} more)" if others else ""
        raise BadInput(
            f"{place}: {field + ': ' if field else ''}{first['msg'].removeprefix('Value error, ')}{more}"
        ) from error


def _refuse_duplicates(cases: Sequence[Case], places: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for case, place in zip(cases, places, strict=True):
        if case.id in seen:
            raise BadInput(f"{place}: id: {case.id!r} is a duplicate of {seen[case.id]}")
        seen[case.id] = place
