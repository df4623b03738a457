"""BM25 over sections with fields, and over titles."""

import numpy as np

from retrieval.knowledge.lexical import LexicalRanking


def ranking(*sections):
    return LexicalRanking((title, [(headings, text)]) for title, headings, text in sections)


def test_a_title_counts_more_than_the_text():
    """The same word in the title outweighs it in the text of a section of the same length."""
    scores = ranking(("etcd", "", "slow disk"), ("slow disk", "", "etcd")).scores("etcd")
    assert scores.sections[0] > scores.sections[1] > 0


def test_parts_and_whole_of_an_identifier_find_it():
    """Searching for "crash loop" in words finds CrashLoopBackOff, which a plain tokeniser leaves as one word."""
    scores = ranking(("KubePodCrashLooping", "", "the state is CrashLoopBackOff"), ("other", "", "words")).scores
    assert scores("container is in a crash loop").sections.argmax() == 0
    assert scores("crashloopbackoff").sections[0] > 0


def test_a_whole_document_is_scored_as_one_text():
    """What a query asks for may stand in several sections; a document's score sees all of them."""
    scores = LexicalRanking([("a", [("", "etcd"), ("", "slow")]), ("b", [("", "etcd etcd"), ("", "fast")])]).scores(
        "slow etcd"
    )
    assert scores.sections.shape == (4,)
    assert scores.documents.argmax() == 0


def test_unknown_words_lower_what_is_covered():
    """Words that no document has belong to the ideal, so that a stranger's question is seen as one."""
    known, stranger = (
        ranking(("dns", "", "names resolve")).scores(text) for text in ("dns names", "dns sourdough bread")
    )
    assert known.sections[0] / known.ideal > stranger.sections[0] / stranger.ideal


def test_nothing_known_and_nothing_there():
    """A query without a known word, and a corpus without a document, score nothing and do not fail."""
    assert not ranking(("dns", "", "names")).scores("zzz").sections.any()
    assert LexicalRanking([]).scores("dns").sections.shape == (0,)
    assert np.isfinite(LexicalRanking([]).scores("dns").ideal)
