"""Step 1, intent: what is asked, over which windows, of which workloads. Rules only, pure; `now` is passed in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.compared_windows import ComparedWindows, compared_by_default, find_compared_windows
from app.filler_words import FILLER
from app.named_labels import named_labels
from app.needles import find_needles
from app.question_kinds import kind_of
from app.ranking_wish import RankingWish, ranking_wish
from app.restrictions import EVERYTHING, Only, find_only
from app.time_phrases import find_phrase
from retrieval.errors import BadInput
from retrieval.selectors import Selectors, values_of
from retrieval.taxonomy import IntentKind
from retrieval.time_window import TimeWindow

LONGEST_QUESTION = 4_000

_UNREAD_TIME = re.compile(r"\b(?:since|after|before|between|until) \d{1,2}(?::\d+| ?[ap]m\b| \w+)?", re.IGNORECASE)
_SELECTED_BY_APP = frozenset({IntentKind.CHANGES, IntentKind.SUMMARY, IntentKind.RANKING, IntentKind.LOOKUP})
_WORD = re.compile(r"[A-Za-z0-9][\w.:/@-]*")
_QUOTED = re.compile(r"[\"'`“”]([^\"'`“”]{2,120})[\"'`“”]")


@dataclass(frozen=True, slots=True)
class Intent:
    """What was asked: kind, window, label values that every line must have, and the question's telling words.

    `before` is the window that `window` is compared with, and `since` a happening named in place of a time, both for
    changes alone; `needles` are what a lookup looks for; `only` is what the question wants to see of the answer.
    """

    kind: IntentKind
    window: TimeWindow | None
    selectors: Selectors = field(default_factory=dict)
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
    selectors: Selectors
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
    selectors, notes = named_labels(windows.rest, known, by_app=kind in _SELECTED_BY_APP)
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
        needles=find_needles(windows.rest, _chosen(selectors)) if kind is IntentKind.LOOKUP else (),
        only=wording.only,
        ranking=ranking_wish(windows.rest) if kind is IntentKind.RANKING else None,
    )


def bare_terms(wording: Wording) -> tuple[str, ...]:
    """The telling words of a question beside its windows, selected values and severities."""
    return tuple(term for term in _terms(wording.windows.rest, wording.selectors) if not find_only(term, said=True))


def _terms(text: str, selectors: Selectors) -> tuple[str, ...]:
    """Quoted phrases first, then words that are no filler and no selected value; at most 12."""
    phrases = _QUOTED.findall(text)
    words = [word.strip(".,:;/-").lower() for word in _WORD.findall(_QUOTED.sub(" ", text))]
    chosen = set(_chosen(selectors))
    kept = [
        word for word in words if len(word) > 1 and word not in FILLER and word not in chosen and not word.isdigit()
    ]
    return tuple(dict.fromkeys([*phrases, *kept]))[:12]


def _chosen(selectors: Selectors) -> tuple[str, ...]:
    return tuple(value for selected in selectors.values() for value in values_of(selected))


def default_window(now: datetime, extent: TimeWindow | None, hours: float = 1.0) -> TimeWindow:
    """The window where neither question nor option names one: an archive's whole extent, else the last hours."""
    return extent or TimeWindow.last(timedelta(hours=hours), now)
