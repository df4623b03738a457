"""The HTTP side of every model server: server-sent events, limits, one retry, and failures in sentences."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from pathlib import PurePath
from typing import Any, Literal, TypeVar

import httpx
import stamina
from pydantic import BaseModel, Field, ValidationError

from app.triage.verification import inert
from retrieval.errors import ModelDown

Health = Literal["ready", "loading", "down"]
Wire = TypeVar("Wire", bound=BaseModel)

CONNECT_SECONDS, SHORT_SECONDS = 3.0, 10.0  # to connect; for calls that generate nothing


class EventStream:
    """An incremental parser of server-sent events that gives the `data` of each; a chunk may end anywhere.

    It splits at line feeds alone: httpx's `aiter_lines` also splits at U+2028 and others, which JSON leaves unescaped.
    """

    def __init__(self) -> None:
        self._pending = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[str]:
        """The events that are complete with `chunk`; ValueError where a line is longer than a MiB."""
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        if len(self._pending) > 1 << 20:
            raise ValueError("an event without end")
        events = []
        for line in (each.rstrip(b"\r") for each in lines):
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line and self._data:
                events.append(b"\n".join(self._data).decode(errors="replace"))
                self._data = []
        return events


class ModelServer:
    """The HTTP side of a model server: limits, one retry before the first byte, and failures as `ModelDown`.

    `http` has the server as its `base_url` and is closed by whoever made it. `read_timeout_s` is the longest silence,
    which the evaluation of the prompt is too; `total_timeout_s` the longest answer. `sampling` goes with every
    request.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        api_key: str | None = None,
        read_timeout_s: float = 120.0,
        total_timeout_s: float = 600.0,
        sampling: Mapping[str, float] | None = None,
    ) -> None:
        self._http = http
        self._sampling = dict(sampling or {})
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._read_timeout_s, self._total_timeout_s = read_timeout_s, total_timeout_s
        # The part of the address that has no user and no password.
        self.name = f"The language model at {http.base_url.scheme}://{http.base_url.netloc.decode()}"

    async def _health(self, path: str) -> Health:
        """Whether a GET of `path` says ready (200) or still loading (503); anything else is down."""
        try:
            status = (await self._http.get(path, headers=self._headers, timeout=CONNECT_SECONDS)).status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            return "down"
        return "ready" if status == 200 else "loading" if status == 503 else "down"

    async def _call(self, path: str, wire: type[Wire], body: Mapping[str, Any] | None = None) -> Wire:
        """The answer to a short call, a POST where there is a body."""
        response = await self._open(path, body, SHORT_SECONDS)
        try:
            return self._read(await response.aread(), wire)
        except httpx.HTTPError as error:
            raise self._broken(error) from error
        finally:
            await response.aclose()

    async def _events(self, path: str, body: Mapping[str, Any], wire: type[Wire]) -> AsyncGenerator[Wire, None]:
        """The events of a streamed POST up to `[DONE]` or the end; closing the generator closes the connection.

        The connection is not used again: llama.cpp drops it after a stream without saying so, and a quarter of the
        requests that followed on it failed.
        """
        deadline = asyncio.get_running_loop().time() + self._total_timeout_s
        response = await self._open(path, body, self._read_timeout_s, {"Connection": "close"})
        try:
            if "text/event-stream" not in (kind := response.headers.get("content-type", "")):
                raise ModelDown(self._not_what_was_asked(kind, response.status_code))
            parser, chunks = EventStream(), response.aiter_bytes()
            while True:
                async with asyncio.timeout_at(deadline):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    return
                for event in parser.feed(chunk):
                    if event == "[DONE]":
                        return
                    yield self._read(event, wire)
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            raise self._broken(error) from error
        finally:
            await response.aclose()

    def _refusal(self, error: object) -> ModelDown:
        """The failure that an error object of the server tells of, wherever it stood."""
        fields = error if isinstance(error, dict) else {"message": error}
        if fields.get("type") == "exceed_context_size_error":
            return ModelDown(
                f"{self.name} has a context of {fields.get('n_ctx')} tokens and this question with its evidence takes "
                f"{fields.get('n_prompt_tokens')}: start it with a larger context (-c) or give it less evidence."
            )
        return ModelDown(f"{self.name} refused the request: {inert(str(fields.get('message')), 160)}")

    async def _open(
        self, path: str, body: Mapping[str, Any] | None, read_s: float, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """The response with status 200, its body unread; asked again once where nothing had been answered yet."""
        request = self._http.build_request(
            "GET" if body is None else "POST",
            path,
            json=body,
            headers={**self._headers, **(headers or {})},
            timeout=httpx.Timeout(read_s, connect=CONNECT_SECONDS),
        )
        try:
            async for attempt in stamina.retry_context(
                on=_may_pass, attempts=2, timeout=None, wait_initial=0.2, wait_jitter=0.1, wait_max=1.0
            ):
                with attempt:
                    response = await self._http.send(request, stream=True)
                    if response.status_code != 200:
                        await response.aread()
                        raise httpx.HTTPStatusError("not 200", request=request, response=response)
        except httpx.HTTPStatusError as error:
            raise self._status(error.response) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._broken(error) from error
        return response

    def _status(self, response: httpx.Response) -> ModelDown:
        """The failure that a status other than 200 stands for."""
        status, kind = response.status_code, response.headers.get("content-type", "")
        if status in (401, 403):
            return ModelDown(f"{self.name} refused the API key; set LLM_API_KEY to the one it was started with.")
        if status == 503:
            return ModelDown(f"{self.name} is not ready (HTTP 503), it may still be loading; ask again in a moment.")
        if "json" not in kind:
            return ModelDown(self._not_what_was_asked(kind, status))
        if status == 404:
            return ModelDown(f"{self.name} has no {response.request.url.path}; is it a llama.cpp server?")
        try:
            return self._refusal(response.json()["error"])
        except (ValueError, KeyError, TypeError):
            return ModelDown(f"{self.name} answered with HTTP {status}: {inert(response.text, 160)}")

    def _not_what_was_asked(self, kind: str, status: int) -> str:
        what = "a web page" if "html" in kind else inert(kind, 80) or "nothing that says what it is"
        return f"{self.name} answered with {what} (HTTP {status}); check its address."

    def _read(self, body: str | bytes, wire: type[Wire]) -> Wire:
        try:
            return wire.model_validate_json(body)
        except ValidationError as error:
            raise ModelDown(f"{self.name} answered with something other than the JSON it should.") from error

    def _broken(self, error: Exception | None = None) -> ModelDown:
        """The failure of a connection, by how far it had come; without an error, an answer without its end."""
        match error:
            case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.InvalidURL() | httpx.UnsupportedProtocol():
                return ModelDown(f"{self.name} cannot be reached; is it running there?")
            case httpx.TimeoutException():
                return ModelDown(f"{self.name} sent nothing for too long.")
            case TimeoutError():
                return ModelDown(f"{self.name} took longer than {self._total_timeout_s:g} s.")
        return ModelDown(f"{self.name} broke off in the middle of its answer.")


class ModelList(BaseModel):
    """The answer to `/v1/models`, which every server of this kind has."""

    data: list[dict[str, Any]] = Field(min_length=1)

    @property
    def first(self) -> str:
        """The name of the first model, without folders."""
        return PurePath(str(self.data[0].get("id"))).name


def _may_pass(error: Exception) -> bool:
    """Nothing was generated: no connection, a connection that had been dropped, or a model that still loads."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code == 503
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.RemoteProtocolError)
