"""Label values that a question names."""

from datetime import UTC, datetime

import pytest

from app.intent import parse_intent
from app.named_labels import named_labels

KNOWN = {
    "namespace": ("llm", "logging", "shop", "shop-test", "kube-system"),
    "app": ("etcd", "redis", "api"),
    "pod": ("api-7d9f8b6c5-x2x4z", "etcd-node-1"),
    "node": ("node-1", "node-2"),
}


@pytest.mark.parametrize(
    ("question", "selected"),
    [
        ("what changed in llm and shop?", {"namespace": ("llm", "shop")}),
        ("errors in llm, shop-test and logging", {"namespace": ("llm", "shop-test", "logging")}),
        ("what fails in namespace llm and namespace shop", {"namespace": ("llm", "shop")}),
        ("in llm or in shop, what is new", {"namespace": ("llm", "shop")}),
        ("namespaces llm, shop", {"namespace": ("llm", "shop")}),
        ("which pod has the most errors in shop and in llm?", {"namespace": ("shop", "llm")}),
        ("in shop and again in shop", {"namespace": "shop"}),
        ("why do nodes node-1 and node-2 fail", {"node": ("node-1", "node-2")}),
        ("pods api-7d9f8b6c5-x2x4z and etcd-node-1 crash", {"pod": ("api-7d9f8b6c5-x2x4z", "etcd-node-1")}),
        ("what changed in redis and etcd", {"app": ("redis", "etcd")}),
        ("what changed in shop and why?", {"namespace": "shop"}),
        ("what is failing in shop and what do I do?", {"namespace": "shop"}),
        ("what is failing in shop but not in llm", {"namespace": "shop"}),
        ("is shop-test like shop", {}),
        ("customers see 502 in the shop and in the llm", {}),
        ("errors of the redis", {"app": "redis"}),
    ],
)
def test_several_values_are_all_selected(question: str, selected: dict[str, object]) -> None:
    """However they are joined; a word that is joined and names nothing ends the list."""
    assert named_labels(question, KNOWN, by_app=True) == (selected, ())


@pytest.mark.parametrize(
    ("question", "selected", "said"),
    [
        ("what changed in llm and prod?", {"namespace": "llm"}, "“prod”"),
        ("what fails in namespaces shop and prod", {"namespace": "shop"}, "“prod”"),
        ("everything except kube-system", {}, "cannot be left out"),
        ("compare llm with shop", {"namespace": ("llm", "shop")}, "not places"),
    ],
)
def test_what_cannot_be_done_is_said(question: str, selected: dict[str, object], said: str) -> None:
    """An unknown second namespace, one to leave out, and two to compare with each other."""
    found, notes = named_labels(question, KNOWN, by_app=True)
    assert found == selected
    assert len(notes) == 1
    assert said in notes[0]


def test_no_value_of_several_is_a_term_or_looked_for() -> None:
    """They select lines, so no line has to hold them."""
    intent = parse_intent("show lines with timeout in llm and shop", datetime(2026, 11, 20, tzinfo=UTC), KNOWN)
    assert (intent.needles, intent.terms) == (("timeout",), ("timeout",))
