"""The second look at the best candidates."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import KnowledgeDown
from retrieval.knowledge.reranking import CrossEncoderReranker, reranked
from retrieval.knowledge.search import KnowledgeSearch, SubQuery


class Prefers:
    """A reranker that likes texts with a word of its own; the longer it looks, the more it has read."""

    def __init__(self, word: str, *, ready: bool = True) -> None:
        self.word = word
        self.ready = ready
        self.read: list[str] = []

    def scores(self, query, texts):
        self.read.extend(texts)
        return np.array([self.word in text for text in texts], np.float32)


def test_what_it_reads_is_put_in_its_order_and_the_rest_stays_behind():
    """Equal scores keep their order, and what was not read keeps its place."""
    assert reranked(Prefers("c"), [("q", 1.0)], ["a", "b", "c"], [7, 8, 9, 10]) == [9, 7, 8, 10]
    assert reranked(Prefers("z"), [("q", 1.0)], ["a", "b"], [1, 2]) == [1, 2]


def test_queries_count_by_weight():
    """The heavier query decides, on one scale whatever the height of its scores."""

    class Loud:
        ready = True

        def scores(self, query, texts):
            return np.array([100.0, 0.0] if query == "loud" else [0.0, 1.0], np.float32)

    assert reranked(Loud(), [("loud", 0.4), ("quiet", 0.6)], ["a", "b"], [0, 1]) == [1, 0]


@pytest.fixture
def search_with(index, embedder, put):
    put("dns.md", "Names do not resolve", Fix="restart coredns")
    put("disk.md", "Names of full disks do not resolve", Fix="prune images")
    return lambda reranker: KnowledgeSearch(index, embedder, reranker)


def test_a_search_gives_it_the_last_word_once_it_is_loaded(search_with):
    """It reads title, heading and text of the best section; words alone, and before it is loaded, it is not asked."""
    asked = [SubQuery("names do not resolve")]
    plain = [hit.doc_id for hit in search_with(None).search(asked)]
    assert plain == ["dns.md", "disk.md"]
    reranker = Prefers("prune")
    assert [hit.doc_id for hit in search_with(reranker).search(asked, k=1)] == ["disk.md"]
    assert "Names do not resolve\nFix\nrestart coredns" in reranker.read
    assert [hit.doc_id for hit in search_with(reranker).search(asked, mode="lexical")] == plain
    assert [hit.doc_id for hit in search_with(Prefers("prune", ready=False)).search(asked)] == plain


def test_a_model_that_is_not_there_is_named(tmp_path: Path):
    """A folder that must exist, and one that holds no model."""
    with pytest.raises(KnowledgeDown, match="RERANKER_MODEL names a folder that must exist"):
        CrossEncoderReranker(str(tmp_path / "none"))
    with pytest.raises(KnowledgeDown, match="cannot be loaded"):
        CrossEncoderReranker(str(tmp_path)).load()


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_a_real_cross_encoder_reads_pairs(tmp_path: Path):
    """A tiny one with random weights, made here, gives each pair the same score each time, from a folder offline."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast  # noqa: PLC0415 – seconds

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "dns", "disk", "full", "names"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        num_labels=1,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    reranker = CrossEncoderReranker(str(tmp_path))
    assert not reranker.ready
    scores = reranker.scores("dns", ["dns names", "disk full"])
    assert reranker.ready
    assert scores.shape == (2,)
    assert scores[0] != scores[1]
    assert reranker.scores("dns", ["disk full", "dns names"]) == pytest.approx(scores[::-1], abs=1e-5)
