"""Search: words and vectors together, documents with their best section."""

import threading
import time

import pytest

from retrieval.errors import BadInput
from retrieval.knowledge.index import KnowledgeCollection
from retrieval.knowledge.relevance import THRESHOLD
from retrieval.knowledge.search import KnowledgeSearch, SubQuery
from tests.retrieval.knowledge.fake_embedder import FakeEmbedder


@pytest.fixture
def corpus(put):
    put(
        "dns.md",
        "Names do not resolve",
        labels={"category": ("dns",), "component": ("coredns",)},
        Symptom="lookup of the host fails with NXDOMAIN",
        Fix="restart coredns after a look at its Corefile",
    )
    put(
        "disk.md",
        "The disk of a node is full",
        labels={"category": ("disk_pressure",)},
        Symptom="no space left on device",
        Fix="prune images and rotate files of the kubelet",
    )
    put(
        "KubePodCrashLooping.md",
        "KubePodCrashLooping",
        labels={"category": ("crash_loop",)},
        Meaning="the state CrashLoopBackOff with exit code 137",
        Mitigation="read what it said before it ended",
    )


@pytest.fixture
def search(index, embedder, corpus):
    return KnowledgeSearch(index, embedder)


def found(hits):
    return [hit.doc_id for hit in hits]


def ask(search, text, **options):
    return search.search([SubQuery(text)], **options)


def test_plain_words_find_a_document_and_are_not_cited(search, put):
    """What people say leads to the runbook; what is cited is the best of its other sections, if it has any."""
    put(
        "tls.md", "A certificate expired", Symptom="x509", **{"In plain words": "the padlock is red", "Fix": "renew it"}
    )
    put("clock.md", "The time is wrong", **{"In Plain Words": "yesterday came twice"})
    hit = ask(search, "a red padlock")[0]
    assert (hit.doc_id, hit.section) in {("tls.md", "Symptom"), ("tls.md", "Fix")}
    assert hit.lexical_rank == 1
    assert [each.header_path[-1] for each in search.sections(hit)] == ["Symptom", "In plain words", "Fix"]
    assert ask(search, "yesterday came twice")[0].section == "In Plain Words"


def test_a_document_is_found_and_its_section_cited(search):
    """The document is ranked, the section that speaks of the query is the one to cite."""
    hit = ask(search, "no space left on device")[0]
    assert (hit.doc_id, hit.section, hit.header_path, hit.source) == ("disk.md", "Symptom", ("Symptom",), "here")
    assert (hit.lexical_rank, hit.dense_rank) == (1, 1)
    assert hit.labels == {"category": frozenset({"disk_pressure"})}


def test_words_find_an_identifier_by_its_parts(search):
    """Searching for "crash loop" finds an alert's name written as one word."""
    assert found(ask(search, "container in a crash loop", mode="lexical"))[0] == "KubePodCrashLooping.md"


def test_meaning_finds_what_shares_no_word(index, corpus):
    """The dense side contributes what the lexical side cannot see."""
    search = KnowledgeSearch(index, FakeEmbedder(meanings={"storag": "disk", "exhaust": "full"}))
    assert ask(search, "storage exhausted", mode="lexical") == []
    hit = ask(search, "storage exhausted")[0]
    assert (hit.doc_id, hit.lexical_rank, hit.dense_rank) == ("disk.md", None, 1)


def test_words_decide_where_meanings_are_alike(search):
    """The lexical side contributes the rare word."""
    assert found(ask(search, "exit code 137"))[0] == "KubePodCrashLooping.md"


def test_words_alone_until_the_model_is_loaded(index, corpus):
    """Before the embedding model is there, search answers from words and says so; then it uses both."""
    embedder = FakeEmbedder(ready=False)
    search = KnowledgeSearch(index, embedder)
    early = ask(search, "lookup NXDOMAIN")[0]
    assert (search.ready, early.doc_id, early.dense_rank) == ("lexical", "dns.md", None)
    embedder.ready = True
    assert (search.ready, ask(search, "lookup NXDOMAIN")[0].dense_rank) == ("hybrid", 1)


def test_several_queries_are_weighed(search):
    """The heavier query leads, and the lighter one still brings its document."""
    queries = [SubQuery("no space left on device", 1.0), SubQuery("lookup of the host NXDOMAIN", 0.4)]
    assert found(search.search(queries))[:2] == ["disk.md", "dns.md"]


