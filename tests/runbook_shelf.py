"""The bundled runbooks without vectors: what shares most words with a query is found. For tests of what follows."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import ingestion
from app.knowledge_query import KnownDocument
from retrieval.knowledge.catalog import CatalogSection
from retrieval.knowledge.chunking import parse_markdown
from retrieval.knowledge.search import Hit, SubQuery

FOLDER = Path(ingestion.__file__).parent / "corpus" / "runbooks"


class RunbookShelf:
    """An `app.knowledge_query.Knowledge` in memory."""

    address = None

    def __init__(self) -> None:
        self._books = _books()

    def notes(self) -> Sequence[str]:
        """Nothing to say."""
        return ()

    async def find(
        self, queries: Sequence[SubQuery], k: int, collection: str, filters: Mapping[str, str] | None = None
    ) -> list[KnownDocument]:
        """The k documents with the section that shares most words with the queries; it has runbooks alone."""
        if collection != "runbooks":
            return []
        wanted = set().union(*(_words(query.text) for query in queries))
        found = []
        for book, sections, words in self._books:
            if filters and filters.get("category") not in book.labels.get("category", ()):
                continue
            best = max(range(len(sections)), key=lambda nth: len(wanted & words[nth]))
            found.append((len(wanted & words[best]), book, sections, best))
        found.sort(key=lambda each: (-each[0], each[1].doc_id))
        return [_document(book, sections, best, score) for score, book, sections, best in found[:k] if score]

    async def seen_before(self, patterns: Sequence[tuple[str, Mapping[str, str]]], before: date) -> list[None]:
        """Nothing is known of past days."""
        return [None for _ in patterns]


@cache  # reading them takes half a second, and a test makes hundreds of shelves
def _books():
    books = []
    for path in sorted(FOLDER.glob("*.md")):
        book = parse_markdown(path.read_text("utf-8"), source="runbooks", doc_id=path.name)
        sections = [
            CatalogSection(f"{path.name}/{nth}", each.header_path, each.text, 0)
            for nth, each in enumerate(book.sections)
        ]
        books.append((book, sections, [_words(each.text) for each in sections]))
    return books


def _document(book, sections, best, score) -> KnownDocument:
    section = sections[best]
    hit = Hit(
        doc_id=book.doc_id, source="runbooks", title=book.title, section=section.header_path[-1] if section.header_path
        else "", header_path=section.header_path, text=section.text, score=float(score), relevance=min(1.0, score / 3),
        lexical_rank=1, dense_rank=None, labels=book.labels, metadata={},
    )  # fmt: skip
    return KnownDocument("runbooks", hit, sections)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", text.lower()))
