"""What changed between two windows: every event compared by rate, and the ones that changed ranked.

Listed is what differs at a false-discovery rate of 5 %, and beside it new trouble too rare for any test: one line of a
dying process is all there will ever be. Rare trouble is not listed where rare trouble as grave also went
away: by symmetry as much comes as goes where nothing changed, so there it comes and goes by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from retrieval.log_lines import LogTable
from retrieval.patterns.change import Change, ChangeKind, Changes, Judge, Judgement, judge_by_level
from retrieval.patterns.change_details import Details, grouped
from retrieval.patterns.significance import Comparison, Floats, compare, dispersion
from retrieval.patterns.tally import Tally, tally
from retrieval.taxonomy import Severity
from retrieval.time_window import TimeWindow

FALSE_DISCOVERY_RATE = 0.05
# The weight from which a single line is worth a word.
GRAVE = 6.0
# Rare trouble of the window after says nothing where that window is so long that it would show it anyway.
LIKELY_ANYWAY = 0.75
KIND_WEIGHT = {ChangeKind.NEW: 1.0, ChangeKind.INCREASED: 0.8, ChangeKind.GONE: 0.45, ChangeKind.DECREASED: 0.4}


def find_changes(
    before: LogTable,
    after: LogTable,
    before_window: TimeWindow,
    after_window: TimeWindow,
    judge: Judge = judge_by_level,
) -> Changes:
    """What changed from the window before to the window after; they may differ in length.

    `judge` reads the events that may have changed. Lines outside their window are passed over.
    """
    counted = tally(before, after, before_window, after_window)
    compared = _compared(counted, (before_window.seconds, after_window.seconds))
    events = counted.events.with_columns(pl.Series("q", compared.q_value))
    apart = (pl.col("count_0") == 0) | (pl.col("count_1") == 0)
    numbers = events.filter(apart | (pl.col("q") <= FALSE_DISCOVERY_RATE))["event"].to_list()
    details = Details(counted, (before_window, after_window), numbers)
    judgements = dict(zip(numbers, judge(details.patterns), strict=True))
    share = after_window.seconds / (before_window.seconds + after_window.seconds)
    listed = [
        _change(details, number, compared, judgements[number]) for number in _listed(events, details, judgements, share)
    ]
    ranked = sorted(listed, key=lambda change: (-change.score, change.onset, change.pattern.template))
    groups = grouped(ranked, counted.width)
    numbered = tuple(replace(change, group=group) for change, group in zip(ranked, groups, strict=True))
    return Changes(numbered, *counted.lines, counted.events.height, counted.untimed)


def _compared(counted: Tally, exposure: tuple[float, float]) -> Comparison:
    counts = [_column(counted, f"count_{window}") for window in (0, 1)]
    spread = [
        dispersion(counts[window], _column(counted, f"squares_{window}"), counted.buckets[window]) for window in (0, 1)
    ]
    degrees = np.maximum(spread[0][1] + spread[1][1], 1.0)
    return compare(counts[0], counts[1], exposure, np.maximum((spread[0][0] + spread[1][0]) / degrees, 1.0))


def _column(counted: Tally, name: str) -> Floats:
    return counted.events[name].cast(pl.Float64).to_numpy()


def _listed(events: pl.DataFrame, details: Details, judgements: Mapping[int, Judgement], share: float) -> list[int]:
    """The events that are changes: those that pass the test, and new trouble without a precedent."""
    significant, came = [], []
    went: dict[str, list[tuple[float, int]]] = {}
    for event in events.filter(pl.col("event").is_in(list(judgements))).iter_rows(named=True):
        number, judgement = event["event"], judgements[event["event"]]
        writer = _writer(details.event(number).labels)
        if event["q"] <= FALSE_DISCOVERY_RATE:
            significant.append(number)
        elif judgement.severity is Severity.INFO:
            continue
        elif not event["count_1"]:
            went.setdefault(writer, []).append((judgement.weight, event["parts_0"]))
        elif not event["count_0"] and _tells(event, judgement, share):
            came.append((number, writer, judgement.weight, event["parts_1"]))
    return significant + [
        number for number, writer, weight, parts in came if not _has_precedent(weight, parts, went.get(writer, ()))
    ]


def _writer(labels: Mapping[str, str]) -> str:
    """Who wrote an event. One that complained of something else before is no news; that another did says nothing."""
    return next((labels[name] for name in ("app", "container", "namespace") if labels.get(name)), "")


def _tells(event: Mapping[str, Any], judgement: Judgement, share: float) -> bool:
    """Whether trouble that is new but rare is worth a word: grave, or there more than once; and not by mere length.

    Lines of one part of the window came in one burst, so they are there once.
    """
    grave = judgement.weight >= GRAVE or event["parts_1"] > 1
    return grave and bool(share ** event["parts_1"] <= LIKELY_ANYWAY)


def _has_precedent(weight: float, parts: int, went: Sequence[tuple[float, int]]) -> bool:
    return any(other_weight >= weight and other_parts >= parts for other_weight, other_parts in went)


def _change(details: Details, number: int, compared: Comparison, judgement: Judgement) -> Change:
    event = details.event(number)
    kind = _kind(event.before, event.after, float(compared.ratio[number]))
    ratio, high = float(compared.ratio[number]), float(compared.ratio_high[number])
    strength = float(np.log1p(compared.strength[number]))
    return Change(
        kind=kind,
        pattern=event.pattern,
        labels=event.labels,
        severity=judgement.severity,
        before_count=event.before,
        after_count=event.after,
        pods=event.pods,
        rate_ratio=ratio if np.isfinite(ratio) else None,
        rate_ratio_interval=(float(compared.ratio_low[number]), high if np.isfinite(high) else None),
        p_value=float(compared.p_value[number]),
        q_value=float(compared.q_value[number]),
        onset=details.onset(number, kind),
        sparks=event.sparks,
        score=round(judgement.weight * strength * KIND_WEIGHT[kind], 4),
    )


def _kind(before: int, after: int, ratio: float) -> ChangeKind:
    if not before:
        return ChangeKind.NEW
    if not after:
        return ChangeKind.GONE
    return ChangeKind.INCREASED if ratio > 1 else ChangeKind.DECREASED
