"""Options that several commands share, and what they become."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated

import typer

from app.time_phrases import parse_duration, parse_time
from retrieval.errors import BadInput
from retrieval.taxonomy import WindowSource
from retrieval.time_window import TimeWindow
from retrieval.timestamps import parse_iso_nanoseconds, to_nanoseconds

Logs = Annotated[
    list[Path] | None,
    typer.Option("--logs", metavar="PATH", help="A log file or folder to read instead of Loki; may be given again."),
]
Namespace = Annotated[str | None, typer.Option(help="Only lines of this namespace.")]
Window = Annotated[str | None, typer.Option("--window", metavar="DURATION", help="The last 30m, 2h, 7d …")]
From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Start of the window: ISO 8601 with a zone, or 14:00 …")
]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="End of the window, exclusive.")]
Now = Annotated[
    str | None,
    typer.Option("--now", metavar="TIME", help="What “now” means; for --logs the end of the logs where not given."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, and nothing else there.")]


@dataclass(frozen=True, slots=True)
class Times:
    """The options about time, as given, and the zone in which a time of day like 14:00 is meant."""

    window: str | None
    start: str | None
    end: str | None
    now: str | None
    zone: tzinfo = UTC

    def moment(self) -> datetime | None:
        """The moment of --now; BadInput where it is no time."""
        return parse_time(self.now, datetime.now(self.zone)) if self.now else None


def present(now: datetime | None, extent: TimeWindow | None) -> datetime:
    """What "now" is: the given moment, else the end of an archive, else the present."""
    return now or (extent.end_datetime if extent else datetime.now(UTC))


def chosen_window(times: Times, extent: TimeWindow | None) -> TimeWindow | None:
    """The window of the options, or None where there is none; BadInput where they contradict each other.

    `extent` is the window of an archive: its end is "now" where no other is given.
    """
    if times.window and (times.start or times.end):
        raise BadInput("give either --window or --from and --to, not both")
    if times.end and not times.start:
        raise BadInput("--to needs --from: say where the window starts")
    now = present(times.moment(), extent).astimezone(times.zone)
    try:
        if times.window:
            return TimeWindow.last(parse_duration(times.window), now, WindowSource.OPTION)
        if times.start:
            return between(times.start, times.end, now)
    except ValueError as error:
        raise BadInput(str(error)) from error
    return None


def between(first: str, last: str | None, now: datetime) -> TimeWindow:
    """The window from one time to another, or to now; ValueError where it ends before it starts."""
    start = parse_time(first, now)
    end = parse_time(last, now, since=start) if last else now
    return TimeWindow(_nanoseconds(first, start), _nanoseconds(last or "", end), WindowSource.OPTION)


def _nanoseconds(text: str, moment: datetime) -> int:
    """The moment, with all nine decimals where it is written with them."""
    exact = parse_iso_nanoseconds(text)
    return to_nanoseconds(moment) if exact is None else exact
