"""Which kind of event a reason is: the reasons that kubelet, controllers and Flux give."""

import re

from retrieval.logs.events.cluster_event import EventKind

_FLUX_KINDS = frozenset(
    {
        "kustomization", "helmrelease", "gitrepository", "ocirepository", "helmrepository", "helmchart", "bucket",
        "imageupdateautomation", "imagerepository", "imagepolicy", "externalartifact", "artifactgenerator",
    }
)  # fmt: skip
_REASONS = {
    EventKind.ROLLOUT: frozenset(
        {
            "ScalingReplicaSet", "DeploymentRollback", "DeploymentRollbackRevisionNotFound", "SuccessfulRescale",
            "RollingUpdate", "NewReplicaSetAvailable", "ReplicaSetUpdated", "SuccessfulUpdate", "RolloutCompleted",
            "RolloutUpdated", "RevisionUpdate",
        }
    ),
    EventKind.IMAGE: frozenset({"Pulling", "Pulled"}),
    EventKind.RECONCILIATION: frozenset(
        {
            "ReconciliationSucceeded", "ReconciliationFailed", "NewArtifact", "ArtifactStored", "ArtifactUpToDate",
            "ArtifactFailed", "InstallSucceeded", "InstallFailed", "UpgradeSucceeded", "UpgradeFailed",
            "RollbackSucceeded", "RollbackFailed", "HealthCheckFailed", "DriftDetected", "DependencyNotReady",
            "OperationStarted", "OperationCompleted", "ResourceUpdated",
        }
    ),
    EventKind.RESTART: frozenset(
        {
            "BackOff", "CrashLoopBackOff", "Killing", "OOMKilling", "OOMKilled", "SystemOOM", "ContainerDied",
            "Terminated", "Evicted", "Preempting", "Preempted", "ExceededGracePeriod", "TaintManagerEviction",
            "SandboxChanged", "FailedKillPod",
        }
    ),
    EventKind.NODE: frozenset(
        {
            "Rebooted", "RegisteredNode", "RemovingNode", "DeletingNode", "Shutdown", "InvalidDiskCapacity",
            "KernelOops", "EvictionThresholdMet", "FreeDiskSpaceFailed", "ContainerGCFailed", "ImageGCFailed",
        }
    ),
}  # fmt: skip
_IMAGE_TROUBLE = re.compile(r"\b(?:ErrImagePull|ImagePullBackOff|Back-?off pulling image)\b")


def kind_of_event(reason: str, object_kind: str, message: str) -> EventKind:
    """The kind of an event by its reason and the kind of its object."""
    thing = object_kind.lower()
    if thing in _FLUX_KINDS:
        return EventKind.RECONCILIATION
    if reason == "SuccessfulCreate" and thing in ("statefulset", "daemonset"):
        return EventKind.ROLLOUT
    if reason.startswith("Node") or (thing == "node" and reason == "Starting"):
        return EventKind.NODE
    if reason == "BackOff" and _IMAGE_TROUBLE.search(message):
        return EventKind.OTHER
    return next((kind for kind, reasons in _REASONS.items() if reason in reasons), EventKind.OTHER)
