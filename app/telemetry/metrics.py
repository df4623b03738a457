"""Where metrics go: a `/metrics` page on a port of its own, and OTLP where an endpoint for metrics is set.

No global meter provider is set, for the reason that `app.telemetry.setup` gives. The page is on a port of its own so
that the gateway, which routes the chat's port, cannot show it to the world.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from prometheus_client import CollectorRegistry, start_http_server

from app.telemetry.conventions import SCOPE
from app.telemetry.exemplars import ExemplarReader
from retrieval.errors import BadInput

EXPORT_MILLISECONDS = 15_000
EXPORT_TIMEOUT_SECONDS = 3.0


@contextmanager
def serving_metrics(
    port: int | None, *, host: str = "127.0.0.1", endpoint: str | None = None, service_name: str = SCOPE
) -> Iterator[Meter | None]:
    """A meter whose metrics are served and sent while the block runs; None where neither is asked for.

    `port` is that of `/metrics`; `endpoint` the full OTLP/HTTP address for metrics. BadInput where the port is taken.
    """
    if port is None and endpoint is None:
        yield None
        return
    registry = CollectorRegistry()
    readers: list[MetricReader] = []
    if port is not None:
        readers.append(ExemplarReader(registry))
    if endpoint is not None:
        readers.append(_otlp(endpoint))
    provider = MeterProvider(
        readers, Resource.create({SERVICE_NAME: service_name, "service.instance.id": str(os.getpid())}),
        shutdown_on_exit=False,
    )  # fmt: skip
    try:
        with _page(port, host, registry):
            yield provider.get_meter(SCOPE)
    finally:
        provider.shutdown(timeout_millis=EXPORT_TIMEOUT_SECONDS * 1000)


@contextmanager
def _page(port: int | None, host: str, registry: CollectorRegistry) -> Iterator[None]:
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise BadInput(
            f"cannot serve metrics on {host}:{port}: {(error.strerror or str(error)).lower()}; "
            "choose another port with LOGAGENT_METRICS_PORT"
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=1)


def _otlp(endpoint: str) -> MetricReader:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415  only then

    return PeriodicExportingMetricReader(
        OTLPMetricExporter(endpoint=endpoint, timeout=EXPORT_TIMEOUT_SECONDS),
        export_interval_millis=EXPORT_MILLISECONDS,
        export_timeout_millis=EXPORT_TIMEOUT_SECONDS * 1000,
    )
