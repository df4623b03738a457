"""What the program and its surroundings export: the series that a PromQL query may ask for, and their labels."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache

from app.telemetry.metric_names import ALL, EVALUATION, OF_JOBS, Kind
from deploy.validation.queries import bare_metrics_of, groupings_of, metrics_of, selections_of
from evals.golden import baseline_folder

# What a target gets from Prometheus itself, or from the operator's monitors.
OF_TARGETS = frozenset({"job", "instance", "namespace", "pod", "container", "endpoint"})
# Of others: the model server, and what the cluster says of its workloads.
FOREIGN: Mapping[str, frozenset[str]] = {
    "up": frozenset(),
    "llamacpp:requests_processing": frozenset(),
    "llamacpp:requests_deferred": frozenset(),
    "llamacpp:prompt_tokens_seconds": frozenset(),
    "llamacpp:predicted_tokens_seconds": frozenset(),
    "kube_job_status_failed": frozenset({"job_name"}),
    "kube_deployment_status_replicas_available": frozenset({"deployment"}),
}
_SENT_ONCE = frozenset(metric.prometheus_name for metric in OF_JOBS)


@cache
def exported() -> Mapping[str, frozenset[str]]:
    """Every series name that the program's metrics have, with its labels."""
    names: dict[str, frozenset[str]] = {}
    for metric in ALL:
        name, labels = metric.prometheus_name, frozenset(metric.labels)
        if metric.kind is Kind.HISTOGRAM:
            names |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
        else:
            names[name] = labels
    return names


def faults_of(query: str) -> Iterator[str]:
    """What a PromQL query that parses asks for in vain."""
    known = {**exported(), **FOREIGN}
    unknown = sorted(metrics_of(query) - set(known))
    if unknown:
        yield from (f"nothing exports {name}" for name in unknown)
        return
    for selected in selections_of(query):
        labels = known[selected.metric] | OF_TARGETS
        yield from (f"{selected.metric} has no label {label}" for label in sorted(set(selected.matched) - labels))
        if selected.metric == EVALUATION.prometheus_name:
            wanted = set(selected.matched.get("metric", "").split("|")) - {""}
            yield from (f"no evaluation exports the metric {name}" for name in sorted(wanted - _measured()))
    for label, metrics in groupings_of(query):
        if not any(label in known[name] | OF_TARGETS for name in metrics):
            yield f"{', '.join(sorted(metrics))} has no label {label}"
    for name in sorted(bare_metrics_of(query) & _SENT_ONCE):
        yield f"{name} is sent once and stale after five minutes: look back with last_over_time"


def legend_faults(query: str, legend: str) -> Iterator[str]:
    """Labels that the legend of a query shows and its result does not have."""
    grouped = {label for label, _ in groupings_of(query)}
    kept = grouped or {label for name in metrics_of(query) for label in {**exported(), **FOREIGN}.get(name, ())}
    for label in re.findall(r"{{\s*(\w+)\s*}}", legend):
        if label not in kept | (OF_TARGETS if not grouped else set()):
            yield f"the legend shows {label}, which the result has not"


@cache
def _measured() -> frozenset[str]:
    """The metrics of an evaluation, by the committed baseline."""
    return frozenset(json.loads((baseline_folder() / "metrics.json").read_text("utf-8")))
