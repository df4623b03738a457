"""Scores of two kinds become one ranking."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from retrieval.knowledge.fusion import Ballot, best_of_each, convex, document_scores, merge, ranks, relative

scores = arrays(np.float32, st.integers(1, 20), elements=st.floats(0, 100, width=32))


@given(scores)
def test_relative_scores_keep_order_and_reach_from_0_to_1(values):
    """The best is 1 where there is any, and nothing changes places."""
    put = relative(values)
    assert (put >= 0).all()
    assert put.max() == pytest.approx(1.0) or not values.any()
    assert (np.argsort(-put, kind="stable") == np.argsort(-(put * 1), kind="stable")).all()


def test_what_unrelated_texts_score_is_nothing():
    """Below the zero of a scale all is equally unrelated."""
    assert relative(np.array([0.2, 0.4, 0.8], np.float32), zero=0.4).tolist() == [0.0, 0.0, 1.0]


def test_a_document_is_its_best_section_its_whole_and_a_little_its_title():
    """Of the sections the best counts; each part counts by its weight, and the weights are those of one scale."""
    best = best_of_each(np.array([0.1, 0.9, 0.5], np.float32), np.array([0, 2]))
    assert best == pytest.approx([0.9, 0.5])
    one, nothing = np.ones(1, np.float32), np.zeros(1, np.float32)
    parts = [document_scores(*(one if place == part else nothing for place in range(3)))[0] for part in range(3)]
    assert parts[1] < min(parts[0], parts[2])
    assert sum(parts) == pytest.approx(1.0)


def test_one_side_alone_is_itself():
    """Where the other side is missing nothing is scaled down."""
    only = np.array([1.0, 0.3], np.float32)
    assert convex(None, only) is only
    assert convex(only, None) is only
    with pytest.raises(ValueError, match="nothing to fuse"):
        convex(None, None)


def test_a_clear_lead_on_one_side_outweighs_a_narrow_one_on_the_other():
    """Unlike fusion of ranks, how much better the first is counts."""
    dense, lexical = np.array([1.0, 0.98], np.float32), np.array([0.2, 1.0], np.float32)
    assert convex(dense, lexical).argmax() == 1


def test_queries_count_by_weight():
    """A query that found nothing relevant cannot outvote one that did."""
    knows, guesses = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    assert merge([Ballot(knows, 0.9), Ballot(guesses, 0.1)]).argmax() == 0
    assert merge([Ballot(knows, 0.0), Ballot(guesses, 0.0)]).tolist() == [0.5, 0.5]


def test_ranks_leave_out_what_was_not_found():
    """A score of 0 has no place."""
    assert ranks(np.array([0.2, 0.0, 0.9], np.float32)) == [2, None, 1]
