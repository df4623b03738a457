"""The bundled runbooks are found by the real embedding model, in three voices: a question, an alert, a log line."""

import json
import math
import shutil
import time
from pathlib import Path

import pytest

from ingestion.corpus import runbook_folder
from ingestion.runbooks import ingest_runbooks
from retrieval.knowledge.embedding import SentenceEmbedder, find_model
from retrieval.knowledge.index import open_index
from retrieval.knowledge.relevance import THRESHOLD
from retrieval.knowledge.search import KnowledgeSearch, SubQuery

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

QUERIES = [json.loads(line) for line in (Path(__file__).parent / "bundled_queries.jsonl").read_text().splitlines()]
ELSEWHERE = ["How do I bake sourdough bread at home", "best hiking boots for wide feet", "Tell me a joke"]


@pytest.fixture(scope="module")
def bundled(filled_home, tmp_path_factory):
    """A search over the bundled runbooks, and the report of ingesting them again."""
    home = shutil.copytree(filled_home, tmp_path_factory.mktemp("bundled") / "home")
    embedder = SentenceEmbedder(find_model())
    embedder.load()
    with open_index(embedder.model, folder=home / "chroma") as index:
        report = ingest_runbooks([runbook_folder()], index, embedder=embedder)
        yield KnowledgeSearch(index, embedder), report


def ndcg(found, relevant):
    """Normalised discounted cumulative gain at 10, from 0 to 1 (Järvelin and Kekäläinen 2002)."""

    def gain(grades):
        return sum(grade / math.log2(place + 2) for place, grade in enumerate(grades[:10]))

    return gain([relevant.get(doc_id, 0) for doc_id in found]) / gain(sorted(relevant.values(), reverse=True))


def mean_ndcg(search, mode):
    return sum(
        ndcg([hit.doc_id for hit in search.search([SubQuery(case["query"])], mode=mode)], case["relevant"])
        for case in QUERIES
    ) / len(QUERIES)


def test_both_sides_find_more_than_either(bundled):
    """The fused ranking is better than words alone and than vectors alone."""
    search, _ = bundled
    lexical, dense, hybrid = (mean_ndcg(search, mode) for mode in ("lexical", "dense", "hybrid"))
    assert hybrid > max(lexical, dense)
    assert hybrid >= 0.92


@pytest.mark.parametrize("question", ELSEWHERE)
def test_questions_about_other_things_find_nothing_relevant(bundled, question):
    """That nothing relevant is known is an answer."""
    assert all(hit.relevance < THRESHOLD for hit in bundled[0].search([SubQuery(question)]))


def test_most_right_runbooks_are_above_the_threshold(bundled):
    """The threshold does not hide what is known."""
    hits = [(case, bundled[0].search([SubQuery(case["query"])])) for case in QUERIES]
    shown = [
        any(hit.doc_id in case["relevant"] and hit.relevance >= THRESHOLD for hit in found) for case, found in hits
    ]
    assert sum(shown) / len(shown) >= 0.8


def test_ingesting_again_embeds_nothing(bundled):
    """What has not changed is recognised by its hash."""
    again = bundled[1]
    assert (again.unchanged, again.chunks_embedded) == (len(list(runbook_folder().glob("*.md"))), 0)


def test_a_warm_search_is_quick(bundled):
    """A second is far more than a search may take, however busy the machine."""
    began = time.monotonic()
    bundled[0].search([SubQuery("pods cannot resolve names")])
    assert time.monotonic() - began < 1
