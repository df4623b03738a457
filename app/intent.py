"""Step 1, intent: what is asked, over which windows, of which workloads. Rules only, pure; `now` is passed in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.compared_windows import ComparedWindows, compared_by_default, find_compared_windows
from app.needles import find_needles
from app.question_kinds import kind_of
from app.ranking_wish import RankingWish, ranking_wish
from app.restrictions import EVERYTHING, Only, find_only
from app.time_phrases import find_phrase
from retrieval.errors import BadInput
from retrieval.taxonomy import IntentKind
from retrieval.time_window import TimeWindow

LONGEST_QUESTION = 4_000

_UNREAD_TIME = re.compile(r"\b(?:since|after|before|between|until) \d{1,2}(?::\d+| ?[ap]m\b| \w+)?", re.IGNORECASE)
_SELECTED_BY_APP = frozenset({IntentKind.CHANGES, IntentKind.SUMMARY, IntentKind.RANKING, IntentKind.LOOKUP})
_PLACE_AT_END = re.compile(r"\bin ([a-z][a-z0-9-]{2,62})\W*$")
_NO_PLACE = frozenset({"detail", "details", "short", "total", "general", "particular", "full", "brief", "order"})
_WORD = re.compile(r"[A-Za-z0-9][\w.:/@-]*")
_QUOTED = re.compile(r"[\"'`“”]([^\"'`“”]{2,120})[\"'`“”]")
_FILLER = frozenset(
    re.findall(
        r"\w+",
        """
        a about after afternoon again ago all also an and any anything app application applications apps are as
        at bad be been before between both break breaking broke broken but by can cause caused change changed
        check cluster component components could current currently customer customers day days did do does doing
        down during each else error errors evening every everything explain fail failed failing fails failure
        few find for from get getting give going good got had happen happened happening has have health healthy
        hour hours how i in into is issue issues it its just k8s know kubernetes last less lines list log logs
        long look lot many me mean means minute minutes more morning most much my namespace need night node not
        nothing now of ok okay on only or other our out past people please pod pods problem problems really
        recent recently right root running see seen server servers service services should show since something
        start starting starts status still summarise summarize summary system tell than that the their them
        there these they thing things this time to today top up us user users very was way we week were what
        when where which while who why will with work working workload workloads would wrong yesterday you your
        """,
    )
)
_SELECTOR_WORD = {
    "namespace": re.compile(
        r"\b(?:namespaces?|ns)[ =:]+[\"'`]?([a-z0-9][a-z0-9-]{0,62})"
        r"|\b(?:in|of|for) (?:the )?([a-z0-9][a-z0-9-]{0,62}) namespace\b"
    ),
    "pod": re.compile(r"\bpods?[ =:/]+[\"'`]?([a-z0-9][a-z0-9.-]{2,252})"),
    "container": re.compile(r"\bcontainers?[ =:/]+[\"'`]?([a-z0-9][a-z0-9-]{1,62})"),
    "node": re.compile(r"\bnodes?[ =:/]+[\"'`]?([a-z0-9][a-z0-9.-]{1,252})"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Intent:
    """What was asked: kind, window, label values that every line must have, and the question's telling words.

    `before` is the window that `window` is compared with, and `since` a happening named in place of a time, both for
    changes alone; `needles` are what a lookup looks for; `only` is what the question wants to see of the answer.
    """

    kind: IntentKind
    window: TimeWindow | None
    selectors: Mapping[str, str] = field(default_factory=dict)
    terms: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    before: TimeWindow | None = None
    since: str | None = None
    needles: tuple[str, ...] = ()
    only: Only = EVERYTHING
    ranking: RankingWish | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """What the words of a question alone say; `kind` is None where no wording is telling."""

    text: str
    kind: IntentKind | None
    windows: ComparedWindows
    selectors: Mapping[str, str]
    only: Only
    notes: tuple[str, ...] = ()


def parse_intent(
    question: str, now: datetime, known: Mapping[str, Sequence[str]], extent: TimeWindow | None = None
) -> Intent:
    """The intent of a question.

    `now` is aware, and its zone is the one in which "14:00" is meant; `known` holds the values of each label name, and
    `extent` is the window of an archive. The window is None where the question names none. BadInput where the question
    is empty or too long, or names a window that cannot be.
    """
    wording = read_wording(question, now, known, extent)
    return intent_of(wording, wording.kind or IntentKind.TRIAGE)


def read_wording(
    question: str,
    now: datetime,
    known: Mapping[str, Sequence[str]],
    extent: TimeWindow | None = None,
    *,
    compared: TimeWindow | None = None,
) -> Wording:
    """The question read word by word; arguments and errors as those of `parse_intent`.

    `compared` is the window meant where the question names only the one to compare it with.
    """
    text = " ".join(question.split())
    if not text:
        raise BadInput("ask a question: this one is empty")
    if len(text) > LONGEST_QUESTION:
        raise BadInput(f"the question has {len(text):,} characters; {LONGEST_QUESTION:,} is the most that is read")
    kind = kind_of(text)
    if kind is IntentKind.CHANGES:
        windows = find_compared_windows(text, now, compared or compared_by_default(now, extent)[1])
    else:
        phrase = find_phrase(text, now)
        windows = ComparedWindows(None, phrase.window if phrase else None, phrase.rest if phrase else text)
    selectors, notes = _selectors(windows.rest, known, by_app=kind in _SELECTED_BY_APP)
    if windows.after is None and (unread := _UNREAD_TIME.search(text)):
        notes = (*notes, f"the time “{unread.group()}” was not understood; write for example “since 14:00”")
    return Wording(text, kind, windows, selectors, find_only(text), notes)


def intent_of(wording: Wording, kind: IntentKind) -> Intent:
    """The intent that a wording has, read as a question of this kind."""
    windows, selectors = wording.windows, wording.selectors
    changes = kind is IntentKind.CHANGES
    return Intent(
        kind,
        windows.after,
        selectors,
        _terms(windows.rest, selectors),
        wording.notes,
        before=windows.before if changes else None,
        since=windows.event if changes else None,
        needles=find_needles(windows.rest, tuple(selectors.values())) if kind is IntentKind.LOOKUP else (),
        only=wording.only,
        ranking=ranking_wish(windows.rest) if kind is IntentKind.RANKING else None,
    )


def bare_terms(wording: Wording) -> tuple[str, ...]:
    """The telling words of a question beside its windows, selected values and severities."""
    return tuple(term for term in _terms(wording.windows.rest, wording.selectors) if not find_only(term, said=True))


def _selectors(
    text: str, known: Mapping[str, Sequence[str]], *, by_app: bool
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Label values named in the question: by their label word ("namespace x"), or namespaces and pods by name alone.

    A bare word that is both a namespace and an app ("loki") selects neither: it is a term, so nothing is hidden. With
    `by_app`, "in redis" selects the app of that name.
    """
    found: dict[str, str] = {}
    notes: list[str] = []
    lower = text.lower()
    for name, value in _named_by_label(lower):
        if value in known.get(name, ()):
            found.setdefault(name, value)
        elif name == "namespace" and value not in _FILLER and known.get(name):
            notes.append(f"no logs of a namespace “{value}” are known; the namespaces seen are {_some(known[name])}")
    if by_app and not found and (app := _app_in(lower, known)):
        found["app"] = app
    words = {word.strip(".:/").lower() for word in _WORD.findall(text)}
    for value in known.get("namespace", ()):
        if "namespace" not in found and re.search(rf"\b(?:in|of|for|from) {re.escape(value)}(?![\w-])", lower):
            found["namespace"] = value
    for value in known.get("pod", ()):
        if "pod" not in found and value in words:
            found["pod"] = value
    return found, (*notes, *_unknown_places(lower, known, found))


