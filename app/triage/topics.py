"""What a question asks about: the categories of trouble that its words name, by `topics.yaml`."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

import yaml

from retrieval.taxonomy import Category


def topics_of(terms: Iterable[str]) -> frozenset[Category]:
    """The categories that these words of a question name; a word may name several ("disk")."""
    return frozenset[Category]().union(*(_by_word().get(term.lower(), frozenset()) for term in terms))


@cache
def _by_word() -> Mapping[str, frozenset[Category]]:
    table = yaml.safe_load(files("app.triage").joinpath("topics.yaml").read_text("utf-8"))
    words = {word for listed in table.values() for word in listed}
    return {word: frozenset(Category(name) for name, listed in table.items() if word in listed) for word in words}
