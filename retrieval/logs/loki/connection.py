"""How Loki is reached: address, tenant, authentication, TLS, time limits."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from retrieval.errors import BadInput

API = "/loki/api/v1"


@dataclass(frozen=True, slots=True)
class LokiConnection:
    """Where Loki is and how to speak to it; nothing is opened by making one. Secrets stay out of its repr.

    `url` is the address before `/loki/api/v1` (which may be given too); a path prefix of a gateway stays. Basic
    authentication takes `username` and `password`, bearer `token`, never both. `read_seconds` bounds the wait
    for each part of an answer; a whole question is bounded by the budget. `on_request` sees every request before it is
    sent, and may add headers to it.
    """

    url: str
    tenant: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    insecure: bool = False
    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    on_request: Callable[[httpx.Request], Awaitable[None]] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BadInput("LOKI_URL has to be an address like http://loki-gateway.logging.svc:80")
        if self.token and self.username:
            raise BadInput("give Loki either a user name and password or a bearer token, not both")
        for name, value in (("tenant", self.tenant), ("token", self.token)):
            if value is not None and not (value.isascii() and value.isprintable() and value.strip() == value):
                raise BadInput(f"the Loki {name} holds characters that no HTTP header can carry")

    @property
    def base(self) -> str:
        """The address that requests are relative to, without the API's path."""
        return self.url.rstrip("/").removesuffix("/push").removesuffix(API)

    @property
    def shown(self) -> str:
        """The address as it may be shown: without user name and password."""
        parts = urlsplit(self.base)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()

    def client_arguments(self) -> dict[str, Any]:
        """The arguments of the `httpx.AsyncClient`: headers, authentication, verification, time limits."""
        headers = {"Accept": "application/json"}
        if self.tenant:
            headers["X-Scope-OrgID"] = self.tenant
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        arguments: dict[str, Any] = {
            "base_url": self.base,
            "headers": headers,
            "timeout": httpx.Timeout(self.read_seconds, connect=self.connect_seconds),
            "limits": httpx.Limits(max_connections=8),
            "verify": self._verification(),
            "follow_redirects": False,
        }
        if self.on_request is not None:
            arguments["event_hooks"] = {"request": [self.on_request]}
        if self.username:
            arguments["auth"] = httpx.BasicAuth(self.username, self.password or "")
        return arguments

    def _verification(self) -> ssl.SSLContext | bool:
        if self.insecure:
            return False
        if urlsplit(self.url).scheme == "http":
            # To load the authorities takes 30 ms, and no redirect is followed to where they count; this trusts nobody.
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.ca_file is None:
            return True
        try:
            return ssl.create_default_context(cafile=str(self.ca_file))
        except (OSError, ssl.SSLError) as error:
            raise BadInput(f"the CA file for Loki cannot be used: {self.ca_file} ({error})") from error
