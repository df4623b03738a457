"""Metrics of a job, over real OTLP/HTTP."""

import time

import pytest

from app.telemetry import metric_names as names
from app.telemetry.job_metrics import SEND_SECONDS, job_metrics
from app.telemetry.metric_names import Kind
from tests.metrics_receiver import receiving_metrics


@pytest.fixture
def receiver():
    with receiving_metrics() as receiver:
        yield receiver


def test_figures_are_sent_once_when_the_job_is_through(receiver):
    """By their labels, each with its newest value."""
    with job_metrics(receiver.endpoint) as record:
        record(names.INGESTED_DOCUMENTS, 3, collection="runbooks", outcome="added")
        record(names.INGESTED_DOCUMENTS, 2, collection="runbooks", outcome="added")
        record(names.EVALUATION, 0.7, metric="category", dataset="golden-v1", engine="extractive")
        record(names.EVALUATION, 0.8, metric="category", dataset="golden-v1", engine="extractive")
        assert not receiver.requests
    assert [path for path, _ in receiver.requests] == ["/v1/metrics"]
    assert receiver.points == {
        ("logagent.ingestion.documents", (("collection", "runbooks"), ("outcome", "added"))): 2,
        ("logagent.evaluation.metric",
         (("dataset", "golden-v1"), ("engine", "extractive"), ("metric", "category"))): 0.8,
    }  # fmt: skip


def test_a_job_that_fails_sends_what_it_had(receiver):
    """And fails as it would have."""

    def job():
        with job_metrics(receiver.endpoint) as record:
            record(names.EMBEDDED_CHUNKS, 7, collection="runbooks")
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        job()
    assert list(receiver.points.values()) == [7]


def test_a_receiver_that_is_down_costs_no_job():
    """It is done within the time for sending, without an exception."""
    began = time.perf_counter()
    with job_metrics("http://127.0.0.1:9/v1/metrics") as record:
        record(names.EMBEDDED_CHUNKS, 1, collection="runbooks")
    assert time.perf_counter() - began < 3 * SEND_SECONDS


def test_without_a_receiver_nothing_is_sent():
    """And recording does no harm."""
    with job_metrics(None) as record:
        record(names.INGESTION_SECONDS, 1.0, collection="runbooks")


def test_what_a_job_sends_is_never_a_counter():
    """A counter that is seen a single time has no increase, so a dashboard would show nothing of it."""
    assert {metric.kind for metric in names.OF_JOBS} == {Kind.GAUGE}
