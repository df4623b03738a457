"""Exact counts by label and level, made by Loki: a ranking of more lines than a question may read rests on them."""

from collections.abc import Mapping, Sequence

from retrieval.logs.loki.client import LokiClient
from retrieval.logs.loki.failures import LokiFailure
from retrieval.logs.loki.labels import LabelMap
from retrieval.logs.loki.logql import LogExpression
from retrieval.logs.loki.tiers import severe, warning
from retrieval.logs.loki.volume import LEVEL, count_over
from retrieval.logs.source import LineCount
from retrieval.time_window import TimeWindow


async def counts_by(
    client: LokiClient, label_map: LabelMap, expression: LogExpression, window: TimeWindow, by: Sequence[str]
) -> tuple[LineCount, ...] | None:
    """The lines of a query by our labels `by`, whatever Loki calls them; None where Loki does not count them.

    It does not where there are more series than it allows (500 by default), or where it is down.
    """
    names = dict.fromkeys(each for name in by for each in label_map.candidates(name))
    try:
        counts = await client.counts(count_over(expression, window, (LEVEL, *names)), window.end - 1)
    except LokiFailure:
        return None
    grouped: dict[tuple[tuple[str, str], ...], dict[str, int]] = {}
    for one in counts:
        ours = {name: value for name, value in label_map.ours(one.labels, {}).items() if name in by}
        levels = grouped.setdefault(tuple(sorted(ours.items())), {})
        level = one.labels.get(LEVEL, "")
        levels[level] = levels.get(level, 0) + one.lines
    levelled = any(any(levels) for levels in grouped.values())
    return tuple(_counted(dict(key), levels, levelled=levelled) for key, levels in grouped.items())


def _counted(labels: Mapping[str, str], levels: Mapping[str, int], *, levelled: bool) -> LineCount:
    known = frozenset(levels)
    errors, warnings = (sum(levels[each] for each in which(known)) for which in (severe, warning))
    return LineCount(labels, sum(levels.values()), errors if levelled else None, warnings if levelled else None)
