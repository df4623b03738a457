"""What the side panel shows of one piece of evidence: log lines with their neighbours, or a runbook's sections."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from app.answer import EvidenceItem
from app.ui.shown_text import sentence, verbatim
from app.ui.turn_memory import Halves
from app.ui.wording import moment_of
from retrieval.log_lines import LogLine, LogTable
from retrieval.timestamps import to_iso

NEIGHBOURS = 6
# A pattern may be cited with many sample lines; each is shown among its own neighbours.
MOST_PLACES = 3
FEWER_NEIGHBOURS = 3
_HALVES = ("In the window before", "In the window after")


def excerpts(item: EvidenceItem, lines: LogTable, halves: Halves | None = None) -> list[list[LogLine]]:
    """For each line that the evidence stands on, that line with those before and after it in its stream.

    Of a change, lines of both windows are shown.
    """
    found = []
    for position in _places(item, lines, halves):
        try:
            found.append(list(lines.neighbours(position, NEIGHBOURS if halves is None else FEWER_NEIGHBOURS)))
        except KeyError:  # cited from what the window no longer holds
            continue
    return found


def _places(item: EvidenceItem, lines: LogTable, halves: Halves | None) -> list[int]:
    """The positions to show: the first ones; of two windows the first of each, then the last."""
    positions = list(item.lines or ())
    if halves is None or len(positions) < 2:
        return positions[:MOST_PLACES]
    times = dict(lines.rows.filter(pl.col("position").is_in(positions)).select("position", "timestamp").iter_rows())
    sides = [[p for p in positions if half[0] <= (times.get(p) or 0) < half[1]] for half in halves]
    return [*sides[0][:1], *sides[1][:1], *(sides[1] or sides[0])[1:][-1:]]


def log_panel(item: EvidenceItem, around: Sequence[Sequence[LogLine]], halves: Halves | None = None) -> dict[str, Any]:
    """Props of the element `LogPanel`; with `halves` each excerpt says in which of two windows it is."""
    cited = set(item.lines or ())
    return {
        "id": item.id,
        "text": verbatim(item.text),
        "source": sentence(item.source),
        "labels": [{"name": sentence(name), "value": sentence(value)} for name, value in item.labels.items()],
        "time": _full_time(item.timestamp),
        "excerpts": [
            {
                "half": _half(excerpt, cited, halves),
                "lines": [_line(line, cited=line.position in cited) for line in excerpt],
            }
            for excerpt in around
        ],
    }


def _half(excerpt: Sequence[LogLine], cited: Collection[int], halves: Halves | None) -> str:
    moment = next((line.timestamp for line in excerpt if line.position in cited and line.timestamp), None)
    if halves is None or moment is None:
        return ""
    return next((name for name, half in zip(_HALVES, halves, strict=True) if half[0] <= moment < half[1]), "")


def runbook_panel(item: EvidenceItem, title: str, sections: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Props of the element `RunbookPanel`: each section's heading and Markdown; the cited one is marked."""
    document, _, heading = item.source.partition("#")
    cited = heading.rpartition("/")[2]
    shown = [
        {
            "heading": sentence(each["heading"]),
            "text": verbatim(each["text"], 20_000),
            "cited": each["heading"] == cited,
        }
        for each in sections
    ]
    if not any(section["cited"] for section in shown):
        shown = [{"heading": sentence(cited or document), "text": verbatim(item.text, 20_000), "cited": True}, *shown]
    return {"id": item.id, "title": sentence(title), "source": sentence(item.source), "sections": shown}


def _line(line: LogLine, *, cited: bool) -> dict[str, Any]:
    return {
        "position": line.position,
        "time": _full_time(to_iso(line.timestamp) if line.timestamp is not None else None),
        "text": verbatim(line.text),
        "cited": cited,
    }


def _full_time(iso: str | None) -> str:
    moment = moment_of(iso)
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}" if moment else ""
