"""A question that goes on from the one before it: "and in logging?", "only errors?", "and yesterday?".

What it names replaces what was named before; everything else stays: the windows, the workloads and the kind of answer.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.compared_windows import ComparedWindows, preceding, shifted
from app.intent import Intent, Wording, bare_terms, intent_of, read_wording
from app.named_labels import unknown_place
from app.ranking_wish import ranking_wish
from app.restrictions import Only, find_only
from retrieval.selectors import Selected, Selectors, one_of
from retrieval.taxonomy import IntentKind, WindowSource
from retrieval.time_window import TimeWindow

_GOES_ON = re.compile(
    r"^\W*(?:and|but|or|also|what about|how about|same|again|instead|now|then|only|just|ok(?:ay)?|what if|without"
    r"|except)\b",
    re.IGNORECASE,
)
_EVERYWHERE = re.compile(
    r"\b(?:everywhere|all namespaces|every namespace|whole cluster|entire cluster|cluster-?wide|overall|all of them)\b"
)
_EVERYTHING = re.compile(r"\b(?:everything|all (?:severities|levels|kinds|changes)|not only|unfiltered)\b")
_SHIFTS = (
    (re.compile(
        r"\b(?:yesterday|(?:the |a )?day (?:before|earlier|ago))\b(?! (?:at|between|from|morning|afternoon|evening))"
    ), timedelta(days=1)),
    (re.compile(
        r"\b(?:(?:the |a )?week (?:before|earlier|ago)|(?:the )?same (?:\w+ )?last week)\b"
    ), timedelta(weeks=1)),
    (re.compile(r"\b(?:the |an )?hour (?:before|earlier)\b(?! \w)"), timedelta(hours=1)),
)  # fmt: skip
# A question of at most so many words can be a mere name or time.
_BARE = 5


@dataclass(frozen=True, slots=True)
class Earlier:
    """The question before, as it was answered: its intent, and the windows and label values that were looked at."""

    intent: Intent
    window: TimeWindow
    before: TimeWindow | None
    selectors: Selectors


def follow_up(
    question: str, now: datetime, known: Mapping[str, Sequence[str]], extent: TimeWindow | None, earlier: Earlier
) -> Intent | None:
    """The intent of a question that goes on from `earlier`; None where it stands by itself."""
    wording = read_wording(question, now, known, extent, compared=earlier.window)
    wording = _with_bare_names(wording, known)
    if not _goes_on(wording):
        return None
    kind = wording.kind or earlier.intent.kind
    if kind is IntentKind.HOWTO and wording.kind is None:
        return None
    own = intent_of(wording, kind)
    before, window = _windows(wording, kind, earlier)
    only = own.only or find_only(wording.text, said=True)
    if not only and not _EVERYTHING.search(wording.text.lower()):
        only = earlier.intent.only
    return replace(
        own,
        window=window,
        before=before,
        since=None,
        selectors=_selectors(wording, earlier),
        terms=own.terms or earlier.intent.terms,
        needles=(own.needles or earlier.intent.needles) if kind is IntentKind.LOOKUP else (),
        only=only if kind is not IntentKind.RANKING else Only(),
        ranking=ranking_wish(wording.windows.rest, earlier.intent.ranking) if kind is IntentKind.RANKING else None,
    )


def _goes_on(wording: Wording) -> bool:
    if _GOES_ON.search(wording.text) or _EVERYWHERE.fullmatch(wording.text.lower().strip("?!. ")):
        return True
    named = wording.windows.after or wording.selectors or find_only(wording.text, said=True)
    short = len(wording.text.split()) <= _BARE
    return short and wording.kind is None and bool(named) and not bare_terms(wording)


def _with_bare_names(wording: Wording, known: Mapping[str, Sequence[str]]) -> Wording:
    """A namespace named by itself ("and logging?") selects too, where a whole question would take it for a word."""
    if wording.selectors:
        return wording
    words = set(re.findall(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", wording.windows.rest.lower()))
    for name in ("namespace", "app", "pod"):
        if named := [value for value in known.get(name, ()) if value.lower() in words]:
            return replace(wording, selectors={name: one_of(named)}, notes=())
    unknown = unknown_place(wording.windows.rest, known)
    return replace(wording, selectors={"namespace": unknown}) if unknown else wording


def _selectors(wording: Wording, earlier: Earlier) -> dict[str, Selected]:
    if _EVERYWHERE.search(wording.text.lower()):
        return dict(wording.selectors)
    kept = dict(earlier.selectors)
    if wording.selectors:
        # A pod or an app of one namespace is none of another.
        kept = {} if {"namespace", "app", "pod"} & wording.selectors.keys() else kept
    return {**kept, **wording.selectors}


def _windows(wording: Wording, kind: IntentKind, earlier: Earlier) -> tuple[TimeWindow | None, TimeWindow]:
    """The windows before and after: those named, or the earlier ones, moved where a day is named for a comparison."""
    named: ComparedWindows = wording.windows
    text = wording.text.lower()
    if kind is IntentKind.CHANGES:
        if named.before and named.after:
            return named.before, named.after
        by = next((by for pattern, by in _SHIFTS if pattern.search(text)), None)
        if by is not None and earlier.before is not None:
            return _moved(earlier.before, by), _moved(earlier.window, by)
        if named.after:
            return preceding(named.after), named.after
        return earlier.before or preceding(earlier.window), earlier.window
    return None, named.after or earlier.window


def _moved(window: TimeWindow, by: timedelta) -> TimeWindow:
    return replace(shifted(window, by), source=WindowSource.QUESTION)
