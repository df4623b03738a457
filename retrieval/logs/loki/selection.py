"""From the selectors of a question to a LogQL expression that this Loki understands."""

import asyncio
import time
from collections.abc import Sequence

from retrieval.logs.loki.client import LokiClient
from retrieval.logs.loki.labels import DERIVED, LabelMap
from retrieval.logs.loki.logql import LabelFilter, LogExpression, Matcher
from retrieval.selectors import Selectors, values_of
from retrieval.time_window import TimeWindow
from retrieval.timestamps import NANOSECONDS

_HOUR = 3600 * NANOSECONDS
_FRESH_SECONDS = 300.0
_NAMES_IN_A_WARNING = 12


class Selection:
    """Knows which labels Loki has indexed around a window (asked at most every five minutes) and selects by them."""

    def __init__(self, client: LokiClient, label_map: LabelMap) -> None:
        self._client = client
        self._map = label_map
        self._indexed: dict[tuple[int, int], tuple[float, frozenset[str]]] = {}

    async def indexed(self, window: TimeWindow) -> frozenset[str]:
        """The indexed labels around a window; an empty answer is asked for again each time."""
        key = (window.start // _HOUR, window.end // _HOUR)
        asked, names = self._indexed.get(key, (0.0, frozenset[str]()))
        if not names or time.monotonic() - asked > _FRESH_SECONDS:
            names = frozenset(await self._client.label_names(window))
            if len(self._indexed) > 64:
                self._indexed.clear()
            self._indexed[key] = (time.monotonic(), names)
        return names

    async def expression(
        self, selectors: Selectors, window: TimeWindow, *, outside: Selectors | None = None
    ) -> LogExpression:
        """The log query of all lines whose labels have these values (names of `log_lines.LABELS`), and none `outside`.

        An indexed label goes into the selector. One that is not, or that goes by several names in this window, is
        filtered for after it, where structured metadata counts too.
        """
        indexed = await self.indexed(window)
        matchers: list[Matcher] = []
        filters: list[LabelFilter] = []
        for name, selected in selectors.items():
            values = values_of(selected)
            names = await self._names(name, values, indexed, window)
            if len(names) == 1 and (names[0] in indexed or not indexed):
                matchers.append(Matcher.any_of(names[0], values))
            else:
                filters.append(LabelFilter(tuple(Matcher.any_of(one, values) for one in names)))
        for name, selected in (outside or {}).items():
            never = [Matcher.none_of(one, values_of(selected)) for one in self._map.candidates(name)]
            known = [one for one in never if one.name in indexed]
            matchers += known
            filters += [LabelFilter((one,)) for one in never if not known]
        if not any(matcher.needs_value for matcher in matchers):
            matchers.insert(0, Matcher.present(self._always_there(indexed)))
        return LogExpression(tuple(matchers), tuple(filters))

    async def values(self, name: str, window: TimeWindow) -> list[str]:
        """The values that one of our labels takes in Loki's index, sorted."""
        names = [one for one in self._map.candidates(name) if one in await self.indexed(window)]
        lists = await asyncio.gather(*(self._client.label_values(one, window) for one in names))
        return sorted({value for values in lists for value in values if value})

    async def unknown(self, selectors: Selectors, window: TimeWindow) -> list[str]:
        """One sentence for each selector whose value Loki has never heard of in this window."""
        sentences: list[str] = []
        for name, selected in selectors.items():
            values = await self.values(name, window)
            shown = ", ".join(values[:_NAMES_IN_A_WARNING])
            more = f" and {len(values) - _NAMES_IN_A_WARNING} more" if len(values) > _NAMES_IN_A_WARNING else ""
            sentences += [
                f"Loki has no lines of {name} “{value}” in this window; it has {shown}{more}."
                for value in values_of(selected)
                if values and value not in values
            ]
        return sentences

    def grouping(self, name: str, indexed: frozenset[str]) -> str | None:
        """The one indexed label that goes by one of our names; None where there is none, or more than one."""
        names = [one for one in self._map.candidates(name) if one in indexed]
        return names[0] if len(names) == 1 else None

    async def _names(self, name: str, wanted: Sequence[str], indexed: frozenset[str], window: TimeWindow) -> list[str]:
        """Loki's names for one of ours, those that hold a wanted value where that can be told."""
        candidates = self._map.candidates(name)
        if not indexed:
            return [candidates[0]]
        present = [one for one in candidates if one in indexed]
        if not present:
            return list(candidates)
        if len(present) == 1:
            return present
        lists = await asyncio.gather(*(self._client.label_values(one, window) for one in present))
        holders = [one for one, values in zip(present, lists, strict=True) if not set(wanted).isdisjoint(values)]
        own = [one for one in holders if one != DERIVED]
        return own or holders or present[:1]

    def _always_there(self, indexed: frozenset[str]) -> str:
        likely = (DERIVED, *self._map.candidates("namespace"))
        return next((one for one in likely if one in indexed), min(indexed, default=likely[1]))
