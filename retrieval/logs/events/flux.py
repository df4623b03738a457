"""What Flux's controllers log of a reconciliation, as an event."""

import re
from collections.abc import Mapping
from typing import Any

from retrieval.logs.events.cluster_event import ClusterEvent, EventKind

# What a message means, the first that matches; the reasons are those of the events that Flux sends.
_MEANS = (
    ("ReconciliationFailed", re.compile(r"(?i)^reconciler error|reconciliation failed|failed to|\bfailed\b")),
    ("UpgradeSucceeded", re.compile(r"(?i)helm upgrade succeeded|running 'upgrade' action|release upgrade succeeded")),
    ("InstallSucceeded", re.compile(r"(?i)helm install succeeded|running 'install' action")),
    ("ArtifactStored", re.compile(r"(?i)^stored artifact|new artifact")),
    ("Pushed", re.compile(r"(?i)^pushed commit|committed and pushed")),
    ("Applied", re.compile(r"(?i)server-side apply (?:for [\w ]+ )?completed|^applied revision")),
    ("ReconciliationSucceeded", re.compile(r"(?i)^reconciliation finished|release in-sync|^health check passed")),
)
_REVISION = re.compile(r"[\w./-]+@sha(?:1|256):[0-9a-f]{6,64}|\b\d+\.\d+\.\d+(?:-[\w.]+)?(?:\+\w+)?\b")
_DONE = re.compile(r"\b(?:created|configured|deleted)\b")


def read_flux(record: Mapping[str, Any]) -> ClusterEvent | None:
    """The reconciliation that a controller's JSON record tells; None where it tells none."""
    group = str(record.get("controllerGroup") or record.get("logger") or "")
    thing = str(record.get("controllerKind") or "")
    if "fluxcd.io" not in group:
        return None
    message = str(record.get("msg") or "")
    reason = next((name for name, pattern in _MEANS if pattern.search(message)), None)
    if reason is None:
        return None
    target = record.get(thing) if isinstance(record.get(thing), dict) else {}
    error = str(record.get("error") or "")
    revision = str(record.get("revision") or "")
    if not revision and (found := _REVISION.search(message)):
        revision = found.group()
    return ClusterEvent(
        EventKind.RECONCILIATION,
        _changed(reason, record),
        f"{message}: {error}" if error else message,
        object_kind=thing,
        namespace=str(record.get("namespace") or (target or {}).get("namespace") or ""),
        name=str(record.get("name") or (target or {}).get("name") or ""),
        warning=reason == "ReconciliationFailed" or record.get("level") == "error",
        revision=revision,
    )


def _changed(reason: str, record: Mapping[str, Any]) -> str:
    """An apply that changed nothing is no more than a reconciliation that came round."""
    if reason != "Applied":
        return reason
    output = str(record.get("output") or record.get("msg"))
    return (
        "Applied"
        if _DONE.search(output) or output.lower().startswith("applied revision")
        else "ReconciliationSucceeded"
    )
