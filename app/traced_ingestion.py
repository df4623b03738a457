"""What an ingestion tells of itself, on the command line and in the chat: a trace, and its figures at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from app.settings import Settings, TelemetrySettings
from app.telemetry import metric_names as names
from app.telemetry.conventions import Attribute
from app.telemetry.job_metrics import job_metrics
from app.telemetry.setup import Telemetry
from app.telemetry.spans import TracedSpan, ingestion_part_span, ingestion_span
from ingestion.report import Report
from ingestion.watch import Part, Stopped, Watch


class TracedIngestion:
    """One job as it runs: each of its parts becomes a span, and its report the job's own attributes."""

    def __init__(self, span: TracedSpan) -> None:
        self._span = span
        self.report: Report | None = None
        self.embedding_seconds = 0.0

    def watched(self, watch: Watch) -> Watch:
        """The same watch, with a span around each part."""
        return replace(watch, part=self._part)

    def done(self, report: Report) -> None:
        """Note what the job did."""
        self.report = report
        self._span.set(
            {
                Attribute.ADDED: len(report.added),
                Attribute.CHANGED: len(report.changed),
                Attribute.UNCHANGED: report.unchanged,
                Attribute.DELETED: len(report.deleted),
                Attribute.FAILED: len(report.failed),
                Attribute.EMBEDDED: report.chunks_embedded,
            }
        )

    @contextmanager
    def _part(self, part: Part, items: int) -> Iterator[None]:
        with ingestion_part_span(self._span, part, items) as span:
            yield
        if part is Part.EMBED:
            self.embedding_seconds += span.duration_ms / 1000


@contextmanager
def traced_ingestion(
    telemetry: Telemetry, settings: Settings, collection: str, *, dry_run: bool = False
) -> Iterator[TracedIngestion]:
    """A job's trace; on the way out its figures are sent, also where it failed, and not of a dry run."""
    url = settings.knowledge.chroma_url
    began, ending = time.monotonic(), "failed"
    with ingestion_span(telemetry, collection, server=str(url) if url else None) as span:
        span.set({Attribute.DRY_RUN: dry_run})
        job = TracedIngestion(span)
        try:
            yield job
            ending = "done" if job.report is not None and job.report.ok else "failed"
        except Stopped:
            ending = "stopped"
            raise
        finally:
            if not dry_run:
                _send(job, settings.telemetry, collection, ending, time.monotonic() - began)


def _send(job: TracedIngestion, telemetry: TelemetrySettings, collection: str, ending: str, seconds: float) -> None:
    endpoint = telemetry.otel_exporter_otlp_metrics_endpoint
    with job_metrics(str(endpoint) if endpoint else None, service_name=telemetry.otel_service_name) as record:
        record(names.INGESTION_ENDED, time.time(), collection=collection, outcome=ending)
        record(names.INGESTION_SECONDS, seconds, collection=collection)
        if (report := job.report) is None:
            return
        counts = {
            "added": len(report.added),
            "changed": len(report.changed),
            "unchanged": report.unchanged,
            "deleted": len(report.deleted),
            "failed": len(report.failed),
        }
        for outcome, count in counts.items():
            record(names.INGESTED_DOCUMENTS, count, collection=collection, outcome=outcome)
        record(names.EMBEDDED_CHUNKS, report.chunks_embedded, collection=collection)
        if report.chunks_embedded and job.embedding_seconds:
            record(names.EMBEDDING_RATE, report.chunks_embedded / job.embedding_seconds, collection=collection)
