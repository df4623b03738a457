"""Metrics of a job that ends: gauges, recorded while it runs and sent once when it is through.

Nothing scrapes a process that is gone, so a job sends its figures over OTLP, which Prometheus takes as well
(`--web.enable-otlp-receiver`). A receiver that is down costs a warning, never the job.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import _Gauge as Gauge  # its public name is still to come
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource

from app.telemetry.conventions import SCOPE, SERVICE
from app.telemetry.metric_names import Metric

log = logging.getLogger(__name__)
SEND_SECONDS = 5.0


class Record(Protocol):
    """Takes one figure of a metric, with labels from closed sets."""

    def __call__(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Record it; the newest value counts."""


@contextmanager
def job_metrics(
    endpoint: str | None, *, service_name: str = SERVICE, readers: tuple[MetricReader, ...] = ()
) -> Iterator[Record]:
    """A `Record` whose figures are sent on the way out, also where the job fails.

    `endpoint` is the full OTLP/HTTP address for metrics; without it, and without `readers`, figures go nowhere.
    """
    if endpoint is not None:
        exporter = OTLPMetricExporter(endpoint=endpoint, timeout=SEND_SECONDS)
        # No regular export: a job has nothing to say before it is through.
        readers = (*readers, PeriodicExportingMetricReader(exporter, export_interval_millis=float("inf")))
    provider = MeterProvider(readers, Resource.create({SERVICE_NAME: service_name}), shutdown_on_exit=False)
    try:
        yield _Instruments(provider)
    finally:
        try:
            # A receiver that is down is told of in the exporter's own words.
            provider.force_flush(SEND_SECONDS * 1000)
            provider.shutdown(SEND_SECONDS * 1000)
        except Exception as error:  # noqa: BLE001  the edge of the job: telemetry must not take it down
            log.warning("the metrics of this run were not sent: %s", type(error).__name__)


class _Instruments:
    def __init__(self, provider: MeterProvider) -> None:
        self._meter = provider.get_meter(SCOPE)
        self._made: dict[Metric, Gauge] = {}

    def __call__(self, metric: Metric, value: float, /, **labels: str) -> None:
        if metric not in self._made:
            self._made[metric] = self._meter.create_gauge(metric.name, metric.unit, metric.description)
        self._made[metric].set(value, labels)
