"""Requests to Loki's HTTP API, each with its time limit, its size limit and its few retries."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
import stamina

from retrieval.logs.loki import failures
from retrieval.logs.loki.answers import Count, Entry, read_bins, read_counts, read_entries, read_strings
from retrieval.logs.loki.connection import API, LokiConnection
from retrieval.logs.loki.failures import LokiFailure, PageTooLarge
from retrieval.logs.loki.logql import CountExpression, LogExpression, label_name
from retrieval.time_window import TimeWindow

T = TypeVar("T")

# Without it structured metadata would be merged into the stream labels, one stream a trace id.
_CATEGORIZE = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
# The tenant Loki itself uses where it has no tenants; its limits endpoints want one all the same.
_ONLY_TENANT = "fake"
_OTHER_ANSWER = 32 * 2**20
_ENTRIES_LIMIT = re.compile(r"max_entries_limit_per_query\W+(\d+)")


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is sent at most, and how long the first and the longest pause between are (seconds)."""

    attempts: int = 3
    first_pause: float = 0.2
    longest_pause: float = 2.0


@dataclass(frozen=True, slots=True)
class Page:
    """Log lines of one answer, in no promised order, and the size of that answer in bytes."""

    entries: list[Entry]
    size: int

    @property
    def newest(self) -> int:
        """The newest timestamp in it; ValueError where it is empty."""
        return max(entry.timestamp for entry in self.entries)


@dataclass(frozen=True, slots=True)
class _Answer:
    content_type: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class LokiClient:
    """One Loki, asked over HTTP. Every failure is a `LokiFailure`."""

    def __init__(self, connection: LokiConnection, retries: Retries | None = None) -> None:
        self._connection = connection
        self._retries = retries or Retries()
        self._http = httpx.AsyncClient(**connection.client_arguments())
        self.server_time: datetime | None = None
        """What Loki's clock (the Date header) said in its last answer."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def entries(
        self, expression: LogExpression, window: TimeWindow, limit: int, *, most_bytes: int, newest_first: bool = False
    ) -> Page:
        """At most `limit` lines of `[start, end)`, the oldest (or newest) ones; PageTooLarge over `most_bytes`."""
        parameters = _span(window) | {
            "query": str(expression),
            "limit": str(limit),
            "direction": "backward" if newest_first else "forward",
        }
        answer = await self._get(f"{API}/query_range", parameters, _CATEGORIZE, most_bytes)
        return Page(self._read(answer, read_entries), len(answer.body))

    async def counts(self, expression: CountExpression, until: int) -> list[Count]:
        """The counts of the range that ends with the nanosecond `until` (which it includes, unlike its start)."""
        answer = await self._get(f"{API}/query", {"query": str(expression), "time": str(until)})
        return self._read(answer, read_counts)

    async def bins(self, expression: CountExpression, window: TimeWindow) -> dict[int, int]:
        """Counts by the end of each step in nanoseconds; Loki aligns the steps to multiples of the range."""
        parameters = _span(window) | {"query": str(expression), "step": f"{expression.milliseconds / 1000:.3f}"}
        return self._read(await self._get(f"{API}/query_range", parameters), read_bins)

    async def label_names(self, window: TimeWindow) -> list[str]:
        """The names of the indexed labels."""
        return self._read(await self._get(f"{API}/labels", _span(window)), read_strings)

    async def label_values(self, name: str, window: TimeWindow) -> list[str]:
        """The values of an indexed label; empty where there is none of that name."""
        return self._read(await self._get(f"{API}/label/{label_name(name)}/values", _span(window)), read_strings)

    async def entries_limit(self) -> int | None:
        """The most lines Loki gives at once, as it publishes it; None where it does not (0 is no limit)."""
        headers = {} if self._connection.tenant else {"X-Scope-OrgID": _ONLY_TENANT}
        for path in (f"{API}/drilldown-limits", "/config/tenant/v1/limits"):
            try:
                found = _ENTRIES_LIMIT.search((await self._get(path, {}, headers)).text)
            except LokiFailure:
                continue
            if found:
                return int(found[1])
        return None

    def _read(self, answer: _Answer, read: Callable[[str], T]) -> T:
        try:
            return read(answer.text)
        except ValueError as error:
            raise failures.of_answer(answer.content_type, answer.body, self._connection.shown) from error

    async def _get(
        self,
        path: str,
        parameters: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        most_bytes: int = _OTHER_ANSWER,
    ) -> _Answer:
        attempts = stamina.retry_context(
            on=failures.may_pass,
            attempts=self._retries.attempts,
            wait_initial=self._retries.first_pause,
            wait_max=self._retries.longest_pause,
            wait_jitter=self._retries.first_pause,
            timeout=None,  # the question's budget ends it
        )
        async for attempt in attempts:
            with attempt:
                return await self._once(path, parameters, headers or {}, most_bytes)
        raise AssertionError("stamina ends with a result or an error")

    async def _once(
        self, path: str, parameters: Mapping[str, str], headers: Mapping[str, str], most_bytes: int
    ) -> _Answer:
        shown, seconds = self._connection.shown, self._connection.read_seconds
        try:
            async with self._http.stream("GET", path.lstrip("/"), params=parameters, headers=headers) as response:
                body = await _bounded_body(response, most_bytes)
        except httpx.TransportError as error:
            raise failures.of_transport(error, shown, seconds) from error
        except httpx.HTTPError as error:  # a broken encoding or a redirect without end
            raise failures.of_answer("", b"", shown) from error
        self.server_time = _date(response) or self.server_time
        if response.status_code != 200:
            raise failures.of_status(response.status_code, body[:2000].decode(errors="replace"), shown)
        return _Answer(response.headers.get("content-type", ""), body)


async def _bounded_body(response: httpx.Response, most_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > most_bytes:
            raise PageTooLarge
    return b"".join(chunks)


def _span(window: TimeWindow) -> dict[str, str]:
    return {"start": str(window.start), "end": str(window.end)}


def _date(response: httpx.Response) -> datetime | None:
    """The server's clock; a date of HTTP is UTC, also where a proxy leaves its zone out (RFC 9110, 5.6.7)."""
    try:
        moment = parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
