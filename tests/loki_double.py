"""A Loki in this process: the semantics of Loki 3 for the requests this project sends, over real HTTP on loopback.

It is fed by `POST /loki/api/v1/push` as a real one is, so the same tests run against both. Faults are switched on per
test; `requests` keeps what was asked. Everything is held in memory.
"""

import asyncio
import bisect
import contextlib
import heapq
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.retrieval.loki.logql_semantics import ParseError, Query, parse

_SERVICE_NAMES = ("service", "app", "application", "app_name", "name", "app_kubernetes_io_name", "container",
                  "container_name", "k8s_container_name", "component", "workload", "job", "k8s_job_name")  # fmt: skip
_LEVEL = re.compile(r"""level"?\s*[=:]\s*"?(debug|info|warn|error|critical|fatal|trace)""", re.IGNORECASE)
_WORDS = ("critical", "fatal", "error", "warn", "debug", "info")
_OLDEST = 1_704_067_200 * 10**9  # the first day of the index schema
_SIX_HOURS = 6 * 3600 * 10**9

Entry = tuple[int, str, dict[str, str]]


@dataclass
class Faults:
    """What goes wrong: the next answers (status, body), slowness, wrong kinds of body, a clock that is off."""

    answers: list[tuple[int, str]] = field(default_factory=list)
    delay_seconds: float = 0.0
    html: bool = False
    half_body: bool = False
    clock_seconds: float = 0.0
    zone: str = "GMT"
    ignores_flags: bool = False
    after_pages: int | None = None
    """From the nth line query on, answer 500."""


@dataclass
class Limits:
    """Loki's own limits, with its defaults; `published` says whether the limits endpoints are there."""

    entries: int = 5_000
    series: int = 500
    range_ns: int = 721 * 3600 * 10**9
    published: bool = True
    tenants: bool = False


