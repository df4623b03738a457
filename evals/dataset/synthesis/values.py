"""The randomised values of one synthetic case: names that hold for the whole case, numbers drawn anew each time."""

import random
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial

# Kubernetes draws the random part of names from an alphabet without vowels.
_SAFE = "bcdfghjklmnpqrstvwxz2456789"
_HEX = "0123456789abcdef"
_APPS = (
    "paperless", "immich-server", "miniflux", "gitea", "grocy", "vaultwarden", "home-assistant", "jellyfin", "wiki",
    "booking-api", "invoicer", "photo-sync", "mealie", "audiobookshelf", "ticket-api", "mailer", "report-builder",
    "linkding", "bookstack", "stock-api",
)  # fmt: skip
_NAMESPACES = ("media", "home", "office", "tools", "apps", "prod", "staging", "family")
_REGISTRIES = ("registry.home.example", "ghcr.example", "harbor.home.example", "quay.example")
_HOSTS = ("api.weather.example.", "updates.example.org.", "pypi.example.net.", "smtp.example.com.", "hub.example.org.")


def _name(draw: random.Random, alphabet: str, length: int) -> str:
    return "".join(draw.choices(alphabet, k=length))


class Values(Mapping[str, str]):
    """What `{name}` stands for in the texts of a case; KeyError for a name that there is none of.

    `moment` (nanoseconds) is the time of the line being rendered, for the values that are times.
    """

    def __init__(self, draw: random.Random) -> None:
        self.moment = 0
        self._draw = draw
        self._fixed = _fixed(draw)
        number = draw.randint
        self._fresh = {
            "n": partial(number, 100, 9999), "n5": partial(number, 10_000, 65_000),
            "n9": partial(number, 100_000_000, 999_999_999), "s": partial(number, 1, 29),
            "ms": partial(number, 100, 999), "s2": partial(number, 10, 59), "rv": partial(number, 1_000_000, 9_999_999),
        }  # fmt: skip

    def __getitem__(self, name: str) -> str:
        if name in self._fixed:
            return self._fixed[name]
        if name in self._fresh:
            return str(self._fresh[name]())
        if name == "cid32":
            return _name(self._draw, _HEX, 32)
        if name in _TIMES:
            return self._time(_TIMES[name])
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter((*self._fixed, *self._fresh, "cid32", *_TIMES))

    def __len__(self) -> int:
        return len(self._fixed) + len(self._fresh) + 1 + len(_TIMES)

    def _time(self, form: str) -> str:
        moment = datetime.fromtimestamp(self.moment // 10**9, UTC)
        below = self.moment % 10**9
        text = moment.strftime(form)
        return text.replace("NANO", f"{below:09d}").replace("MICRO", f"{below // 1000:06d}").replace(
            "MILLI", f"{below // 10**6:03d}"
        )  # fmt: skip


_TIMES = {
    "time": "%Y-%m-%dT%H:%M:%S.NANOZ",
    "millis": "%Y-%m-%dT%H:%M:%S.MILLIZ",
    "klog": "%m%d %H:%M:%S.MICRO",
    "date": "%Y-%m-%d %H:%M:%S.MILLI",
    "nginxtime": "%Y/%m/%d %H:%M:%S",
    "clf": "%d/%b/%Y:%H:%M:%S +0000",
}


def _fixed(draw: random.Random) -> dict[str, str]:
    app, app2 = draw.sample(_APPS, 2)
    ns, ns2 = draw.sample(_NAMESPACES, 2)
    rs, r5 = _name(draw, _SAFE, draw.choice((9, 10))), _name(draw, _SAFE, 5)
    tag = f"v{draw.randint(0, 4)}.{draw.randint(0, 30)}.{draw.randint(0, 9)}"
    registry = draw.choice(_REGISTRIES)
    return {
        "app": app, "app2": app2, "ns": ns, "ns2": ns2, "rs": rs, "r5": r5, "tag": tag, "registry": registry,
        "pod": f"{app}-{rs}-{r5}", "pod2": f"{app2}-{_name(draw, _SAFE, 9)}-{_name(draw, _SAFE, 5)}",
        "image": f"{registry}/{app}:{tag}", "node": f"node-{draw.randint(2, 4)}", "cp": "node-1",
        "uid": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        "pvc": f"pvc-{uuid.UUID(int=draw.getrandbits(128), version=4)}", "cid": _name(draw, _HEX, 64),
        "cid8": _name(draw, _HEX, 8), "cid10": _name(draw, _HEX, 10), "sha1": _name(draw, _HEX, 40),
        "ip": f"192.168.{draw.randint(1, 60)}.{draw.randint(2, 250)}",
        "pip": f"10.244.{draw.randint(0, 4)}.{draw.randint(2, 250)}", "host": draw.choice(_HOSTS),
    }  # fmt: skip
