"""Lines for a Loki, pushed the way Alloy and Promtail do."""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import httpx


@dataclass(frozen=True)
class Line:
    """A line to push: nanoseconds, text, labels of its stream, structured metadata."""

    timestamp: int
    text: str
    labels: Mapping[str, str]
    metadata: Mapping[str, str] = field(default_factory=dict)


def push(url: str, lines: Iterable[Line], batch: int = 5_000) -> None:
    """Push lines to a Loki, oldest first, as real ones want them."""
    ordered = sorted(lines, key=lambda line: line.timestamp)
    with httpx.Client(base_url=url, timeout=30, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as client:
        for first in range(0, len(ordered), batch):
            streams: dict[tuple[tuple[str, str], ...], list[list[object]]] = {}
            for line in ordered[first : first + batch]:
                value = [str(line.timestamp), line.text, *([dict(line.metadata)] if line.metadata else [])]
                streams.setdefault(tuple(sorted(line.labels.items())), []).append(value)
            body = {"streams": [{"stream": dict(labels), "values": values} for labels, values in streams.items()]}
            answer = client.post("/loki/api/v1/push", json=body)
            assert answer.status_code == 204, answer.text
