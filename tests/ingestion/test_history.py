"""The history of patterns: read slice by slice from a log source, kept by day, and asked for novelty."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from ingestion.history import ingest_history
from ingestion.pattern_catalogue import read_catalogue
from ingestion.watch import Stopped, Watch
from retrieval.errors import LogSourceDown
from retrieval.knowledge.search import KnowledgeSearch
from retrieval.log_lines import LogLine, LogTable
from retrieval.logs.source import Coverage, LogRead
from retrieval.timestamps import to_nanoseconds

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
SHOP = {"namespace": "shop", "app": "api", "pod": "api-7d9f"}


class Logs:
    """A log source: two lines an hour, one of them only on some days; remembers the windows asked for."""

    def __init__(self, *, disk_full=(), down=(), share=1, text="request {n} took {n} ms"):
        self.windows = []
        self._disk_full, self._down, self._share, self._text = disk_full, down, share, text

    async def read(self, query):
        self.windows.append(query.window)
        start = datetime.fromtimestamp(query.window.start / 1e9, UTC)
        if start.date() in self._down:
            raise LogSourceDown("Loki does not answer.")
        lines, moment = [], start
        while to_nanoseconds(moment) < query.window.end:
            texts = [self._text.format(n=moment.hour + 100)]
            if moment.date() in self._disk_full:
                texts.append(f"write failed: no space left on device sda{moment.hour}")
            lines += [LogLine(len(lines) + n, to_nanoseconds(moment), SHOP, text) for n, text in enumerate(texts)]
            moment += timedelta(hours=1)
        return LogRead(LogTable.from_lines(lines), Coverage(len(lines) * self._share, len(lines), self._share > 1))


@pytest.fixture
def ingest(index, embedder):
    def ingest(logs, *, since=timedelta(days=7), now=NOW, watch=None, **options):
        catalogue = asyncio.run(read_catalogue(logs.read, since, now, watch or Watch()))
        return ingest_history(catalogue, "loki", index, embedder=embedder, **options)

    return ingest


@pytest.fixture
def seen(index, embedder):
    """What the history says of a template of the shop, for a window of today."""

    def seen(template, before=TODAY):
        search = KnowledgeSearch(index, embedder)
        search.refresh("history")
        return search.history().seen(template, SHOP, before)

    return seen


def days_ago(*numbers):
    return {TODAY - timedelta(days=n) for n in numbers}


def test_patterns_are_counted_by_day(ingest, seen):
    """One that was there on 6 of 7 days is not new, one that none of them has is."""
    report = ingest(Logs(disk_full=days_ago(1, 2, 3, 4, 5, 6)))
    assert (len(report.added), report.ok) == (2, True)
    known = seen("write failed: no space left on device <*>")
    assert (known.new, known.days, known.of_days, known.lines) == (False, 6, 7, 6 * 24)
    assert seen("certificate has expired").new


def test_it_is_read_in_slices_of_whole_days(ingest):
    """From midnight seven days ago until now, each slice within one day."""
    logs = Logs()
    ingest(logs)
    assert len(logs.windows) == 7 * 4 + 2
    assert (logs.windows[0].start, logs.windows[-1].end) == (
        to_nanoseconds(datetime(2026, 11, 13, tzinfo=UTC)),
        to_nanoseconds(NOW),
    )
    assert all(one.end == other.start for one, other in zip(logs.windows, logs.windows[1:], strict=False))


def test_again_changes_nothing_and_a_later_day_embeds_nothing(ingest, seen, embedder):
    """Counts are facts beside the text: a new day of known patterns needs no embedding, and keeps the days before."""
    ingest(Logs(disk_full=days_ago(1)))
    again = ingest(Logs(disk_full=days_ago(1)))
    assert (again.unchanged, again.chunks_embedded) == (2, 0)
    later = ingest(Logs(), since=timedelta(days=1), now=NOW + timedelta(days=2))
    assert (later.chunks_embedded, later.deleted) == (0, ())
    known = seen("request <n> took <n> ms", TODAY + timedelta(days=2))
    assert (known.days, known.of_days) == (7, 7)


def test_no_line_is_kept_but_one_of_each_pattern(ingest, index):
    """The catalogue holds templates and one sample each, whatever the number of lines."""
    ingest(Logs())
    rows = list(index.find("history").read())
    assert len(rows) == 2
    assert "request <n> took <n> ms" in rows[0].text


def test_counts_of_a_sample_are_estimates(ingest, seen):
    """Where the budget holds a tenth of the lines, counts are ten times what was read, and the report says so."""
    report = ingest(Logs(share=10))
    assert seen("request <n> took <n> ms").lines == 7 * 24 * 10
    assert any("sampled" in note for note in report.notes)


def test_a_slice_that_fails_is_named_and_its_day_keeps_what_was_known(ingest, seen):
    """The other days are taken; what was known of the day that failed stays."""
    ingest(Logs())
    report = ingest(Logs(down=days_ago(2)))
    assert (report.ok, report.deleted, "Loki does not answer" in str(report.failed[0])) == (False, (), True)
    assert seen("request <n> took <n> ms").days == 7


def test_a_source_that_is_down_is_not_asked_for_ever(ingest):
    """After three slices in a row the rest is not tried."""
    logs = Logs(down=days_ago(*range(8)))
    report = ingest(logs)
    assert (len(logs.windows), len(report.failed), report.added) == (3, 3, ())


def test_secrets_are_taken_out(ingest, index):
    """Neither template nor sample nor label holds one."""
    ingest(Logs(text="login {n} password=hunter2hunter2"))
    assert not any("hunter2" in f"{row.text}{dict(row.metadata)}" for row in index.find("history").read())


def test_old_days_are_dropped(ingest, index):
    """After 90 days a pattern that never came again is gone."""
    ingest(Logs(disk_full=days_ago(1)))
    report = ingest(Logs(), since=timedelta(days=1), now=NOW + timedelta(days=100))
    assert len(report.deleted) == 1
    assert date.fromisoformat(str(index.find("history").description["days:loki"]).split()[0]) > TODAY


def test_it_may_be_stopped(ingest, index):
    """Between two slices; nothing is changed then."""
    with pytest.raises(Stopped, match="0 of 30 slices"):
        ingest(Logs(), watch=Watch(stop=lambda: True))
    assert index.find("history") is None
