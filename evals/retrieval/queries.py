"""The retrieval dataset of the contract: JSONL, one judged query a line, read strictly."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from retrieval.errors import BadInput

Text = Annotated[str, Field(min_length=1)]
UNTYPED = "query"


class Query(BaseModel):
    """A query and the documents that answer it, each with a grade from 0 (judged, and no answer) upwards.

    `type` (by default "query") and `split` group the figures: the bundled set has a person's question, an alert's
    description and a raw log line, in a dev split that was looked at while building, and a test split that was not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Text
    query: Text
    relevant: dict[Text, Annotated[int, Field(ge=0)]]
    type: Text = UNTYPED
    split: Text | None = None

    @field_validator("query")
    @classmethod
    def _some_text(cls, query: str) -> str:
        if not query.strip():
            raise ValueError("it is blank")
        return query

    @field_validator("relevant")
    @classmethod
    def _has_an_answer(cls, relevant: dict[str, int]) -> dict[str, int]:
        if not any(relevant.values()):
            raise ValueError("it names no document with a grade above 0")
        return relevant

    @property
    def answers(self) -> frozenset[str]:
        """The ids of the documents that answer it."""
        return frozenset(doc_id for doc_id, grade in self.relevant.items() if grade)


def read_queries(path: Path, doc_ids: Sequence[str]) -> list[Query]:
    """The queries of a JSONL file, in its order, against a corpus of these documents; blank lines are passed over.

    Raises BadInput, naming file, line and field, for anything that is not in the contract, for a document that the
    corpus does not have, for an id that stands there twice, and for an empty file.
    """
    try:
        raw = path.read_bytes().split(b"\n")  # not str.splitlines: U+2028 in a query is no line end in JSONL
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    known = frozenset(doc_ids)
    queries: list[Query] = []
    seen: dict[str, int] = {}
    for number, text in enumerate(raw, start=1):
        if not text.strip():
            continue
        place = f"{path}, line {number}"
        query = _parse(text, place)
        if query.id in seen:
            raise BadInput(f"{place}: id: {query.id!r} stands in line {seen[query.id]} already")
        if missing := next((each for each in query.relevant if each not in known), None):
            raise BadInput(f"{place}: relevant: there is no document {missing!r} in the corpus")
        seen[query.id] = number
        queries.append(query)
    if not queries:
        raise BadInput(f"{path}: holds no query; a retrieval dataset has one JSON object a line")
    return queries


def _parse(text: bytes, place: str) -> Query:
    try:
        return Query.model_validate_json(text)
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        field = ".".join(str(part) for part in first["loc"])
        more = f" (and {len(others)} more)" if others else ""
        raise BadInput(f"{place}: {field + ': ' if field else ''}{first['msg']}{more}") from error
