"""From a Loki to candidates: every filter asked, one of each error kept, a sample of them with their neighbours."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evals.dataset.cases import CaseLine, Labels
from evals.dataset.extraction.candidate import Candidate
from evals.dataset.extraction.filters import Filter, filter_table
from evals.dataset.extraction.sampling import sample
from evals.dataset.extraction.signatures import Found, Line, distinct
from retrieval.log_lines import LABELS, LogLine, LogTable
from retrieval.logs.loki import LabelMap, LokiConnection
from retrieval.logs.loki.client import LokiClient
from retrieval.logs.loki.logql import LogExpression
from retrieval.logs.loki.selection import Selection
from retrieval.redaction.redactor import redact_table, redact_texts
from retrieval.time_window import TimeWindow
from retrieval.timestamps import NANOSECONDS, to_iso

_BEFORE, _AFTER = 120 * NANOSECONDS, 60 * NANOSECONDS
_PAGE_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Extraction:
    """What an extraction came to: lines that the filters found, different errors among them, and the candidates."""

    lines: int
    errors: int
    by_filter: dict[str, int]
    candidates: list[Candidate]


@dataclass(frozen=True)
class Bounds:
    """How much is read: lines a filter, lines around each candidate, candidates together."""

    a_filter: int = 500
    around: int = 60
    candidates: int = 150


class Extractor:
    """Reads candidates out of one Loki. `advance` is called once for every filter and every candidate."""

    def __init__(self, connection: LokiConnection, bounds: Bounds, advance: Callable[[], None] = lambda: None) -> None:
        self._client = LokiClient(connection)
        self._map = LabelMap()
        self._selection = Selection(self._client, self._map)
        self._bounds = bounds
        self._advance = advance

    async def extract(self, window: TimeWindow, seed: int) -> Extraction:
        """The candidates of a window; LokiFailure where Loki does not answer."""
        everything = await self._selection.expression({}, window)
        lines: list[Line] = []
        by_filter: dict[str, int] = {}
        for each in filter_table().filters:
            found = await self._found(each, everything, window)
            by_filter[each.id] = len(found)
            lines += found
            self._advance()
        errors = distinct(lines)
        candidates = []
        for chosen in sample(errors, self._bounds.candidates, seed):
            candidates.append(await self._candidate(chosen, window))
            self._advance()
        return Extraction(len(lines), len(errors), by_filter, candidates)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _found(self, each: Filter, everything: LogExpression, window: TimeWindow) -> list[Line]:
        expression = each.expression(everything, self._map.candidates("app"), filter_table().noise)
        page = await self._client.entries(
            expression, window, self._bounds.a_filter, most_bytes=_PAGE_BYTES, newest_first=True
        )
        return [
            Line(entry.timestamp, entry.line, self._ours(entry.labels, entry.metadata), each, str(expression))
            for entry in page.entries
        ]

    async def _candidate(self, found: Found, window: TimeWindow) -> Candidate:
        """The found line among the lines of its pod (or of its namespace, node or application), redacted."""
        line = found.line
        logs = await self._around(line, window)
        table = LogTable.from_lines(
            LogLine(nth, moment, labels, text) for nth, (moment, text, labels) in enumerate(logs)
        )
        texts = redact_table(table).table.rows["line"].to_list()
        redacted = tuple(
            CaseLine(ts=to_iso(moment), labels=_labels(labels), line=text)
            for (moment, _, labels), text in zip(logs, texts, strict=True)
        )
        name = line.labels.get("pod") or found.component
        key = hashlib.sha256(f"{found.component}/{found.signature}".encode()).hexdigest()[:12]
        return Candidate(
            id=f"reported-{line.filter.id}-{key}",
            filter=line.filter.id,
            query=line.query,
            severity=found.severity,
            category=line.filter.category,
            component=found.component,
            signature=found.signature,
            count=found.count,
            question=redact_texts([f"What is going on with {name}?"])[0][0],
            found=next(
                nth for nth, (moment, text, _) in enumerate(logs) if (moment, text) == (line.timestamp, line.text)
            ),
            logs=redacted,
        )

    async def _around(self, line: Line, window: TimeWindow) -> list[tuple[int, str, dict[str, str]]]:
        """The lines just before and after it, the line itself always among them."""
        selectors = _narrowest(line.labels)
        half = max(1, self._bounds.around // 2)
        parts = []
        for start, end, newest in (
            (max(window.start, line.timestamp - _BEFORE), line.timestamp, True),
            (line.timestamp, min(window.end, line.timestamp + _AFTER), False),
        ):
            if end > start:
                part = TimeWindow(start, end)
                expression = await self._selection.expression(selectors, window)
                page = await self._client.entries(expression, part, half, most_bytes=_PAGE_BYTES, newest_first=newest)
                parts += [(e.timestamp, e.line, self._ours(e.labels, e.metadata)) for e in page.entries]
        mine = (line.timestamp, line.text)
        if mine not in [(moment, text) for moment, text, _ in parts]:
            parts.append((*mine, dict(line.labels)))
        return sorted(parts, key=lambda each: each[0])

    def _ours(self, labels: Mapping[str, str], metadata: Mapping[str, str]) -> dict[str, str]:
        known = self._map.ours(labels, metadata)
        return {name: known[name] for name in LABELS if name in known}


def _labels(labels: Mapping[str, str]) -> Labels:
    """Labels of a case, without secrets: a deployment may be named by anything."""
    values, _ = redact_texts(list(labels.values()))
    return Labels(**dict(zip(labels, values, strict=True)))


def _narrowest(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that name the fewest lines around: a pod in its namespace, else what there is."""
    names = ("namespace", "pod") if "pod" in labels else ("namespace", "node", "app")
    return {name: labels[name] for name in names if name in labels}
