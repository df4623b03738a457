"""Events of several lines: a stack trace or an indented list belongs to the line that it stands under.

Joined by column and for each stream on its own, since streams are interleaved by time; a stream without such lines
costs one look at the start of each. Parts of lines that a container runtime cut are whole before (`partial_lines`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from retrieval.log_lines import LogTable
from retrieval.timestamps import NANOSECONDS

# Exceptions that are quoted of a chain, the innermost ones.
MOST_QUOTED = 3
# Lines of one event, and the time between two of them; more is a program that prints indented text on its own.
MOST_LINES = 250
MOST_APART = 5 * NANOSECONDS

_COLOUR = r"(?:\x1b\[[0-9;]*m)*"
# Lines that go on what was said before, whatever that was.
_FOLLOWS = (
    r"^(?:[ \t]|$|Caused by: |\.\.\. \d+ (?:more|common)|---> |goroutine \d+ \[|created by |\[signal SIG"
    r"|During handling of the above|The above exception was|Traceback \(most recent call last\))"
)
_TRACEBACK = "Traceback (most recent call last)"
# Indented, but with a time of its own, or a row of the events of `kubectl describe`: a line all the same.
_DATED = (
    rf"^\s*{_COLOUR}\s*(?:[\[(]?(?:\d{{4}}[-/]\d\d[-/]\d\d|[IWEF]\d{{4}} \d\d:\d\d)|(?:Normal|Warning)\s+[A-Z]\w+\s)"
)
_FRAME = r"^\s+(?:at |\.\.\. \d+ (?:more|common)|from )"
# A line that an exception begins, or that ends a Python traceback.
_RAISED = (
    r"^(?:Caused by: |---> )?(?:(?:[A-Za-z_][\w$]*[.:]{1,2})*[A-Z][\w$]*"
    r"(?:Error|Exception|Throwable|Exit|Interrupt|Warning|Fault)\b|(?:[a-z_]\w*\.)+[A-Z]\w*: )"
)
_GO_CALL = r"^[\w./*()·{}-]+\(.*\)$"
_CLOSING = r"^[}\])]+[;,]?$"
_TROUBLE = r"(?i)error|exception|fatal|fail|panic|unhandled|uncaught|severe|critical|crash"
# A first line that does not say what happened: the exception under it does, or the next line.
_NAMELESS = r"(?i)exception|traceback|unhandled|uncaught|\.(?:js|ts|rb):\d+$"
_EMPTY = rf"^\s*{_COLOUR}(?:\S{{0,2}}|(?:trce|dbug|info|warn|fail|crit): \S+\[\d+\])$"


@dataclass(frozen=True)
class Events:
    """The events of a table.

    `heads` holds the first line of each, in columns of the table and its order; `said` is the text by which it is
    told from others: that line, and the exception where the line alone says nothing. `of_row` is the event of each row.
    `followers` are the rows behind first lines, in order: `event`, `position`, `line`, and whether it `tells` of an
    exception.
    """

    heads: pl.DataFrame
    said: pl.Series
    of_row: pl.Series
    followers: pl.DataFrame

    def texts(self, events: Sequence[int]) -> list[str]:
        """All lines of each of these events as one text."""
        behind = self.followers.filter(pl.col("event").is_in(list(set(events))))
        rest = dict(behind.group_by("event", maintain_order=True).agg(pl.col("line").str.join("\n")).iter_rows())
        firsts = self.heads["line"].gather(list(events)).to_list()
        return [
            f"{first}\n{rest[event]}".rstrip() if event in rest else first
            for event, first in zip(events, firsts, strict=True)
        ]

    def quotes(self, event: int) -> tuple[str, tuple[int, ...]]:
        """What to quote of an event: its first line and those that tell of an exception, and their positions."""
        telling = self.followers.filter((pl.col("event") == event) & pl.col("tells")).tail(MOST_QUOTED)
        lines = [self.heads["line"][event], *telling["line"].to_list()]
        return "\n".join(lines), (self.heads["position"][event], *telling["position"].to_list())

    def positions(self, events: pl.Series, most: int) -> tuple[int, ...]:
        """Positions of what to quote of these events, the first ones."""
        heads = self.heads["position"].gather(events)
        telling = self.followers.filter(pl.col("tells") & pl.col("event").is_in(events.implode()))["position"]
        return tuple(pl.concat([heads, telling]).sort().head(most).to_list())


def events_of(table: LogTable) -> Events:
    """The events of a table, oldest first."""
    rows = table.rows
    goes_on = rows["line"].str.contains(_FOLLOWS)
    if not goes_on.any():
        return _each_alone(rows)
    concerned = rows.filter(goes_on)["stream"].unique().implode()
    marked = rows.with_columns(goes_on.alias("goes_on")).with_row_index("row")
    followers = _followers(marked.filter(pl.col("stream").is_in(concerned)))
    head = np.arange(rows.height)
    behind = followers["row"].to_numpy()
    head[behind] = followers["head"].to_numpy()
    is_head = head == np.arange(rows.height)
    event_of = (np.cumsum(is_head) - 1)[head]
    heads = rows.filter(pl.Series(is_head))
    followers = followers.select(pl.Series("event", event_of[behind], dtype=pl.UInt32), "position", "line", "tells")
    followers = _with_told(heads["line"], followers)
    return Events(heads, _said(heads["line"], followers), pl.Series("event", event_of, dtype=pl.UInt32), followers)


def _each_alone(rows: pl.DataFrame) -> Events:
    nobody = pl.DataFrame(schema={"event": pl.UInt32, "position": pl.Int64, "line": pl.String, "tells": pl.Boolean})
    return Events(rows, rows["line"], pl.int_range(rows.height, dtype=pl.UInt32, eager=True).alias("event"), nobody)


def _followers(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that are not the first of their event, each with the row of that (`head`), in the table's order."""
    line, stream, goes_on = pl.col("line"), pl.col("stream"), pl.col("goes_on")
    rows = rows.sort("stream", maintain_order=True).with_columns(
        (goes_on & (line.str.strip_chars() == "")).alias("blank")
    )
    rows = rows.with_columns((stream == stream.shift(1)).fill_null(value=False).alias("same"))
    said = rows.filter(~pl.col("blank")).with_row_index("nth")
    # Only a line near one that goes on can belong to an event of several lines.
    near = pl.any_horizontal(goes_on.shift(places, fill_value=False) for places in (-2, -1, 0, 1))
    said = said.filter(near).with_columns(
        (goes_on & ~line.str.contains(_DATED) & ~line.str.starts_with(_TRACEBACK)).alias("follows"),
        line.str.contains(_RAISED).alias("raised"),
        line.str.contains(_FRAME).alias("frame"),
        line.str.starts_with(_TRACEBACK).alias("traceback"),
        # Of one stream, with no line but blank ones between.
        ((stream == stream.shift(1)) & (pl.col("nth") == pl.col("nth").shift(1) + 1))
        .fill_null(value=False)
        .alias("after"),
    )
    said = said.with_columns(_says_trouble(said)).with_columns((_joins() & _soon()).alias("joins"))
    marks = rows.join(said.select("row", "joins", "raised"), on="row", how="left", maintain_order="left")
    # A blank line goes with what is before it; the first line of a stream goes with nothing.
    starts = ~pl.col("same") | ~pl.coalesce("joins", "blank")
    nth = pl.int_range(pl.len()) - pl.when(starts).then(pl.int_range(pl.len())).forward_fill()
    marks = marks.with_columns((starts | (nth % MOST_LINES == 0)).alias("starts"))
    head = pl.when("starts").then("row").forward_fill().alias("head")
    tells = pl.col("raised").fill_null(value=False).alias("tells")
    return marks.select("row", head, "position", "line", tells, "starts").filter(~pl.col("starts")).sort("row")


