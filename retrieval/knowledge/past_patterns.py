"""The pattern history as the index keeps it, read back for novelty: its patterns, and the days that it covers."""

import json
from collections.abc import Mapping
from datetime import date

from retrieval.knowledge.catalog import Catalog, CatalogDocument
from retrieval.knowledge.documents import Attribute
from retrieval.patterns.novelty import PastPattern, PatternHistory

_COVERED = "days:"


def covered_key(source: str) -> str:
    """Under which key the collection notes the days of a log source."""
    return f"{_COVERED}{source}"


def covered_text(text: str) -> set[date]:
    """The days of such a note."""
    return {date.fromisoformat(day) for day in text.split()}


def pattern_history(catalog: Catalog, description: Mapping[str, Attribute]) -> PatternHistory:
    """The whole history, of all log sources together."""
    covered = [covered_text(str(text)) for key, text in description.items() if key.startswith(_COVERED)]
    past = [_past(document) for document in catalog.documents if "days" in document.attributes]
    return PatternHistory(past, set().union(*covered))


def _past(document: CatalogDocument) -> PastPattern:
    attributes = document.attributes
    days = json.loads(str(attributes["days"]))
    return PastPattern(
        id=document.doc_id,
        source=document.source,
        template=str(attributes["template"]),
        place=json.loads(str(attributes.get("place", "{}"))),
        days={date.fromisoformat(day): int(lines) for day, lines in days.items()},
    )
