"""The two windows of a question about change: both named, one named, or neither.

"between 13:00 and 14:00 versus 14:00 to 15:00"     both
"the last hour with the same hour yesterday"        one, and the other told from it
"since 14:00", "in the last 30 minutes"             one, compared with as long a window before it
"around 14:00"                                      a moment: what is after it with what is before it
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.time_phrases import WindowPhrase, find_phrase, parse_duration, with_from
from retrieval.errors import BadInput
from retrieval.taxonomy import WindowSource
from retrieval.time_window import TimeWindow
from retrieval.timestamps import to_nanoseconds

# Where a question may be cut in two, the most telling words first.
_STRONG = re.compile(r"\b(?:versus|vs|against|compared? (?:to|with)|relative to|than|different from)\b", re.IGNORECASE)
_WEAK = re.compile(r"\b(?:with|to|and|from|or)\b", re.IGNORECASE)

_UNIT = r"(?:minutes?|mins?|hours?|days?|weeks?|months?)"
_SHIFT = (
    r"yesterday|last week|(?:the |a )?(?:day|week) (?:before|earlier|ago|prior)|(?:the )?(?:previous|last) (?:day|week)"
)
_SAME = re.compile(
    r"\b(?:the |at )?(?:same|this|that|corresponding) (?:\w+ )?"
    r"(?:hours?|times?|periods?|windows?|spans?|range|interval|minutes|moment|day)(?: of day)?,? (?:on |of "
    r"|from )?(?:the )?"
    rf"(?P<shift>{_SHIFT}|(?P<count>\d+|an?|one|two|three|a few|a couple of) (?P<unit>{_UNIT}) (?:ago|before"
    rf"|earlier))\b",
    re.IGNORECASE,
)
_DAY_BEFORE = re.compile(
    r"\b(?:the )?(?:(?:same|previous) (?P<a>day|week)(?: before)?|(?P<b>day|week) (?:before|prior|earlier))\b",
    re.IGNORECASE,
)
_PRECEDING = re.compile(
    rf"\b(?:the )?(?:(?P<length>(?:\d+ |half an )?{_UNIT}) (?:before|prior|earlier|preceding)(?: (?:that|it|this"
    rf"|them))?"
    rf"|(?:previous|preceding|prior|earlier) (?:one|window|period|span|interval|(?P<previous>(?:\d+ )?{_UNIT}))"
    r"|(?:one|ones|window|period|time) before(?: (?:that|it))?"
    r"|before(?: (?:that|it|then))?(?=\W*$)|(?:usual|normal|baseline)(?=\W*$))",
    re.IGNORECASE,
)  # fmt: skip
_SINCE_EVENT = re.compile(
    r"\b(?:since|after|following|from) (?:the |my |our |a |this |that |its )?(?:last |latest |recent "
    r"|new )?(?:[\w.-]+ ){0,3}?"
    r"(?P<event>deploy(?:ment|s)?|roll-?out|release|upgrade|update|restart|reboot|migration|push|merge|reconciliation"
    r"|change|config change|incident|outage|failover)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ComparedWindows:
    """What a question says of its windows: None where it does not; `rest` is the question without those words.

    `event` is the happening that it names in place of a time ("since the deploy").
    """

    before: TimeWindow | None
    after: TimeWindow | None
    rest: str
    event: str | None = None


def find_compared_windows(question: str, now: datetime, default: TimeWindow) -> ComparedWindows:
    """The windows that a question compares. `default` is the window after where only the other is told from it."""
    question = with_from(question)
    if pair := _both(question, now, default):
        return pair
    if found := _SINCE_EVENT.search(question):
        rest = question[: found.start()] + question[found.end() :]
        if find_phrase(question, now) is None:
            return ComparedWindows(None, None, rest.strip(), found["event"].lower())
    told = _told(question)
    phrase = find_phrase(question if told is None else told.rest, now)
    if phrase is None:
        before = told.of(default) if told else None
        return ComparedWindows(before, default if told else None, told.rest if told else question)
    if told is not None:
        return ComparedWindows(told.of(phrase.window), phrase.window, phrase.rest)
    if phrase.moment:
        return _split_at_moment(phrase, now)
    return ComparedWindows(preceding(phrase.window), phrase.window, phrase.rest)


def preceding(window: TimeWindow) -> TimeWindow:
    """The window of the same length that ends where this one starts."""
    return TimeWindow(window.start - (window.end - window.start), window.start, window.source)


def shifted(window: TimeWindow, by: timedelta) -> TimeWindow:
    """The window so much earlier."""
    nanoseconds = by // timedelta(microseconds=1) * 1_000
    return TimeWindow(window.start - nanoseconds, window.end - nanoseconds, window.source)


@dataclass(frozen=True, slots=True)
class _Told:
    """A window told from another: so much earlier, or the one before it (of `length`, else of the same length)."""

    rest: str
    shift: timedelta | None = None
    length: timedelta | None = None

    def of(self, window: TimeWindow) -> TimeWindow:
        source = replace(window, source=WindowSource.QUESTION)
        if self.shift is not None:
            return shifted(source, self.shift)
        if self.length is None:
            return preceding(source)
        nanoseconds = self.length // timedelta(microseconds=1) * 1_000
        return TimeWindow(window.start - nanoseconds, window.start, WindowSource.QUESTION)


def _both(question: str, now: datetime, default: TimeWindow) -> ComparedWindows | None:
    weak_joints = sorted(_WEAK.finditer(question), key=lambda joint: joint.group().lower() != "with")
    for joint in [*_STRONG.finditer(question), *weak_joints]:
        sides = question[: joint.start()], question[joint.end() :].lstrip(". ")
        weak = joint.re is _WEAK
        if weak and joint.group().lower() != "with" and _within_a_range(question, joint, now):
            continue
        if pair := _pair(sides, now, default, weak=weak):
            return pair
    return None


def _pair(sides: tuple[str, str], now: datetime, default: TimeWindow, *, weak: bool) -> ComparedWindows | None:
    told = _told(sides[0]), _told(sides[1])
    if told[0] and told[1]:
        return None
    for here, there in ((1, 0), (0, 1)):
        if this := told[here]:
            phrase = find_phrase(sides[there], now)
            if phrase is None and (weak or here == 0):
                return None
            window, rest = (phrase.window, phrase.rest) if phrase else (default, sides[there])
            return ComparedWindows(this.of(window), window, f"{rest} {this.rest}".strip())
    phrases = find_phrase(sides[0], now), find_phrase(sides[1], now)
    if phrases[0] is None and phrases[1] is not None and not weak:
        return _up_to_now(sides[0], phrases[1], now)
    if phrases[0] is None or phrases[1] is None:
        return None
    first, second = sorted((phrases[0].window, phrases[1].window), key=lambda window: (window.start, window.end))
    return ComparedWindows(first, second, f"{phrases[0].rest} {phrases[1].rest}".strip())


def _up_to_now(asked: str, before: WindowPhrase, now: datetime) -> ComparedWindows | None:
    """Yesterday with what came after it ("different from yesterday"); None where nothing did."""
    end = to_nanoseconds(now)
    if before.window.end >= end:
        return None
    after = TimeWindow(before.window.end, end, WindowSource.QUESTION)
    return ComparedWindows(before.window, after, f"{asked} {before.rest}".strip())


def _within_a_range(question: str, joint: re.Match[str], now: datetime) -> bool:
    """Whether this "and" or "to" stands inside one window ("between 13:00 and 14:00"), and joins no two."""
    phrase = find_phrase(question, now)
    if phrase is None or (":" not in phrase.words and not re.search(r"\d ?[ap]m\b", phrase.words)):
        return False
    start = question.find(phrase.words)
    return start >= 0 and start <= joint.start() < start + len(phrase.words)


def _told(text: str) -> _Told | None:
    for pattern in (_SAME, _DAY_BEFORE, _PRECEDING):
        if match := pattern.search(text):
            rest = (text[: match.start()] + " " + text[match.end() :]).strip()
            if pattern is _PRECEDING:
                length = match["length"] or match["previous"]
                return _Told(rest, length=_length(length))
            return _Told(rest, shift=_shift(match))
    return None


def _shift(match: re.Match[str]) -> timedelta:
    groups = match.groupdict()
    if groups.get("count"):
        number = {"a": "1", "an": "1", "one": "1", "two": "2", "three": "3", "a few": "3", "a couple of": "2"}
        count = number.get(groups["count"].lower(), groups["count"])
        return parse_duration(f"{count} {groups['unit'].lower()}")
    return timedelta(weeks=1) if "week" in match.group().lower() else timedelta(days=1)


def _length(words: str | None) -> timedelta | None:
    if words is None:
        return None
    words = words.strip().lower()
    return parse_duration(words if words[0].isdigit() or words.startswith("half") else f"1 {words}")


def _split_at_moment(phrase: WindowPhrase, now: datetime) -> ComparedWindows:
    """Before and after the moment around which the phrase's window lies."""
    window = phrase.window
    middle = (window.start + window.end) // 2
    before = TimeWindow(window.start, middle, WindowSource.QUESTION)
    return ComparedWindows(before, TimeWindow(middle, window.end, WindowSource.QUESTION), phrase.rest)


def compared_by_default(now: datetime, extent: TimeWindow | None, hours: float = 1.0) -> tuple[TimeWindow, TimeWindow]:
    """The windows where a question names none: the last hours and those before them; of a short archive its halves."""
    last = TimeWindow.last(timedelta(hours=hours), now)
    if extent is None or extent.seconds >= 2 * hours * 3600:
        return preceding(last), last
    middle = (extent.start + extent.end) // 2
    if middle in (extent.start, extent.end):
        raise BadInput("all lines have one time, so there are no two windows to compare")
    return TimeWindow(extent.start, middle), TimeWindow(middle, extent.end)
