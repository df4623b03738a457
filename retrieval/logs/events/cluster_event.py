"""One event of the cluster, as a log line tells it."""

import re
from dataclasses import dataclass
from enum import StrEnum

# What a ReplicaSet and a Deployment, a DaemonSet, a StatefulSet put behind the name of a pod.
_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
_SUFFIXES = re.compile(rf"-(?:{_SAFE}{{8,10}}(?:-{_SAFE}{{5}})?|{_SAFE}{{5}}|\d{{1,3}})$")


class EventKind(StrEnum):
    """What an event means for a question about change; OTHER are events that change nothing by themselves."""

    ROLLOUT = "rollout"
    IMAGE = "image"
    RECONCILIATION = "reconciliation"
    RESTART = "restart"
    NODE = "node"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ClusterEvent:
    """What happened (`reason`, in Kubernetes' words where it has one) to which object, as the line says.

    `count` is how often by then; `warning` says that it is no ordinary event. `object_kind`, `namespace` and `name` are
    empty where the line does not say; `image` is the image of a pull, `revision` that of a reconciliation. `exported`
    says that the line is the event itself, which its shipper has no part in.
    """

    kind: EventKind
    reason: str
    message: str
    object_kind: str = ""
    namespace: str = ""
    name: str = ""
    count: int = 1
    warning: bool = False
    image: str = ""
    revision: str = ""
    exported: bool = False

    @property
    def workload(self) -> str:
        """The name without what belongs to one pod or replica set of it."""
        return workload_of(self.name) if self.object_kind.lower() in ("pod", "replicaset", "") else self.name

    @property
    def subject(self) -> str:
        """The workload as `namespace/name`, as far as known."""
        return "/".join(part for part in (self.namespace, self.workload) if part)


def workload_of(pod: str) -> str:
    """The name of the workload that a pod belongs to, by the name that Kubernetes gives the pod."""
    return _SUFFIXES.sub("", pod)