def test_a_query_that_knows_nothing_does_not_vote(search):
    """A line that is about nothing here leaves the order as it is."""
    junk = SubQuery("baking sourdough bread in Mongolia", 1.0)
    assert found(search.search([SubQuery("no space left on device", 0.5), junk]))[0] == "disk.md"


def test_relevance_tells_the_known_from_the_unknown(search):
    """What the corpus speaks of is above the threshold, what it does not is below."""
    assert ask(search, "the disk of a node is full: no space left on device")[0].relevance > THRESHOLD
    assert all(hit.relevance < THRESHOLD for hit in ask(search, "how do I bake sourdough bread at home"))


def test_filters_keep_documents_with_one_of_the_values(search):
    """Each filter is a label; several values are alternatives, several filters all have to hold."""
    assert found(ask(search, "restart coredns", filters={"category": ["disk_pressure", "crash_loop"]})) != []
    assert "dns.md" not in found(ask(search, "restart coredns", filters={"category": ["disk_pressure"]}))
    assert found(ask(search, "restart", filters={"component": "CoreDNS", "category": "dns"})) == ["dns.md"]
    assert ask(search, "restart", filters={"component": "coredns", "category": "disk_pressure"}) == []
    with pytest.raises(BadInput, match="no filter 'colour'"):
        ask(search, "x", filters={"colour": "red"})


def test_all_sections_of_a_document(search):
    """From a section that was found to all of its document, in its order."""
    hit = ask(search, "no space left on device")[0]
    assert [section.header_path for section in search.sections(hit)] == [("Symptom",), ("Fix",)]


@pytest.mark.parametrize("text", ["", "   ", "the of and"])
def test_a_query_without_a_word(search, text):
    """An empty query finds nothing, and one of function words does not fail."""
    assert ask(search, text, mode="lexical") == []


def test_an_empty_index(index, embedder):
    """A collection that is not there finds nothing."""
    assert ask(KnowledgeSearch(index, embedder), "dns", collection="incidents") == []


def test_no_result_at_all_is_bad_input(search):
    """Asking for fewer than one result is a mistake."""
    with pytest.raises(BadInput):
        ask(search, "dns", k=0)


def test_a_new_document_is_found_after_refresh(search, put):
    """A refresh reads what was written since."""
    put("tls.md", "A certificate expired", Symptom="x509 certificate has expired")
    search.refresh()
    assert found(ask(search, "x509 certificate has expired"))[0] == "tls.md"


def test_a_new_document_is_found_without_asking(search, put):
    """Search sees a new revision by itself within seconds, and answers from the old one until it is read."""
    ask(search, "dns")
    put("tls.md", "A certificate expired", Symptom="x509 certificate has expired")
    until = time.monotonic() + 10
    while found(ask(search, "x509 certificate has expired"))[:1] != ["tls.md"]:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_fetched_vectors_are_not_fetched_again(search, index, monkeypatch):
    """After fetching ahead a search asks Chroma for no vector, and neither does one of the revision after."""
    search.fetch_vectors()
    asked = []
    fetch = KnowledgeCollection.vectors
    monkeypatch.setattr(KnowledgeCollection, "vectors", lambda self, ids: asked.extend(ids) or fetch(self, ids))
    before = ask(search, "no space left on device")
    assert before
    assert not asked
    index.find("runbooks").note("again", True)
    search.refresh()
    assert ask(search, "no space left on device") == before
    assert not asked


def test_same_id_in_two_sources(search, put):
    """Documents of two teams with the same path stay two documents."""
    put("disk.md", "Other team: the disk is full", source="there", Symptom="no space left on device")
    search.refresh()
    assert {hit.source for hit in ask(search, "no space left on device") if hit.doc_id == "disk.md"} == {
        "here",
        "there",
    }


def test_a_collection_that_is_gone_finds_nothing(search, index):
    """An index that was rebuilt empty in between is not an error."""
    ask(search, "dns")
    with index.rebuilding("runbooks"):
        pass
    search.refresh()
    assert ask(search, "dns") == []


async def test_on_an_event_loop(search):
    """The asynchronous form gives the same answer."""
    assert await search.asearch([SubQuery("no space left")]) == search.search([SubQuery("no space left")])


def test_many_threads_at_once(search):
    """Concurrent searches give what one gives."""
    expected = found(ask(search, "no space left on device"))
    answers: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(found(ask(search, "no space left on device")))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 8
