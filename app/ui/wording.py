"""How numbers, times and names of the contract are worded on the screen."""

from datetime import datetime, timedelta

from app.triage.verification import confidence_word
from retrieval.taxonomy import Category, WindowSource
from retrieval.timestamps import parse_iso_nanoseconds, to_datetime

_CATEGORIES = {
    Category.OOM_KILLED: "out of memory",
    Category.DNS: "DNS",
    Category.NETWORK_CNI: "pod network",
    Category.TLS_CERTIFICATE: "TLS certificate",
    Category.RBAC_AUTH: "permissions",
    Category.CONTROL_PLANE_ETCD: "control plane, etcd",
    Category.RATE_LIMIT_QUOTA: "rate limit or quota",
    Category.GITOPS_RECONCILE: "GitOps",
    Category.LLM_INFERENCE: "language model serving",
    Category.CONFIG_ERROR: "configuration",
}
WINDOW_SOURCES = {
    WindowSource.QUESTION: "from your question",
    WindowSource.OPTION: "set as an option",
    WindowSource.DEFAULT: "chosen by the assistant: your question names none",
}


def category_name(category: Category | str) -> str:
    """`oom_killed` → `out of memory`."""
    return _CATEGORIES.get(Category(category), category.replace("_", " "))


def confidence_words(confidence: float) -> str:
    """`0.78` → `high confidence (0.78)`; the three words are those that a model chooses from."""
    return f"{confidence_word(confidence)} confidence ({confidence:.2f})"


def duration(milliseconds: float) -> str:
    """`12.3` → `12 ms`, `1250` → `1.2 s`."""
    if milliseconds < 1:
        return "under 1 ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def span(start: str, end: str) -> str:
    """A window as people write one: `20 Nov 2026, 20:59:40 – 21:03:06 UTC (3 min 26 s)`."""
    first, last = moment_of(start), moment_of(end)
    if first is None or last is None:
        return f"{start} – {end}"
    closing = f"{last:%H:%M:%S}" if first.date() == last.date() else f"{last:%-d %b, %H:%M:%S}"
    return f"{first:%-d %b %Y, %H:%M:%S} – {closing} UTC ({length(last - first)})"


def clock(iso: str | None) -> str:
    """The time of day in UTC, empty where there is none."""
    moment = moment_of(iso)
    return f"{moment:%H:%M:%S}" if moment else ""


def seen(first: str | None, last: str | None) -> str:
    """When something was seen: `21:00:11`, or `21:00:11 – 21:04:02`."""
    begin, end = clock(first), clock(last)
    return begin if begin == end or not end else f"{begin} – {end}"


def moment_of(iso: str | None) -> datetime | None:
    """An ISO 8601 text as a datetime in UTC, to the microsecond."""
    nanoseconds = parse_iso_nanoseconds(iso) if iso else None
    return None if nanoseconds is None else to_datetime(nanoseconds)


def length(time: timedelta) -> str:
    """`1 h 30 min 5 s`, to the second."""
    seconds = round(time.total_seconds())
    parts = [(seconds // 86_400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    return " ".join(f"{value} {unit}" for value, unit in parts if value) or "0 s"
