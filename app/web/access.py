"""Who may use the web app, and who of them is an admin.

Without a setting for signing in, the app is for one person on one machine: whoever reaches the page is the same local
user. That user is an admin only where the app listens on a loopback address, since everybody else on a network would
be one too. With sign-in configured, nobody uses chat or API without it, and LOGAGENT_ADMINS names the admins.
"""

import base64
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.settings import Settings
from retrieval.errors import BadInput

LOCAL = "local"
# Memory-hard, about 50 ms: https://datatracker.ietf.org/doc/html/rfc7914
_N, _R, _P = 1 << 14, 8, 1
_LONGEST = 1_024  # characters of a name or password


@dataclass(frozen=True, slots=True)
class User:
    """Who asks."""

    name: str
    admin: bool


@dataclass(frozen=True)
class Access:
    """The rules. `header` is the header in which a gateway names the user, `passwords` has hashes by name."""

    header: str | None = None
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    admins: frozenset[str] = frozenset()
    local_admin: bool = False
    folders: tuple[Path, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> "Access":
        """The rules of these settings; BadInput where they contradict each other or the file cannot be read."""
        chosen = settings.access
        passwords = _read_passwords(chosen.password_file) if chosen.password_file else {}
        admins = frozenset(_listed(chosen.admins, ","))
        if admins and not (passwords or chosen.user_header):
            raise BadInput(
                "LOGAGENT_ADMINS names admins, but nobody can sign in: "
                "set LOGAGENT_PASSWORD_FILE or LOGAGENT_USER_HEADER"
            )
        return cls(
            header=chosen.user_header,
            passwords=passwords,
            admins=admins,
            local_admin=_is_loopback(settings.app.host),
            folders=tuple(Path(each).expanduser().resolve() for each in _listed(chosen.ingest_folders, ":")),
        )

    @property
    def closed(self) -> bool:
        """Whether one has to sign in."""
        return bool(self.header or self.passwords)

    def user(self, name: str | None) -> User | None:
        """The user of that name who signed in; the local user where nobody has to; None where one has to."""
        if not self.closed:
            return User(LOCAL, self.local_admin)
        if not name or (self.header is None and name not in self.passwords):  # a cookie outlives its user
            return None
        return User(name, name in self.admins)

    def name_in_headers(self, headers: Mapping[str, str]) -> str | None:
        """The name that the gateway gives, None where none is trusted or given."""
        name = headers.get(self.header, "").strip() if self.header else ""
        return name if name and len(name) <= _LONGEST and name.isprintable() else None

    def name_by_basic(self, authorization: str) -> str | None:
        """The name in a header of basic authentication, where its password is right; blocks for some 50 ms."""
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic" or not self.passwords:
            return None
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return None
        return self.name_by_password(name, password)

    def name_by_password(self, name: str, password: str) -> str | None:
        """The name, where the password is right; blocks for some 50 ms, whether there is such a user or not."""
        known = self.passwords.get(name) or hash_password("nobody", salt=b"\0" * 16)
        right = matches(password[:_LONGEST], known)
        return name if right and name in self.passwords else None

    def may_ingest(self, folder: Path) -> bool:
        """Whether a folder is one of those that admins may ingest from the chat, or lies in one."""
        resolved = folder.expanduser().resolve()
        return any(resolved.is_relative_to(allowed) for allowed in self.folders)


def hash_password(password: str, *, salt: bytes | None = None) -> str:
    """`scrypt$N$r$p$salt$hash`, as the password file holds it."""
    salt = salt or secrets.token_bytes(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=64 << 20)
    return "$".join(("scrypt", str(_N), str(_R), str(_P), base64.b64encode(salt).decode(), _text(digest)))


def matches(password: str, known: str) -> bool:
    """Whether a password is the one behind a hash; in constant time."""
    _, n, r, p, salt, digest = known.split("$")
    made = hashlib.scrypt(password.encode(), salt=base64.b64decode(salt), n=int(n), r=int(r), p=int(p), maxmem=64 << 20)
    return hmac.compare_digest(_text(made), digest)


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _read_passwords(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the password file {file} of LOGAGENT_PASSWORD_FILE cannot be read: {error}") from error
    passwords: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, known = line.strip().rpartition(":")
        try:
            matches("", known)
        except (ValueError, OverflowError) as error:
            raise BadInput(
                f"{file}, line {number}: not as `logagent password NAME` writes it, which is NAME:scrypt$…"
            ) from error
        if not name or name in passwords:
            raise BadInput(f"{file}, line {number}: {'it names nobody' if not name else f'{name} is there twice'}")
        passwords[name] = known
    if not passwords:
        raise BadInput(f"the password file {file} names nobody; `logagent password NAME` writes a line for it")
    return passwords


def _listed(text: str | None, separator: str) -> list[str]:
    return [part.strip() for part in (text or "").split(separator) if part.strip()]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
