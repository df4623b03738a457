"""The job that makes the index hold what the folders hold."""

import os

import pytest

from ingestion.loading import Source
from ingestion.runbooks import FILES_AT_ONCE, ingest_runbooks
from ingestion.watch import Stopped, Watch
from retrieval.errors import BadInput, IndexMismatch, KnowledgeDown
from retrieval.knowledge.index import open_index
from retrieval.knowledge.search import KnowledgeSearch, SubQuery
from tests.retrieval.knowledge.fake_embedder import FakeEmbedder


def stored(index):
    """(source's last part, doc id, text) of every section, and nothing half."""
    collection = index.find("runbooks")
    assert collection.survey().torn == frozenset()
    return sorted(
        (row.key[0].rpartition("/")[2], row.key[1], row.text) for row in collection.read() if row.kind == "section"
    )


def test_the_first_run_adds_everything(corpus, ingest, index):
    """Each Markdown file is a document, by its path within the folder; each section and title is embedded once."""
    report = ingest(corpus)
    assert (report.added, report.changed, report.unchanged, report.deleted, report.failed) == (
        ("dns.md", "storage/disk.md"), (), 0, (), ()
    )  # fmt: skip
    assert (report.chunks_embedded, report.ok) == (5, True)
    assert [row[1:] for row in stored(index)] == [
        ("dns.md", "no such host"), ("dns.md", "restart coredns"), ("storage/disk.md", "prune images")
    ]  # fmt: skip


def test_a_second_run_embeds_nothing_and_needs_no_model(corpus, ingest):
    """An unchanged corpus is left alone; the embedding model is not even asked."""
    ingest(corpus)
    unused = FakeEmbedder(fails_after=0)
    report = ingest(corpus, embedder=unused)
    assert (report.unchanged, report.chunks_embedded, unused.embedded) == (2, 0, [])


def test_a_changed_section_is_embedded_alone(corpus, ingest, index, embedder):
    """Of a changed file only the sections that changed are embedded; its own record keeps its title's vector."""
    ingest(corpus)
    embedder.embedded.clear()
    (corpus / "dns.md").write_text("# Names do not resolve\n## Fix\nscale coredns\n## Cause\nno such host\n")
    report = ingest(corpus)
    assert (report.changed, report.unchanged, report.chunks_embedded) == (("dns.md",), 1, 1)
    assert [text.rpartition("\n")[2] for text in embedder.embedded] == ["scale coredns"]
    assert ("runbooks", "dns.md", "scale coredns") in stored(index)
    assert ("runbooks", "dns.md", "restart coredns") not in stored(index)


