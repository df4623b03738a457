"""Windows named in words: "last 30 minutes", "since 14:00", "yesterday", "between 9 and 10", ISO times."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from retrieval.errors import BadInput
from retrieval.taxonomy import WindowSource
from retrieval.time_window import TimeWindow
from retrieval.timestamps import parse_iso_nanoseconds, to_datetime

_UNITS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600, "hour": 3600,
          "d": 86400, "day": 86400, "w": 604800, "wk": 604800, "week": 604800}  # fmt: skip
_NUMBER_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "twelve": 12,
    "fifteen": 15, "twenty": 20, "thirty": 30, "half an": 0.5, "half": 0.5, "couple of": 2, "few": 3,
}  # fmt: skip
_COUNT = r"\d+(?:\.\d+)?|" + "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
_UNIT = r"s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?"
_CLOCK = (
    r"(?:[01]?\d|2[0-3])(?::[0-5]\d(?::[0-5]\d)?)? ?(?:am|pm)|(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?|noon|midnight"
)
_ISO = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?"
_MOMENT = (
    rf"(?:(?:today|yesterday)(?: at)? (?:{_CLOCK})|(?:{_ISO})|(?:{_CLOCK})(?: (?:today|yesterday))?"
    r"|yesterday|today|now)"
)

_DAY = timedelta(days=1)
_DURATION = re.compile(rf"^({_COUNT}) ?({_UNIT})$", re.IGNORECASE)
_COMPACT = re.compile(r"^(?:\d+(?:\.\d+)?[smhdw])+$")


def parse_duration(text: str) -> timedelta:
    """The length of `90m`, `1h30m` or `2 days`; BadInput where it is no positive duration."""
    text = text.strip().lower()
    if _COMPACT.match(text):
        seconds = sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)([smhdw])", text))
    elif match := _DURATION.match(text):
        seconds = _amount(match[1]) * _UNITS[_singular(match[2])]
    else:
        raise BadInput(f"“{text}” is no duration; write for example 30m, 2h or 7d")
    if not 0 < seconds <= 3650 * 86_400:
        raise BadInput(f"a window of “{text}” is {'empty' if seconds <= 0 else 'longer than ten years'}")
    return timedelta(seconds=seconds)


def parse_time(text: str, now: datetime, *, since: datetime | None = None) -> datetime:
    """A moment for the options --from, --to and --now: ISO 8601 with a zone, or words as in a question.

    A time of day is meant in the zone of `now`, and is the last one that has been. The end of a window that starts at
    `since` is on the day of its start, or on the day after where it would lie before it and that has been. A date
    without a zone is refused: an option is often copied into a script, which runs elsewhere.
    """
    nanoseconds = parse_iso_nanoseconds(text)
    if nanoseconds is not None:
        return to_datetime(nanoseconds)
    if re.fullmatch(_MOMENT, text.strip(), re.IGNORECASE) and not re.search(_ISO, text, re.IGNORECASE):
        words = text.strip().lower()
        if since is None or not re.fullmatch(_CLOCK, words):
            moment = _moment(words, now)
            return moment if moment <= now else moment - _DAY
        try:
            moment = _moment(words, since.astimezone(now.tzinfo))
            return moment + _DAY if moment <= since and moment + _DAY <= now else moment
        except OverflowError as error:
            raise BadInput(f"“{words}” reaches beyond the calendar") from error
    raise BadInput(f"“{text[:60]}” is no time; write ISO 8601 with a zone, for example 2026-11-20T14:00:00Z")


@dataclass(frozen=True, slots=True)
class WindowPhrase:
    """The words of a text that name a window, and the text without them.

    `moment` says that they name a point in time ("around 14:00"), which the window merely surrounds.
    """

    window: TimeWindow
    words: str
    rest: str
    moment: bool


def find_window(question: str, now: datetime) -> tuple[TimeWindow | None, str]:
    """The window a question names (None where it names none), and the question without those words."""
    phrase = find_phrase(question, now)
    return (phrase.window, phrase.rest) if phrase else (None, question)


def find_phrase(question: str, now: datetime) -> WindowPhrase | None:
    """The first phrase that names a window; BadInput where it names one that cannot be."""
    for pattern, build in _PHRASES:
        match = pattern.search(question)
        if match is None:
            continue
        words = match.group().strip()
        try:
            start, end = build(match, now)
            window = TimeWindow.between(start, end, WindowSource.QUESTION)
        except OverflowError as error:
            raise BadInput(f"“{words}” reaches beyond the calendar") from error
        except ValueError as error:
            raise BadInput(f"“{words}”: {error}") from error
        rest = (question[: match.start()] + " " + question[match.end() :]).strip()
        return WindowPhrase(window, words, rest, moment=build in _MOMENTS and "day" not in words)
    return None


def find_range(text: str, now: datetime) -> WindowPhrase | None:
    """As `find_phrase`, where "14:00 to 15:00" needs no "from": for a text that is known to name a window."""
    return find_phrase(with_from(text), now)


def with_from(text: str) -> str:
    """The text with "from" put before each range of times that lacks it."""
    return _BARE_RANGE.sub(r"from \1 to \2", text)


Bounds = tuple[datetime, datetime]


def _last(match: re.Match[str], now: datetime) -> Bounds:
    seconds = _amount(match["count"] or "1") * _UNITS[_singular(match["unit"])]
    return now - timedelta(seconds=seconds), now


def _between(match: re.Match[str], now: datetime) -> Bounds:
    start, end = match["start"].lower(), match["end"].lower()
    if start.isdigit():
        start = f"{int(start):02d}:00"
    if end.isdigit():
        end = f"{int(end):02d}:00"
    first, last = _moment(start, now), _moment(end, now)
    if re.search(_ISO, start, re.IGNORECASE) and re.fullmatch(_CLOCK, end, re.IGNORECASE):
        last = first.replace(hour=0, minute=0, second=0, microsecond=0) + _clock(end)  # of the day just named
    # "yesterday between 14:00 and 15:00" and "from yesterday 14:00 to 15:00" mean one day.
    if "yesterday" in match.group().lower() and "yesterday" not in end and ":" in end and last.date() == now.date():
        last -= _DAY
    if "yesterday" in match.group().lower() and "yesterday" not in start and first.date() == now.date():
        first -= _DAY
    return first, last


def _since(match: re.Match[str], now: datetime) -> Bounds:
    start = _moment(match["start"].lower(), now)
    # A time of day still to come was meant of the day before.
    if start > now and "-" not in match["start"]:
        start -= _DAY
    return start, now


def _since_day(match: re.Match[str], now: datetime) -> Bounds:
    return _day(match, now)[0], now


def _around(match: re.Match[str], now: datetime) -> Bounds:
    moment = _moment(match["at"].lower(), now)
    if moment > now and "-" not in match["at"]:
        moment -= _DAY
    return moment - timedelta(minutes=15), moment + timedelta(minutes=15)


def _ago(match: re.Match[str], now: datetime) -> Bounds:
    seconds = _amount(match["count"]) * _UNITS[_singular(match["unit"])]
    moment = now - timedelta(seconds=seconds)
    if _singular(match["unit"]) in ("d", "day"):
        start = _midnight(moment)
        return start, min(now, start + _DAY)
    margin = timedelta(seconds=max(300, seconds / 6))
    return moment - margin, min(now, moment + margin)


def _day(match: re.Match[str], now: datetime) -> Bounds:
    word = match["day"].lower()
    today = _midnight(now)
    if word in ("today", "this morning", "tonight", "this afternoon", "this evening"):
        begin = {"this afternoon": 12, "this evening": 18, "tonight": 18}.get(word, 0)
        start = today + timedelta(hours=begin)
        return (start if start < now else start - _DAY), now
    if word == "last night":
        return today - timedelta(hours=6), min(now, today + timedelta(hours=8))
    if word.startswith("yesterday "):
        begin, end = {"morning": (0, 12), "afternoon": (12, 18)}.get(word.split()[1], (18, 24))
        return today - timedelta(hours=24 - begin), today - timedelta(hours=24 - end)
    if word == "yesterday":
        return today - _DAY, today
    if word == "this week":
        return today - timedelta(days=today.weekday()), now
    start = _moment(word, now)
    return start, start + _DAY


def _moment(text: str, now: datetime) -> datetime:
    """A moment in words or ISO 8601; without a zone it is meant in the zone of `now`."""
    text = text.strip()
    if text == "now":
        return now
    day = _midnight(now)
    if "yesterday" in text:
        day -= _DAY
    iso = re.search(_ISO, text, re.IGNORECASE)
    if iso:
        nanoseconds = parse_iso_nanoseconds(iso.group().upper())
        if nanoseconds is not None:
            return to_datetime(nanoseconds)
        try:
            return datetime.fromisoformat(iso.group().upper().replace(" ", "T")).replace(tzinfo=now.tzinfo)
        except ValueError as error:
            raise BadInput(f"“{iso.group()}” is no date and time") from error
    clock = re.search(_CLOCK, text, re.IGNORECASE)
    return day + _clock(clock.group()) if clock else day


def _clock(text: str) -> timedelta:
    if text in ("noon", "midnight"):
        return timedelta(hours=12 if text == "noon" else 0)
    numbers = [int(part) for part in re.findall(r"\d+", text)]
    hour, minute, second = [*numbers, 0, 0][:3]
    if text.endswith("pm") and hour < 12:
        hour += 12
    if text.endswith("am") and hour == 12:
        hour = 0
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _amount(text: str) -> float:
    return float(_NUMBER_WORDS.get(text.lower(), 0) or text)


def _singular(unit: str) -> str:
    unit = unit.lower()
    return unit if unit in _UNITS else unit.rstrip("s")


def _phrase(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


# "Between 9 and 10" is a time, "from 3 to 5 replicas" is not.
_HOUR = r"(?:[01]?\d|2[0-3])"
_NO_NOUN = r"\s*(?:$|[?.!,;:)]|o'?clock|today|yesterday|utc|on )"
_BETWEEN = (
    rf"\b(?:yesterday )?(?:between|from) (?P<start>{_MOMENT}|{_HOUR}) "
    rf"(?:and|to|until|till|-|–) (?P<end>{_MOMENT}|{_HOUR}(?={_NO_NOUN}))\b(?: yesterday)?"
)
_LAST = (
    r"\b(?:in |over |during |for |within )?(?:the )?(?:last|past|previous|recent) (?:the )?"
    rf"(?:(?P<count>{_COUNT}) ?)?(?P<unit>{_UNIT})\b"
)
_DAYS = (
    "yesterday (?:morning|afternoon|evening)|today|yesterday|this morning|this afternoon|this evening|tonight"
    "|last night|this week"
)

_PHRASES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], Bounds]], ...] = (
    (_phrase(_BETWEEN), _between),
    (_phrase(rf"(?P<start>{_ISO}) ?(?:\.\.|to|–) ?(?P<end>{_ISO})"), _between),
    (_phrase(rf"\b(?:since|after) (?P<start>{_MOMENT})(?!\w)"), _since),
    (_phrase(rf"\bfrom (?P<start>{_MOMENT}) (?:on|onwards?)\b"), _since),
    (_phrase(rf"\bsince (?:about |around |some )?(?P<count>{_COUNT}) ?(?P<unit>{_UNIT}) ago\b"), _last),
    (_phrase(rf"\bsince (?P<day>{_DAYS})\b"), _since_day),
    (_phrase(_LAST), _last),
    (_phrase(rf"\b(?:about |around |some )?(?P<count>{_COUNT}) ?(?P<unit>{_UNIT}) ago\b"), _ago),
    (_phrase(rf"\b(?:at|around|about) (?P<at>{_MOMENT})(?!\w)"), _around),
    (_phrase(rf"\b(?:on |of )?(?P<day>{_DAYS}|\d{{4}}-\d\d-\d\d)\b"), _day),
)

# Phrases that name a moment, around which a window is laid.
_MOMENTS = (_ago, _around)
_BARE_RANGE = _phrase(
    rf"(?<!from )(?<!between )(?<![\w:])({_MOMENT}) ?(?:to|until|till|-|–|\.\.) ?({_MOMENT})(?![\w:])"
)
