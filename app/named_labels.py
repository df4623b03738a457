"""Label values that a question names: namespaces, pods, containers, nodes and apps, one or several of each."""

import re
from collections.abc import Iterator, Mapping, Sequence

from app.filler_words import FILLER
from retrieval.selectors import Selected, one_of

Known = Mapping[str, Sequence[str]]

_SELECTOR_WORD = {
    "namespace": re.compile(
        r"\b(?:namespaces?|ns)[ =:]+[\"'`]?([a-z0-9][a-z0-9-]{0,62})"
        r"|\b(?:in|of|for) (?:the )?([a-z0-9][a-z0-9-]{0,62}) namespace\b"
    ),
    "pod": re.compile(r"\bpods?[ =:/]+[\"'`]?([a-z0-9][a-z0-9.-]{2,252})"),
    "container": re.compile(r"\bcontainers?[ =:/]+[\"'`]?([a-z0-9][a-z0-9-]{1,62})"),
    "node": re.compile(r"\bnodes?[ =:/]+[\"'`]?([a-z0-9][a-z0-9.-]{1,252})"),
}  # fmt: skip
_PLACE_AT_END = re.compile(r"\bin ([a-z][a-z0-9-]{2,62})\W*$")
# What joins a second name to a first: "in llm and shop", "in llm, shop or in web".
_JOINT = (
    r"[\"'`]?(?:\s*,\s*(?:and |or )?|\s+(?:and|or|plus|as well as|versus|vs\.?|&|\+)\s+)"
    r"(?:also )?(?:(?:in|of|for|from|by) )?(?:(?:the )?(?:namespace|pod|container|node|app)s? )?[\"'`]?"
)
_JOINED_AT_END = re.compile(rf"{_JOINT}(?P<name>[a-z][a-z0-9-]{{2,62}})[\"'`]?\W*$")
_NOT = r"(?:\b(?:not|except|excluding|without|ignoring|other than|apart from|outside(?: of)?)(?: for)? )"
_AGAINST = re.compile(r"[\"'`]?,? (?:with|to|and|against|versus|vs\.?) (?:the )?(?:namespace )?[\"'`]?")
_NO_PLACE = frozenset({"detail", "details", "short", "total", "general", "particular", "full", "brief", "order"})
_WORD = re.compile(r"[A-Za-z0-9][\w.:/@-]*")


def named_labels(text: str, known: Known, *, by_app: bool) -> tuple[dict[str, Selected], tuple[str, ...]]:
    """Label values named in a question, and notes on names that select nothing.

    A value is named by its label word ("namespace x"), or a namespace or pod by its name alone; several that are joined
    ("in llm and shop") are all selected. A bare word that is both a namespace and an app ("loki") selects neither: it
    is a term, so nothing is hidden. With `by_app`, "in redis" selects the app of that name.
    """
    lower, excepted = _without_exceptions(text.lower(), known)
    found: dict[str, list[str]] = {}
    notes: list[str] = []
    for name, value in _by_label_word(lower, known):
        if value in known.get(name, ()):
            found.setdefault(name, []).append(value)
        elif name == "namespace" and value not in FILLER and known.get(name):
            notes.append(_unknown(value, known))
    if by_app and not found and (apps := _apps_in(lower, known)):
        found["app"] = apps
    if places := _named_after("in|of|for|from", lower, known.get("namespace", ())):
        found["namespace"] = [*found.get("namespace", ()), *places]
    if compared := _compared(lower, known.get("namespace", ())):
        found["namespace"] = list(compared)
        both = " and ".join(compared)
        notes.append(f"windows of time are compared, not places: this is what changed in time in {both} together")
    words = {word.strip(".:/").lower() for word in _WORD.findall(lower)}
    if "pod" not in found and (pods := [value for value in known.get("pod", ()) if value in words]):
        found["pod"] = pods
    if known.get("namespace"):
        unknown = [] if found else [unknown_place(lower, known)]
        unknown += [_joined_unknown(lower, known, found.get("namespace", ()))]
        notes += [_unknown(value, known) for value in unknown if value]
    if "namespace" not in found:
        notes += [f"a namespace cannot be left out, so “{each}” is looked at with the others" for each in excepted]
    return {name: one_of(values) for name, values in found.items()}, tuple(dict.fromkeys(notes))


