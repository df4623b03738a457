"""What lines are selected by: for each label the value, or one of the values, that it has to have."""

from collections.abc import Iterable, Mapping

Selected = str | tuple[str, ...]
"""One value, or several of which each will do."""

Selectors = Mapping[str, Selected]
"""What all labels named must have, by label name (of `log_lines.LABELS`)."""


def values_of(selected: Selected) -> tuple[str, ...]:
    """The values of which each will do."""
    return (selected,) if isinstance(selected, str) else selected


def one_of(values: Iterable[str]) -> Selected:
    """The one value, or the several without repeats; ValueError where there is none."""
    several = tuple(dict.fromkeys(values))
    if not several:
        raise ValueError("a label is selected by at least one value")
    return several[0] if len(several) == 1 else several


def selects(selectors: Selectors, labels: Mapping[str, str]) -> bool:
    """Whether a line with these labels is one that is wanted."""
    return all(labels.get(name) in values_of(selected) for name, selected in selectors.items())


def in_words(selected: Selected) -> str:
    """The values as a sentence names them: "llm, shop and web"."""
    *others, last = values_of(selected)
    return f"{', '.join(others)} and {last}" if others else last