@dataclass(frozen=True)
class Asked:
    """One request that arrived."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


class RefusedError(Exception):
    """An error answer: status and text."""


class LokiDouble:
    """The state of the double and its HTTP application."""

    def __init__(self) -> None:
        self.faults, self.limits = Faults(), Limits()
        self.requests: list[Asked] = []
        self.url = ""
        self._streams: dict[tuple[tuple[str, str], ...], list[Entry]] = {}
        self._known: set[tuple[object, ...]] = set()
        api = "/loki/api/v1"
        self._routes = Starlette(
            routes=[
                Route("/ready", lambda _: PlainTextResponse("ready\n")),
                Route(f"{api}/push", self._push, methods=["POST"]),
                Route(f"{api}/query_range", self._query_range),
                Route(f"{api}/query", self._query),
                Route(f"{api}/labels", self._labels),
                Route(f"{api}/label/{{name}}/values", self._values),
                Route(f"{api}/drilldown-limits", self._limits),
            ],
            exception_handlers={
                ParseError: lambda _, error: PlainTextResponse(str(error), 400),
                RefusedError: lambda _, error: PlainTextResponse(error.args[1], error.args[0]),
                404: lambda *_: PlainTextResponse("404 page not found\n", 404),
            },
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request: its fault if one is set, the answer otherwise."""
        if scope["type"] != "http":
            return
        request = Request(scope)
        self.requests.append(Asked(request.url.path, dict(request.query_params), dict(request.headers)))
        faulty = None if request.url.path.endswith("/push") else await self._fault(request)

        async def dated(message: Any) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(time.time() + self.faults.clock_seconds, usegmt=True).replace("GMT", self.faults.zone)
                message["headers"] = [*message.get("headers", []), (b"date", date.encode())]
            await send(message)

        await (faulty or self._routes)(scope, receive, dated)

    async def _fault(self, request: Request) -> Response | None:
        faults = self.faults
        await asyncio.sleep(faults.delay_seconds)
        if self.limits.tenants and "x-scope-orgid" not in request.headers:
            return PlainTextResponse("no org id", 401)
        if faults.answers:
            status, text = faults.answers.pop(0)
            return PlainTextResponse(text, status)
        pages = sum(asked.path.endswith("query_range") for asked in self.requests)
        if faults.after_pages is not None and pages > faults.after_pages:
            return PlainTextResponse("rpc error: connection refused", 500)
        if faults.html:
            return HTMLResponse("<!doctype html><title>Log in</title>")
        if faults.half_body:
            head = {"content-length": "1000", "content-type": "application/json"}
            return Response('{"status":"success","data":{"resultType":"streams","result":[', headers=head)
        return None

    async def _push(self, request: Request) -> Response:
        for stream in (await request.json())["streams"]:
            labels = dict(stream["stream"])
            service = next((labels[name] for name in _SERVICE_NAMES if name in labels), "unknown_service")
            labels.setdefault("service_name", service)
            key = tuple(sorted(labels.items()))
            entries = self._streams.setdefault(key, [])
            for timestamp, line, *metadata in stream["values"]:
                if not isinstance(timestamp, str):
                    raise RefusedError(400, "loghttp.PushRequest.Streams: unmarshalerDecoder: Value looks like Number")
                if int(timestamp) < _OLDEST:
                    text = "rpc error: code = Unknown desc = failed to create stream: no schema config found for time 0"
                    raise RefusedError(500, text + "\n")
                known = {"detected_level": _level(line)} | (metadata[0] if metadata else {})
                entry = (int(timestamp), line, known)
                identity = (*key, *entry[:2], *sorted(known.items()))
                if identity not in self._known:  # Loki keeps one of lines that are alike in everything
                    self._known.add(identity)
                    bisect.insort(entries, entry, key=_time)
        return Response(status_code=204)

    async def _query_range(self, request: Request) -> Response:
        start, end = self._bounds(request)
        query = parse(request.query_params["query"])
        if query.range_ns is not None:
            return self._matrix(query, start, end, request.query_params.get("step", "60"))
        limit = int(request.query_params.get("limit", "100"))
        if limit > self.limits.entries:
            text = "max entries limit per query exceeded, limit > max_entries_limit_per_query"
            raise RefusedError(400, f"{text} ({limit} > {self.limits.entries})")
        backward = request.query_params.get("direction", "backward") == "backward"
        flags = request.headers.get("x-loki-response-encoding-flags", "")
        categorized = "categorize-labels" in flags and not self.faults.ignores_flags
        runs = [
            [(entry, labels) for entry in reversed(entries)] if backward else [(entry, labels) for entry in entries]
            for labels, entries in self._select(query, start, end)
        ]
        merged = heapq.merge(*runs, key=lambda one: one[0][0], reverse=backward)
        found: dict[tuple[tuple[str, str], ...], list[list[Any]]] = {}
        for (moment, line, metadata), labels in [one for one, _ in zip(merged, range(limit), strict=False)]:
            shown = labels if categorized else labels | metadata
            value = [str(moment), line, {"structuredMetadata": metadata}] if categorized else [str(moment), line]
            found.setdefault(tuple(sorted(shown.items())), []).append(value)
        data: dict[str, Any] = {"resultType": "streams"}
        if categorized:
            data["encodingFlags"] = ["categorize-labels"]
        data["result"] = [{"stream": dict(labels), "values": values} for labels, values in found.items()]
        return JSONResponse({"status": "success", "data": data | {"stats": {}}})

    async def _query(self, request: Request) -> Response:
        query, until = parse(request.query_params["query"]), int(request.query_params["time"])
        if query.range_ns is None:
            text = "log queries are not supported as an instant query type, please change your query to a range query"
            raise RefusedError(400, f"{text} type")
        counts = self._counts(query, until)
        result = [
            {"metric": dict(labels), "value": [until // 10**6 / 1000, str(lines)]} for labels, lines in counts.items()
        ]
        return JSONResponse({"status": "success", "data": {"resultType": "vector", "result": result, "stats": {}}})

    def _matrix(self, query: Query, start: int, end: int, step: str) -> Response:
        length = int(float(step.removesuffix("s")) * 1000) * 10**6
        series: dict[tuple[tuple[str, str], ...], list[list[Any]]] = {}
        for moment in range(start // length * length, -(-end // length) * length + 1, length):
            for labels, lines in self._counts(query, moment).items():
                series.setdefault(labels, []).append([moment // 10**6 / 1000, str(lines)])
        result = [{"metric": dict(labels), "values": values} for labels, values in series.items()]
        return JSONResponse({"status": "success", "data": {"resultType": "matrix", "result": result, "stats": {}}})

    def _counts(self, query: Query, until: int) -> dict[tuple[tuple[str, str], ...], int]:
        """Lines of the range that ends with `until`, by the labels asked for; its start is excluded."""
        counts: dict[tuple[tuple[str, str], ...], int] = {}
        for labels, entries in self._select(query, until - (query.range_ns or 0) + 1, until + 1):
            for _, _, metadata in entries:
                group = tuple((name, value) for name in query.by if (value := (labels | metadata).get(name)))
                counts[group] = counts.get(group, 0) + 1
        if len(counts) > self.limits.series:
            raise RefusedError(400, f"maximum number of series ({self.limits.series}) reached for a single query")
        return counts

    async def _labels(self, request: Request) -> Response:
        start, end = self._bounds(request)
        names = {name for labels in self._present(start, end) for name in labels}
        return JSONResponse({"status": "success"} | ({"data": sorted(names)} if names else {}))

    async def _values(self, request: Request) -> Response:
        start, end = self._bounds(request)
        name = request.path_params["name"]
        values = {labels[name] for labels in self._present(start, end) if name in labels}
        return JSONResponse({"status": "success"} | ({"data": sorted(values)} if values else {}))

    async def _limits(self, request: Request) -> Response:
        if not self.limits.published:
            return PlainTextResponse("404 page not found\n", 404)
        if "x-scope-orgid" not in request.headers:
            return PlainTextResponse("no org id\n", 401)
        return JSONResponse({"limits": {"max_entries_limit_per_query": self.limits.entries}, "version": "double"})

    def _bounds(self, request: Request) -> tuple[int, int]:
        end = int(request.query_params.get("end", time.time_ns()))
        start = int(request.query_params.get("start", end - _SIX_HOURS))
        if end < start:
            raise RefusedError(400, "end timestamp must not be before or equal to start time")
        if end - start > self.limits.range_ns:
            raise RefusedError(
                400, f"the query time range exceeds the limit (query length: {end - start}ns, limit: 30d1h)"
            )
        return start, end

    def _present(self, start: int, end: int) -> Iterator[dict[str, str]]:
        for labels, entries in self._streams.items():
            if bisect.bisect_left(entries, start, key=_time) < bisect.bisect_left(entries, end, key=_time):
                yield dict(labels)

    def _select(self, query: Query, start: int, end: int) -> Iterator[tuple[dict[str, str], list[Entry]]]:
        for key, entries in self._streams.items():
            labels = dict(key)
            if query.selects(labels):
                first, last = (bisect.bisect_left(entries, moment, key=_time) for moment in (start, end))
                yield labels, [one for one in entries[first:last] if query.passes(one[1], labels | one[2])]

    @contextlib.contextmanager
    def serving(self, **tls: Any) -> Iterator["LokiDouble"]:
        """Serve on a free port of loopback, in a thread of its own, until the block ends."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(
            uvicorn.Config(
                self, log_level="critical", date_header=False, lifespan="off", timeout_graceful_shutdown=1, **tls
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield self
        finally:
            server.should_exit = True
            thread.join(timeout=5)
            listener.close()


def _time(entry: Entry) -> int:
    return entry[0]


def _level(line: str) -> str:
    named = _LEVEL.search(line)
    lowered = line.lower()
    return named[1].lower() if named else next((word for word in _WORDS if word in lowered), "unknown")
