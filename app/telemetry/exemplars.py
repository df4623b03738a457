"""Exemplars on `/metrics`: the trace of one request beside each bucket, so that Grafana opens it from a graph.

OpenTelemetry's reader for Prometheus leaves them out, so they are put onto the samples that it made. Only the
OpenMetrics form of the page carries them, which is the one that Prometheus asks for.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics.export import HistogramDataPoint, MetricsData
from opentelemetry.trace import format_span_id, format_trace_id
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar, Sample

from app.telemetry.metric_names import ALL, Kind

_HISTOGRAMS = {metric.name: metric.prometheus_name for metric in ALL if metric.kind is Kind.HISTOGRAM}
_Key = tuple[str, tuple[tuple[str, str], ...]]
NANOSECONDS = 1_000_000_000


class ExemplarReader(PrometheusMetricReader):
    """The reader, registered with `registry` as a collector whose buckets have exemplars."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._plain = CollectorRegistry()
        self._exemplars: dict[_Key, Exemplar] = {}
        super().__init__(registry=self._plain, scope_info_enabled=False)
        registry.register(_Annotated(self._plain, self._exemplars))

    def _receive_metrics(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object) -> None:
        super()._receive_metrics(metrics_data, timeout_millis, **kwargs)
        # The reservoir gives each exemplar once; what stands here is the newest of each bucket.
        self._exemplars.update(_found(metrics_data) if metrics_data else ())


class _Annotated(Collector):
    def __init__(self, plain: CollectorRegistry, exemplars: Mapping[_Key, Exemplar]) -> None:
        self._plain = plain
        self._exemplars = exemplars

    def collect(self) -> Iterable[Metric]:
        """The families, their buckets with exemplars."""
        for family in self._plain.collect():
            family.samples = [self._with_exemplar(sample) for sample in family.samples]
            yield family

    def _with_exemplar(self, sample: Sample) -> Sample:
        exemplar = self._exemplars.get((sample.name, _labels(sample.labels)))
        return sample if exemplar is None else sample._replace(exemplar=exemplar)


def _found(data: MetricsData) -> Iterator[tuple[_Key, Exemplar]]:
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                if (name := _HISTOGRAMS.get(metric.name)) is None:
                    continue
                for point in metric.data.data_points:
                    if isinstance(point, HistogramDataPoint):
                        yield from _of_point(f"{name}_bucket", point)


def _of_point(name: str, point: HistogramDataPoint) -> Iterator[tuple[_Key, Exemplar]]:
    labels = {key: str(value) for key, value in (point.attributes or {}).items()}
    bounds = [*point.explicit_bounds, "+Inf"]
    for exemplar in point.exemplars:
        if exemplar.trace_id is None or exemplar.span_id is None:
            continue
        bound = bounds[bisect_left(point.explicit_bounds, exemplar.value)]
        ids = {"trace_id": format_trace_id(exemplar.trace_id), "span_id": format_span_id(exemplar.span_id)}
        made = Exemplar(ids, exemplar.value, exemplar.time_unix_nano / NANOSECONDS)
        yield (name, _labels({**labels, "le": str(bound)})), made


def _labels(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))
