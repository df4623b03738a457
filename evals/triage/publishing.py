"""A run's metrics, for dashboards of accuracy over time: over OTLP, and as a Prometheus textfile.

The textfile is for node-exporter's textfile collector, where nothing takes OTLP.
"""

from collections.abc import Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from app.telemetry import metric_names as names
from app.telemetry.job_metrics import job_metrics
from evals.metrics.metric import Metric

TEXTFILE = "metrics.prom"


def publish(
    metrics: Mapping[str, Metric],
    *,
    dataset: str,
    engine: str,
    endpoint: str | None,
    folder: Path,
    drift: Mapping[str, float] | None = None,
) -> None:
    """Write `metrics.prom` into the run's folder, and send the same figures where an OTLP endpoint is set."""
    figures = {name: metric.value for name, metric in metrics.items() if metric.value is not None}
    registry = CollectorRegistry()
    accuracy, shift = names.EVALUATION, names.DRIFT
    labels = ["metric", "dataset", "engine"]
    gauge = Gauge(accuracy.prometheus_name, accuracy.description, labels, registry=registry)
    moved = Gauge(shift.prometheus_name, shift.description, labels[:2], registry=registry)
    with job_metrics(endpoint) as record:
        for name, value in figures.items():
            gauge.labels(name, dataset, engine).set(value)
            record(accuracy, value, metric=name, dataset=dataset, engine=engine)
        for name, value in (drift or {}).items():
            moved.labels(name, dataset).set(value)
            record(shift, value, metric=name, dataset=dataset)
    write_to_textfile(str(folder / TEXTFILE), registry)
