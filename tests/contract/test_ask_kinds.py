"""`logagent ask` for a ranking, a summary and a lookup, seen from outside the package."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retrieval.timestamps import parse_iso_nanoseconds
from tests.command_line import CommandLine
from tests.contract.answer_contract import conforming
from tests.loki_double import LokiDouble
from tests.retrieval.loki.pushing import Line, push
from tests.two_windows import HOUR, PODS, SECOND, START, two_hours, write_archive

NOW = "2026-11-20T15:00:00Z"
LINES = two_hours(events=True)


@pytest.fixture(scope="module", params=["files", "loki"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Options and settings that read the two hours from files, or from Loki."""
    if request.param == "files":
        archive: Path = write_archive(tmp_path_factory.mktemp("logs") / "cluster.jsonl", LINES)
        yield {"options": ("--logs", archive), "settings": {}}
        return
    with LokiDouble().serving() as double:
        push(double.url, LINES)
        yield {"options": (), "settings": {"LOKI_URL": double.url}}


def asked(logagent: CommandLine, source: dict[str, Any], question: str) -> dict[str, Any]:
    ended = logagent("ask", question, *source["options"], "--now", NOW, "--json", **source["settings"])
    conforming(ended.json)
    document: dict[str, Any] = ended.json
    return document


@pytest.mark.parametrize(
    ("question", "first", "count"),
    [
        ("which pod has the most errors in the last hour?", PODS["shop"][0], 156),
        ("rank namespaces by warnings in the last hour", "llm", 61),
        ("who are the noisiest namespaces since 14:00", "shop", 674),
        ("errors per namespace in the last hour please", "shop", 312),
        ("top 2 components by number of errors since 14:00", "api", 312),
    ],
)
def test_a_ranking_is_counted_and_cited(
    logagent: CommandLine, source: dict[str, Any], question: str, first: str, count: int
) -> None:
    """The counts are those of the lines, each row opens its own lines, and the text says what the table does."""
    answer = asked(logagent, source, question)
    ranking = answer["ranking"]
    row = ranking["rows"][0]
    assert (answer["intent"], row["rank"], row[ranking["measure"]]) == ("ranking", 1, count)
    assert row["name"] == first or row["name"] in PODS["shop"]
    evidence = {item["id"]: item for item in answer["evidence"]}
    for each in ranking["rows"]:
        assert {evidence[id_]["kind"] for id_ in each["evidence"]} <= {"pattern", "log", "event"}
        assert len(evidence[each["evidence"][0]]["lines"]) == min(200, each[ranking["measure"]])
    assert row["name"] in answer["triage"]["summary"]
    assert f"the most {'warnings' if ranking['measure'] == 'warnings' else ''}" in answer["triage"]["summary"]
    assert f"{count:,} " in answer["triage"]["summary"]
    assert [each[ranking["measure"]] for each in ranking["rows"]] == sorted(
        (each[ranking["measure"]] for each in ranking["rows"]), reverse=True
    )


