"""What an ingestion tells of itself: its trace, and the figures that it sends at its end."""

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.settings import Settings
from app.telemetry.setup import Telemetry
from app.traced_ingestion import traced_ingestion
from ingestion.runbooks import ingest_runbooks
from ingestion.watch import Watch
from retrieval.knowledge.index import open_index
from tests.metrics_receiver import receiving_metrics
from tests.retrieval.knowledge.fake_embedder import FakeEmbedder

MARKER = "zanzibar"  # planted in a file's name and text


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "runbooks"
    folder.mkdir()
    (folder / "dns.md").write_text(f"# Names do not resolve\n## Fix\nrestart {MARKER}\n## Cause\nno such host\n")
    (folder / f"{MARKER}.md").write_text("# The disk is full\n## Fix\nprune images\n")
    (folder / "empty.md").write_text("")
    return folder


@pytest.fixture
def receiver():
    with receiving_metrics() as receiver:
        yield receiver


@pytest.fixture
def job(tmp_path, corpus, receiver):
    """Runs the job on the corpus, and gives its finished spans."""
    settings = Settings.read(
        app={"home": tmp_path / "home"},
        telemetry={"otel_exporter_otlp_metrics_endpoint": receiver.endpoint, "otel_exporter_otlp_endpoint": None},
    )

    def job(embedder=None, *, stop=lambda: False, dry_run=False):
        embedder = embedder or FakeEmbedder()
        spans = InMemorySpanExporter()
        telemetry = Telemetry(processors=[SimpleSpanProcessor(spans)])
        try:
            with (
                open_index(embedder.model, folder=tmp_path / "chroma") as index,
                traced_ingestion(telemetry, settings, "runbooks", dry_run=dry_run) as traced,
            ):
                watch = traced.watched(Watch(stop=stop))
                traced.done(ingest_runbooks([corpus], index, embedder=embedder, dry_run=dry_run, watch=watch))
        finally:
            telemetry.shutdown()
            job.spans = spans.get_finished_spans()
        return job.spans

    return job


def _parts(spans):
    root = next(span for span in spans if span.parent is None)
    return root, {span.name.removeprefix("logagent.ingestion."): span for span in spans if span is not root}


def test_each_part_is_a_span_below_the_job(job, corpus):
    """Load, redact, compare, chunk, embed, upsert and delete, with how much each was given; no text among it."""
    root, parts = _parts(job())
    assert root.name == "logagent.ingestion runbooks"
    assert set(parts) == {"load", "redact", "diff", "chunk", "embed", "upsert"}
    assert all(span.parent.span_id == root.context.span_id for span in parts.values())
    assert parts["embed"].attributes["logagent.ingestion.items.count"] == 5
    counts = ("added", "changed", "unchanged", "deleted", "failed", "embedded")
    assert [root.attributes[f"logagent.ingestion.{name}.count"] for name in counts] == [2, 0, 0, 0, 1, 5]
    (corpus / "dns.md").unlink()
    spans = job()
    assert {"delete"} <= set(_parts(spans)[1])
    assert MARKER not in "".join(span.to_json() for span in spans)


def test_its_figures_are_sent_at_its_end(job, receiver):
    """Documents by outcome, chunks, duration, rate, and that it did not end well: a file failed."""
    job()
    points = receiver.points
    of = (("collection", "runbooks"),)
    outcomes = ("added", "changed", "unchanged", "deleted", "failed")
    assert [points["logagent.ingestion.documents", (*of, ("outcome", name))] for name in outcomes] == [2, 0, 0, 0, 1]
    assert points["logagent.ingestion.chunks_embedded", of] == 5
    assert points["logagent.ingestion.run", of] > 0
    assert points["logagent.ingestion.chunks_per_second", of] > 0
    assert points["logagent.ingestion.ended", (*of, ("outcome", "failed"))] > 0


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [({"embedder": FakeEmbedder(fails_after=0)}, "failed"), ({"stop": lambda: True}, "stopped")],
    ids=["the model goes down", "a person stops it"],
)
def test_a_job_that_breaks_off_is_told_of(job, receiver, trouble, outcome):
    """Its span is an error with a type, and the figures say how it ended."""
    with pytest.raises(Exception, match=r"stopped|went down"):
        job(**trouble)
    root, _ = _parts(job.spans)
    assert root.attributes["error.type"].startswith(("retrieval.errors.", "ingestion.watch."))
    assert [labels for name, labels in receiver.points if name == "logagent.ingestion.ended"] == [
        (("collection", "runbooks"), ("outcome", outcome))
    ]


def test_a_dry_run_sends_nothing(job, receiver):
    """It changed nothing, so it is no run to count; its trace says that it was one."""
    root, parts = _parts(job(dry_run=True))
    assert root.attributes["logagent.ingestion.dry_run"] is True
    assert not {"embed", "upsert", "delete"} & set(parts)
    assert receiver.requests == []
