"""Answers that people rated: kept in the file format of incidents, once an admin says so."""

import pytest

from app.rated_answers import RatedAnswers
from ingestion.incident_file import read_incidents
from retrieval.errors import BadInput


@pytest.fixture
def rated(tmp_path):
    return RatedAnswers(tmp_path)


def test_what_is_kept_can_be_ingested(rated, answer):
    """A confirmed answer is a line of the incidents' file as `logagent ingest incidents` reads it."""
    rated.rate(answer, None, "anna", keep=True)
    incidents, failures = read_incidents(rated.kept)
    assert failures == []
    assert [(each.id, each.corrected, each.component) for each in incidents] == [(answer.trace_id, False, "api")]
    assert rated.kept.stat().st_mode & 0o777 == 0o600


def test_others_wait_until_an_admin_keeps_them(rated, answer):
    """Nothing is an incident because just anybody said so."""
    rated.rate(answer, "the disk was full", "ben", keep=False)
    assert (rated.waiting(), rated.kept.exists()) == (1, False)
    rated.keep_waiting()
    assert rated.waiting() == 0
    assert [each.root_cause for each in read_incidents(rated.kept)[0]] == ["the disk was full"]


def test_a_second_rating_takes_the_place_of_the_first(rated, answer):
    """One answer is one incident."""
    rated.rate(answer, None, "anna", keep=True)
    rated.rate(answer, "password=hunter2hunter2 was wrong", "anna", keep=True)
    (incident,) = read_incidents(rated.kept)[0]
    assert incident.corrected
    assert "hunter2" not in rated.kept.read_text()


def test_an_empty_correction_is_refused(rated, answer):
    """A sentence says what is missing."""
    with pytest.raises(BadInput, match="root cause"):
        rated.rate(answer, "  ", "anna", keep=True)