def _unknown_places(text: str, known: Mapping[str, Sequence[str]], found: Mapping[str, str]) -> Iterator[str]:
    """A word that stands where a namespace does ("… in prod?") and that no label value holds."""
    if not found and known.get("namespace") and (place := unknown_place(text, known)):
        yield f"no logs of a namespace “{place}” are known; the namespaces seen are {_some(known['namespace'])}"


def _named_by_label(text: str) -> Iterator[tuple[str, str]]:
    for name, pattern in _SELECTOR_WORD.items():
        for match in pattern.finditer(text):
            yield name, next(group for group in match.groups() if group).rstrip(".")


def _app_in(text: str, known: Mapping[str, Sequence[str]]) -> str | None:
    """The app of "… in redis", unless a namespace goes by the same name."""
    for value in known.get("app", ()):
        named = re.search(rf"\b(?:in|of|for|from|by|to) (?:the )?{re.escape(value.lower())}(?![\w-])", text)
        if named and value not in known.get("namespace", ()):
            return value
    return None


def unknown_place(text: str, known: Mapping[str, Sequence[str]]) -> str | None:
    """The last word of "… in prod?" where no label value holds it; None where it is another word."""
    place = _PLACE_AT_END.search(text.lower())
    if place is None or place[1] in _FILLER or place[1] in _NO_PLACE:
        return None
    seen = any(place[1] in value.lower() for values in known.values() for value in values)
    return None if seen else place[1]


def _some(values: Sequence[str]) -> str:
    shown = ", ".join(values[:8])
    return f"{shown} and {len(values) - 8} more" if len(values) > 8 else shown


def _terms(text: str, selectors: Mapping[str, str]) -> tuple[str, ...]:
    """Quoted phrases first, then words that are no filler and no selected value; at most 12."""
    phrases = _QUOTED.findall(text)
    words = [word.strip(".,:;/-").lower() for word in _WORD.findall(_QUOTED.sub(" ", text))]
    chosen = set(selectors.values())
    kept = [
        word for word in words if len(word) > 1 and word not in _FILLER and word not in chosen and not word.isdigit()
    ]
    return tuple(dict.fromkeys([*phrases, *kept]))[:12]


def default_window(now: datetime, extent: TimeWindow | None, hours: float = 1.0) -> TimeWindow:
    """The window where neither question nor option names one: an archive's whole extent, else the last hours."""
    return extent or TimeWindow.last(timedelta(hours=hours), now)
