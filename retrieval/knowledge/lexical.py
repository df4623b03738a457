"""Lexical ranking: BM25 over sections, over whole documents and over titles, with title and headings as fields.

The fields follow "Simple BM25 Extension to Multiple Weighted Fields" (Robertson, Zaragoza, Taylor, CIKM 2004): term
frequencies are weighted and added before saturation, which repeating a field's words does exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from retrieval.knowledge.tokens import tokens

if TYPE_CHECKING:
    import bm25s

Scores = npt.NDArray[np.float32]

TITLE_WEIGHT = 3  # a title says what a runbook is about; measured flat from 2 to 5
HEADING_WEIGHT = 2
K1 = 1.2
B = 0.75


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """BM25 of one query against every section, document and title, and the most that a section could have reached.

    `ideal` is the sum of the inverse document frequencies of the query's words, words that the corpus does not know
    included: a section's score divided by it says how much of what was asked the section speaks of.
    """

    sections: Scores
    documents: Scores
    titles: Scores
    ideal: float


class LexicalRanking:
    """BM25 over a corpus; built once, read by many threads."""

    def __init__(self, documents: Iterable[tuple[str, Sequence[tuple[str, str]]]]) -> None:
        """`documents` are (title, sections) in the corpus' order, a section is (headings, text)."""
        titles: list[list[str]] = []
        sections: list[list[str]] = []
        wholes: list[list[str]] = []
        for title, parts in documents:
            titles.append(tokens(title))
            own = [tokens(headings) * HEADING_WEIGHT + tokens(text) for headings, text in parts]
            sections.extend(titles[-1] * TITLE_WEIGHT + words for words in own)
            wholes.append(titles[-1] * TITLE_WEIGHT + list(chain.from_iterable(own)))
        self._sections, self._documents, self._titles = _Bm25(sections), _Bm25(wholes), _Bm25(titles)

    def scores(self, query: str) -> LexicalScores:
        """The scores of one query; zeros where no word is known."""
        words = tokens(query)
        return LexicalScores(
            sections=self._sections.scores(words),
            documents=self._documents.scores(words),
            titles=self._titles.scores(words),
            ideal=self._sections.ideal(words),
        )


class _Bm25:
    def __init__(self, documents: list[list[str]]) -> None:
        self._count = len(documents)
        self._frequencies: dict[str, int] = {}
        for document in documents:
            for word in set(document):
                self._frequencies[word] = self._frequencies.get(word, 0) + 1
        self._index = _indexed(documents) if self._frequencies else None

    def scores(self, words: Sequence[str]) -> Scores:
        known = [word for word in words if word in self._frequencies]
        if self._index is None or not known:
            return np.zeros(self._count, dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)

    def ideal(self, words: Sequence[str]) -> float:
        frequencies = np.array([self._frequencies.get(word, 0) for word in words], dtype=np.float64)
        return float(np.log1p((self._count - frequencies + 0.5) / (frequencies + 0.5)).sum())


def _indexed(documents: list[list[str]]) -> "bm25s.BM25":
    import bm25s  # noqa: PLC0415  brings scipy's sparse matrices: half a second, only for those who search

    index = bm25s.BM25(k1=K1, b=B, method="lucene")
    index.index(documents, show_progress=False)
    return index