def test_what_is_gone_is_deleted_within_its_source_only(corpus, tmp_path, ingest, index):
    """A file that left its folder leaves the index; the same name in another folder stays."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "dns.md").write_text("another team's words")
    ingest(corpus, other)
    (corpus / "dns.md").unlink()
    report = ingest(corpus)
    assert (report.deleted, report.unchanged) == (("dns.md",), 1)
    assert stored(index) == [
        ("other", "dns.md", "another team's words"),
        ("runbooks", "storage/disk.md", "prune images"),
    ]


def test_a_single_file_deletes_nothing_else(corpus, ingest, index):
    """Ingesting one file of a folder changes that file only, and under the same id."""
    ingest(corpus)
    (corpus / "dns.md").write_text("# Names do not resolve\nnew words")
    report = ingest(corpus / "dns.md")
    assert (report.changed, report.deleted, len(stored(index))) == (("dns.md",), (), 2)


def test_a_source_may_be_named(corpus, index, embedder):
    """A checkout whose path changes keeps its documents by the name of the source."""
    for folder in (corpus, corpus.rename(corpus.with_name("checkout-2"))):
        source = Source(name="git@example.test:runbooks", folder=folder if folder.exists() else corpus)
        if folder.exists():
            report = ingest_runbooks([source], index, embedder=embedder, redact_text=str)
    assert len(report.added) == 2
    renamed = Source(name=source.name, folder=folder.rename(folder.with_name("checkout-3")))
    assert ingest_runbooks([renamed], index, embedder=embedder, redact_text=str).unchanged == 2


def test_a_dry_run_says_what_it_would_do_and_does_nothing(corpus, ingest, index):
    """The difference is shown, nothing is made or written."""
    report = ingest(corpus, dry_run=True)
    assert (len(report.added), report.chunks_embedded, index.find("runbooks")) == (2, 0, None)


def test_secrets_are_taken_out_before_anything_is_kept(corpus, ingest, index, embedder):
    """Neither the embedding model nor the index sees what redaction removes."""
    (corpus / "dns.md").write_text("# Log in\nuse hunter2 as password")
    ingest(corpus, redact_text=lambda text: text.replace("hunter2", "[redacted]"))
    assert not any("hunter2" in text for text in embedder.embedded)
    assert any("[redacted]" in text for _, _, text in stored(index))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"caf\xe9", "not UTF-8: byte 3"),
        (b"---\ntitle: [\n---\nx", "front matter"),
        (b"x" * 5_000_000, "split it"),
        (b"# h\n" * 10_000, "headings"),
    ],
)
def test_a_file_that_fails_is_named_and_stops_no_other(corpus, ingest, content, reason):
    """The rest is taken; the report names file and reason."""
    (corpus / "bad.md").write_bytes(content)
    report = ingest(corpus)
    assert (len(report.added), report.ok, [failure.path for failure in report.failed]) == (2, False, ["bad.md"])
    assert reason in str(report.failed[0])


def test_a_file_that_fails_keeps_its_old_version(corpus, ingest, index):
    """A runbook that was broken by an edit is still found as it was."""
    ingest(corpus)
    (corpus / "dns.md").write_bytes(b"\xff")
    report = ingest(corpus)
    assert (report.deleted, [failure.path for failure in report.failed]) == ((), ["dns.md"])
    assert ("runbooks", "dns.md", "restart coredns") in stored(index)


def test_two_files_with_one_id_are_named(corpus, ingest):
    """An id of the front matter belongs to one file; the second is refused, in later runs too."""
    for name in ("a.md", "b.md"):
        (corpus / name).write_text(f"---\nid: same\n---\n{name}")
    for _ in range(2):
        failure = ingest(corpus).failed[0]
        assert (failure.path, failure.reason) == ("b.md", "it has the id same, which a.md has already")


def test_a_renamed_file_keeps_its_id(corpus, ingest):
    """The id of a file that is gone is free for the one that replaces it."""
    (corpus / "a.md").write_text("---\nid: same\n---\ntext")
    ingest(corpus)
    (corpus / "a.md").rename(corpus / "b.md")
    report = ingest(corpus)
    assert (report.added, report.deleted, report.failed) == (("b.md",), ("a.md",), ())


def test_links_that_leave_the_folder_are_refused(corpus, tmp_path, ingest):
    """A checkout cannot bring in other files of the machine; links within it, as Kubernetes makes them, are fine."""
    secret = tmp_path / "secret.txt"
    secret.write_text("text")
    (corpus / "leak.md").symlink_to(secret)
    (corpus / "..data").mkdir()
    (corpus / "..data" / "mounted.md").write_text("text")
    (corpus / "mounted.md").symlink_to("..data/mounted.md")
    report = ingest(corpus)
    assert ("mounted.md" in report.added, [failure.path for failure in report.failed]) == (True, ["leak.md"])


def test_nothing_there_changes_nothing(corpus, tmp_path, ingest, index):
    """A path that is not there, or a folder that is suddenly empty, is an error and no deletion."""
    ingest(corpus)
    with pytest.raises(BadInput, match="no file or folder"):
        ingest(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no Markdown"):
        ingest(tmp_path / "empty")
    assert len(stored(index)) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_no_deletion(corpus, ingest, index):
    """Documents that may only be hidden stay; the folder is named."""
    ingest(corpus)
    (corpus / "storage").chmod(0)
    report = ingest(corpus)
    (corpus / "storage").chmod(0o755)
    assert (report.deleted, [failure.path for failure in report.failed]) == ((), ["storage"])


def test_a_run_that_stops_half_way_is_completed_by_the_next(tmp_path, ingest, index, embedder):
    """What was written before the stop is kept and not embedded again; the rest follows."""
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(300):
        (folder / f"{n:03}.md").write_text(f"# Runbook {n}\n## Cause\ncause {n}\n## Fix\nfix {n}\n")
    with pytest.raises(KnowledgeDown):
        ingest(folder, embedder=FakeEmbedder(fails_after=600))
    assert 0 < index.find("runbooks").count() < 900
    report = ingest(folder)
    assert report.chunks_embedded + 512 == 900
    assert len(stored(index)) == 600
    assert ingest(folder).unchanged == 300


def test_a_half_written_document_that_is_gone_is_removed(tmp_path, ingest, index):
    """What a stopped run left of a file that was deleted meanwhile does not stay for ever."""
    folder = tmp_path / "long"
    folder.mkdir()
    (folder / "long.md").write_text("".join(f"## Heading {n}\ntext {n}\n" for n in range(700)))
    (folder / "short.md").write_text("text")
    with pytest.raises(KnowledgeDown):
        ingest(folder, embedder=FakeEmbedder(fails_after=600))
    (folder / "long.md").unlink()
    assert ingest(folder).deleted == ("long.md",)
    assert stored(index) == [("long", "short.md", "text")]


def test_progress_is_told(corpus, ingest):
    """The caller sees how many of how many texts are written."""
    seen = []
    ingest(corpus, watch=Watch(seen.append))
    assert [(step.done, step.total) for step in seen] == [(5, 5)]


def test_a_stop_ends_the_run_between_two_batches(tmp_path, ingest, index):
    """What is written stays; the sentence says how far it came."""
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(300):
        (folder / f"{n:03}.md").write_text(f"# Runbook {n}\n## Cause\ncause {n}\n## Fix\nfix {n}\n")
    seen = []
    with pytest.raises(Stopped, match="stopped after 512 of 900 texts"):
        ingest(folder, watch=Watch(seen.append, stop=lambda: bool(seen)))
    assert ingest(folder).chunks_embedded == 900 - 512


def test_new_labels_embed_nothing(corpus, ingest, index, embedder):
    """A file whose text stays keeps its vectors, whatever its front matter says now."""
    ingest(corpus)
    embedder.embedded.clear()
    text = (corpus / "dns.md").read_text()
    (corpus / "dns.md").write_text(f"---\ncategory: dns\n---\n{text}")
    report = ingest(corpus)
    assert (report.changed, report.chunks_embedded, embedder.embedded) == (("dns.md",), 0, [])
    hit = KnowledgeSearch(index, embedder).search([SubQuery("coredns")], filters={"category": "dns"})[0]
    assert hit.doc_id == "dns.md"
    assert index.find("runbooks").count() == 5


def test_a_folder_that_vanishes_half_way_is_no_deletion(corpus, tmp_path, ingest, index):
    """Gone before it is listed, or between its listing and its reading: named, and nothing is lost."""
    ingest(corpus)
    (corpus / "dns.md").write_text("changed")
    away = tmp_path / "away"

    def vanishing(text):
        if corpus.exists():
            corpus.rename(away)
        return text

    many = [corpus / f"{n}.md" for n in range(FILES_AT_ONCE)]
    for path in many:
        path.write_text("text")
    report = ingest(corpus, redact_text=vanishing)
    assert (report.deleted, report.ok) == ((), False)
    assert {"storage/disk.md"} <= {failure.path for failure in report.failed}
    assert "No such file" in str(report.failed[0])
    gone = ingest_runbooks([Source(str(corpus), corpus)], index, embedder=FakeEmbedder(), redact_text=str)
    assert (gone.deleted, [failure.path for failure in gone.failed]) == ((), ["."])
    away.rename(corpus)
    for path in many:
        path.unlink()
    assert ingest(corpus).ok


def test_a_model_that_is_not_there_leaves_the_index_to_the_right_one(corpus, index, ingest):
    """A run with a model that cannot be loaded writes nothing, and the next model is not held to its name."""
    wrong = FakeEmbedder(name="nowhere", fails_after=0)
    index.model, right = wrong.model, index.model
    with pytest.raises(KnowledgeDown, match="went down"):
        ingest(corpus, embedder=wrong)
    index.model = right
    assert (len(ingest(corpus).added), index.find("runbooks").description["embedding_model"]) == (2, "words")


def test_all_code_and_scripts_are_taken_as_text(corpus, ingest, index):
    """A runbook that is one code block is found; a script tag is not part of what is kept."""
    (corpus / "code.md").write_text("```sh\nkubectl get pods\n```\n")
    (corpus / "script.md").write_text("# Title\nbefore <script>alert(1)</script> after\n")
    assert len(ingest(corpus).added) == 4
    texts = {doc_id: text for _, doc_id, text in stored(index)}
    assert "kubectl get pods" in texts["code.md"]
    assert "alert" not in texts["script.md"]


def test_another_model_needs_a_rebuild(corpus, tmp_path, ingest, index):
    """A mismatch is refused before anything is written; a rebuild embeds everything anew and is then current."""
    ingest(corpus)
    index.close()
    other = FakeEmbedder(name="other")
    with open_index(other.model, folder=tmp_path / "chroma") as again:
        with pytest.raises(IndexMismatch):
            ingest_runbooks([corpus], again, embedder=other, redact_text=str)
        report = ingest_runbooks([corpus], again, embedder=other, redact_text=str, rebuild=True)
        assert (report.unchanged, report.chunks_embedded) == (2, 5)
        assert ingest_runbooks([corpus], again, embedder=other, redact_text=str).unchanged == 2
        assert KnowledgeSearch(again, other).search([SubQuery("prune images")])[0].doc_id == "storage/disk.md"