def unknown_place(text: str, known: Known) -> str | None:
    """The last word of "… in prod?" where no label value holds it; None where it is another word."""
    place = _PLACE_AT_END.search(text.lower())
    return place[1] if place and _is_unknown(place[1], known) else None


def some(values: Sequence[str]) -> str:
    """The first of many values, and how many more there are."""
    shown = ", ".join(values[:8])
    return f"{shown} and {len(values) - 8} more" if len(values) > 8 else shown


def _unknown(value: str, known: Known) -> str:
    return f"no logs of a namespace “{value}” are known; the namespaces seen are {some(known['namespace'])}"


def _is_unknown(word: str, known: Known) -> bool:
    if word in FILLER or word in _NO_PLACE:
        return False
    return not any(word in value.lower() for values in known.values() for value in values)


def _without_exceptions(text: str, known: Known) -> tuple[str, list[str]]:
    """The question without "… but not in shop", which selects nothing, and the namespaces of such."""
    excepted: list[str] = []
    for value in _alternatives(known.get("namespace", ())):
        excluded = rf"{_NOT}(?:(?:in|of|for|from) )?(?:the )?(?:namespaces? )?[\"'`]?{re.escape(value)}(?![\w-])"
        if re.search(excluded, text):
            text = re.sub(excluded, " ", text)
            excepted.append(value)
    return text, excepted


def _by_label_word(text: str, known: Known) -> Iterator[tuple[str, str]]:
    for name, pattern in _SELECTOR_WORD.items():
        for match in pattern.finditer(text):
            yield name, next(group for group in match.groups() if group).rstrip(".")
            for further in _joined(text[match.end() :], known.get(name, ())):
                yield name, further


def _apps_in(text: str, known: Known) -> list[str]:
    """The apps of "… in redis and etcd", unless a namespace goes by the same name."""
    namespaces = set(known.get("namespace", ()))
    apps = {value.lower(): value for value in known.get("app", ()) if value not in namespaces}
    return [apps[value] for value in _named_after("(?:in|of|for|from|by|to)(?: the)?", text, tuple(apps))]


def _named_after(prepositions: str, text: str, values: Sequence[str]) -> list[str]:
    """The values that stand after a preposition, in the order of the text, each with those joined to it."""
    found: list[str] = []
    for match in re.finditer(rf"\b(?:{prepositions}) ", text):
        rest = text[match.end() :]
        if (value := _at_start(rest, values)) is not None:
            found += [value, *_joined(rest[len(value) :], values)]
    return list(dict.fromkeys(found))


def _joined(rest: str, values: Sequence[str]) -> Iterator[str]:
    """The values that are joined to the one before this rest of the text."""
    while joint := re.match(_JOINT, rest):
        behind = rest[joint.end() :]
        if (value := _at_start(behind, values)) is None:
            return
        yield value
        rest = behind[len(value) :]


def _compared(text: str, values: Sequence[str]) -> tuple[str, str] | None:
    """The two namespaces of "compare llm with shop"."""
    for match in re.finditer(r"\bcompar(?:e|ed|ing|ison of) (?:the )?(?:namespaces? )?[\"'`]?", text):
        first = _at_start(text[match.end() :], values)
        joint = _AGAINST.match(text[match.end() + len(first or "") :])
        second = _at_start(text[match.end() + len(first or "") + joint.end() :], values) if first and joint else None
        if first and second:
            return first, second
    return None


def _at_start(text: str, values: Sequence[str]) -> str | None:
    """The value that a text begins with, as a whole word."""
    for value in _alternatives(values):
        if text.startswith(value) and not re.match(r"[\w-]", text[len(value) :]):
            return value
    return None


def _joined_unknown(text: str, known: Known, namespaces: Sequence[str]) -> str | None:
    """The last word of "in llm and prod?" where no label value holds it."""
    for value in namespaces:
        place = re.search(rf"(?<![\w-]){re.escape(value)}{_JOINED_AT_END.pattern}", text)
        if place and _is_unknown(place["name"], known):
            return place["name"]
    return None


def _alternatives(values: Sequence[str]) -> list[str]:
    """The values longest first, so that "shop-test" is not read as "shop"."""
    return sorted((value for value in values if value), key=len, reverse=True)