def _says_trouble(said: pl.DataFrame) -> pl.Series:
    """Which lines before an exception or traceback speak of trouble; of the others it does not matter."""
    asked = (said["raised"] | said["traceback"]).shift(-1, fill_value=False)
    found = pl.zeros(said.height, dtype=pl.Boolean, eager=True).alias("trouble")
    return found.scatter(asked.arg_true(), said["line"].filter(asked).str.contains(_TROUBLE))


def _soon() -> pl.Expr:
    apart = pl.col("timestamp") - pl.col("timestamp").shift(1)
    return pl.col("after") & (apart.is_null() | (apart <= MOST_APART))


def _joins() -> pl.Expr:
    """Whether a line goes on the one before it, which is of the same stream."""
    follows, raised, line = pl.col("follows"), pl.col("raised"), pl.col("line")
    before, after_trouble = follows.shift(1, fill_value=False), pl.col("trouble").shift(1, fill_value=False)
    is_next = pl.col("after").shift(-1, fill_value=False)
    ends_traceback = raised & before & ~pl.col("frame").shift(1, fill_value=False)
    under_header = raised & after_trouble & pl.col("frame").shift(-1, fill_value=False) & is_next
    return (
        follows
        | ends_traceback
        | under_header
        | (pl.col("traceback") & (after_trouble | before))
        | (before & follows.shift(-1, fill_value=False) & is_next & line.str.contains(_GO_CALL))
        | (before & line.str.contains(_CLOSING))
    )


def _with_told(heads: pl.Series, followers: pl.DataFrame) -> pl.DataFrame:
    """The followers, where the first line is empty of meaning and no exception stands under it the next one tells."""
    empty = heads.gather(followers["event"]).str.contains(_EMPTY).alias("empty")
    nothing_raised = ~pl.col("tells").any().over("event")
    is_next = pl.int_range(pl.len()).over("event") == 0
    return (
        followers.with_columns(empty)
        .with_columns(pl.col("tells") | (pl.col("empty") & nothing_raised & is_next))
        .drop("empty")
    )


def _said(heads: pl.Series, followers: pl.DataFrame) -> pl.Series:
    """The first lines, those that do not say what happened with the last line under them that does."""
    told = followers.filter("tells").group_by("event", maintain_order=True).agg(pl.col("line").last())
    told = told.with_columns(heads.gather(told["event"]).alias("head"))
    told = told.filter(pl.col("head").str.contains(_NAMELESS) | pl.col("head").str.contains(_EMPTY))
    if told.is_empty():
        return heads
    texts = told.select(pl.concat_str("head", pl.lit(" "), pl.col("line").str.strip_chars())).to_series()
    return heads.clone().scatter(told["event"], texts)