def skewed() -> list[Line]:
    """More lines than the budget: errors of web-1 and web-2 within a hundred of each other, and a pod with three."""
    chance = random.Random(3)
    pods = ["web-1"] * 1_400 + ["web-2"] * 1_300 + ["web-3"] * 3
    text = {"web-1": "upstream refused", "web-2": "upstream timed out", "web-3": "disk is full"}
    errors = [(pod, f'level=error msg="{text[pod]}"') for pod in pods]
    lines = [*errors, *((f"web-{nth % 4}", f"level=info msg=served number={nth}") for nth in range(4_000))]
    chance.shuffle(lines)
    return [
        Line(START + HOUR + nth * SECOND // 2, said, {"namespace": "web", "pod": pod, "container": "web", "app": "web"})
        for nth, (pod, said) in enumerate(lines)
    ]


@pytest.mark.parametrize(
    "question", ["which pod has the most errors since 14:00?", "top pods by errors in web since 14:00"]
)
def test_a_ranking_beyond_the_budget_is_counted_by_loki(logagent: CommandLine, question: str) -> None:
    """Exactly, over lines that were never read; the answer says who counted, and shows lines that were read."""
    with LokiDouble().serving() as double:
        push(double.url, skewed())
        ended = logagent("ask", question, "--now", NOW, "--json", LOKI_URL=double.url, LOKI_MAX_LINES="1000")
    answer = conforming(ended.json)
    ranking = ended.json["ranking"]
    assert answer.coverage.truncated
    assert ranking["counted"] == "source"
    assert [(row["name"], row["errors"]) for row in ranking["rows"]] == [("web-1", 1400), ("web-2", 1300), ("web-3", 3)]
    assert ranking["rows"][0]["lines"] == 2_400
    assert answer.triage.summary.startswith("web-1 has the most error lines: 1,400 of 2,703 (52%)")
    assert "Counted by Loki over all 6,703 lines, by the level that it found in each." in answer.triage.summary
    assert all(row["evidence"] for row in ranking["rows"])


def test_a_ranking_that_loki_cannot_count_says_that_it_is_a_sample(logagent: CommandLine) -> None:
    """More series than Loki allows: the counts are of the lines that were read."""
    with LokiDouble().serving() as double:
        push(double.url, skewed())
        double.limits.series = 3
        question = "which pod has the most errors since 14:00?"
        ended = logagent("ask", question, "--now", NOW, "--json", LOKI_URL=double.url, LOKI_MAX_LINES="1000")
    assert ended.json["ranking"]["counted"] == "sample"
    told = conforming(ended.json).triage.summary
    assert re.search(r"Counted in a sample of [\d,]+ of 6,703 lines: the true order may be another\.", told)


def test_a_summary_goes_by_component_and_time(logagent: CommandLine, source: dict[str, Any]) -> None:
    """Those in trouble since when, with their evidence, and those that are quiet by name."""
    answer = asked(logagent, source, "give me a recap of the last hour")
    overview = answer["overview"]
    assert (answer["intent"], overview["quiet"]) == ("summary", ["loki"])
    troubled = [row for row in overview["components"] if row["problems"]]
    assert {row["component"] for row in troubled} == {"api", "llama.cpp"}
    assert [row["first_seen"] for row in troubled] == sorted(row["first_seen"] for row in troubled)
    assert all(row["evidence"] for row in troubled)
    told = answer["triage"]["summary"]
    assert "lines of 3 components, 2 in trouble" in told
    assert "api (ERROR): payment failed" in told
    assert "Quiet: loki." in told
    assert sum(row["lines"] for row in overview["components"]) == overview["lines"]


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("show lines with x509 in the last hour", 312),
        ('grep "slot timeout" since 13:00', 66),
        ("how often did compaction finished appear between 13:00 and 14:00", 60),
        ("list all messages mentioning PAYMENT FAILED since 14:00 in shop", 312),
        ("find ScalingReplicaSet since 13:00", 1),
    ],
)
def test_a_lookup_counts_and_cites_newest_first(
    logagent: CommandLine, source: dict[str, Any], question: str, count: int
) -> None:
    """All lines that hold the words are counted, whatever their case; the newest are cited as they stand."""
    answer = asked(logagent, source, question)
    lookup = answer["lookup"]
    assert (answer["intent"], lookup["count"], answer["coverage"]["lines_matched"]) == ("lookup", count, count)
    evidence = {item["id"]: item for item in answer["evidence"]}
    shown = [evidence[id_] for id_ in lookup["lines"]]
    assert len(shown) == min(20, count)
    moments = [parse_iso_nanoseconds(item["timestamp"]) for item in shown]
    assert moments == sorted(moments, reverse=True)
    assert all(lookup["needles"][0].lower() in item["text"].lower() for item in shown)
    assert answer["triage"]["summary"].startswith(f"{count:,} line")
    if answer["query"]:
        assert "|~" in answer["query"]


def test_errors_are_looked_up_by_their_level(logagent: CommandLine, source: dict[str, Any]) -> None:
    """“Show errors” names no words: the lines of that level are found."""
    lookup = asked(logagent, source, "show errors in shop since 14:00")["lookup"]
    assert (lookup["needles"], lookup["count"]) == ([], 312)


def test_nothing_found_is_an_answer(logagent: CommandLine, source: dict[str, Any]) -> None:
    """It names what was looked for."""
    answer = asked(logagent, source, "show lines with flux capacitor since 13:00")
    assert (answer["lookup"]["count"], answer["triage"]["status"]) == (0, "insufficient_evidence")
    assert "“flux capacitor”" in answer["triage"]["summary"]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("which pod has the most errors in the last hour?", "have the most error lines: 156 each of 312"),
        ("summarise the last hour", "quiet"),
        ("show lines with x509 in the last hour", "312 lines hold “x509”"),
    ],
)
def test_each_on_a_terminal(logagent: CommandLine, source: dict[str, Any], question: str, said: str) -> None:
    """In words and a table."""
    ended = logagent("ask", question, *source["options"], "--now", NOW, **source["settings"])
    assert ended.code == 0, ended.err
    assert said in ended.out
