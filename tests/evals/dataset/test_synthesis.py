"""Synthetic cases: every template renders, in the form of the component that prints it, the same for the same seed."""

import json
import re

import pytest

from app.triage.components import canonical
from evals.dataset.cases import Case, Origin
from evals.dataset.synthesis.synthesize import synthesize
from evals.dataset.synthesis.templates import LineTemplate, Template, templates
from retrieval.taxonomy import Category, Severity, Status

CASES = list(synthesize(seed=11))
BY_TEMPLATE = {template.id: template for template in templates()}
FORMS = {
    "kubelet": re.compile(r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [\w.]+:\d+\] \S"),
    "containerd": re.compile(r'time="\d{4}-\d\d-\d\dT[\d:.]+Z" level=(info|warning|error) msg="'),
    "coredns": re.compile(r"\[(INFO|WARNING|ERROR|FATAL)\] \S"),
    "etcd": re.compile(r'\{"level":"(info|warn|error)","ts":"[\dT:.-]+Z","caller":"'),
    "loki": re.compile(r"level=\w+ ts=[\dT:.-]+Z caller=\S+:\d+ "),
    "cilium": re.compile(r'time=[\dT:.-]+Z level=(info|warning|error) msg="'),
}


def test_there_are_enough_templates_of_every_category_and_severity() -> None:
    """At least 45, with a template of each of the 31 categories and of each severity."""
    assert len(templates()) >= 45
    assert {template.category for template in templates()} == set(Category)
    assert {template.severity for template in templates()} == set(Severity)
    assert sum(len(template.phrasings) > 1 for template in templates()) >= 30


def test_every_phrasing_becomes_one_case_with_its_labels() -> None:
    """Without a count each phrasing is rendered once, and the labels are those of its template."""
    assert len(CASES) == sum(len(template.phrasings) for template in templates()) == len({case.id for case in CASES})
    for case in CASES:
        template = BY_TEMPLATE[case.tags[1]]
        assert case.origin is Origin.SYNTHETIC
        assert (case.expected.category, case.expected.severity) == (template.category, template.severity)
        assert case.expected.component == canonical(case.expected.component)


def test_the_same_seed_gives_the_same_cases() -> None:
    """To the last byte; another seed gives others."""
    again = [case.model_dump_json() for case in synthesize(seed=11)]
    other = [case.model_dump_json() for case in synthesize(seed=12)]

    assert again == [case.model_dump_json() for case in CASES]
    assert not set(again) & set(other)


def test_more_cases_than_phrasings_have_ids_and_lines_of_their_own() -> None:
    """A second round draws other values."""
    more = list(synthesize(11, len(CASES) + 20))

    assert len({case.id for case in more}) == len(more)
    assert len({case.logs for case in more}) == len(more)
    assert [case.id for case in more[: len(CASES)]] == [case.id for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_is_whole(case: Case) -> None:
    """No placeholder is left, lines are in order among ordinary ones, and key lines are where a problem shows."""
    times = [line.nanoseconds or 0 for line in case.logs]
    template = BY_TEMPLATE[case.tags[1]]
    fault = sum(line.times for line in template.lines[int(case.id.rsplit("-", 1)[1]) - 1])

    assert times == sorted(times)
    assert len(case.logs) > fault
    assert bool(case.expected.key_lines) == (case.expected.status is not Status.INSUFFICIENT_EVIDENCE)
    for text in (case.question, case.expected.root_cause, case.expected.component, *(line.line for line in case.logs)):
        assert not re.search(r"(?<![{\w])\{[a-z]\w*\}(?!\})", text.replace("[PUT /endpoint/{id}]", ""))
    for line in case.logs:
        form = FORMS.get(line.labels.app or "")
        assert form is None or form.match(line.line), line.line


def test_lines_that_look_like_json_are_json() -> None:
    """The zap and slog lines parse, whatever was put into them."""
    lines = [line.line for case in CASES for line in case.logs if line.line.startswith("{")]

    assert len(lines) > 100
    for line in lines:
        assert isinstance(json.loads(line), dict)


def test_events_are_those_that_alloy_ships() -> None:
    """Logfmt with the involved object first and the message last, under the namespace alone."""
    events = [line for case in CASES for line in case.logs if line.line.startswith("name=")]

    assert len(events) > 50
    for event in events:
        assert re.match(r"name=\S+ kind=\w+ objectAPIversion=\S+ objectRV=\d+ eventRV=\d+ ", event.line)
        assert re.search(r' reason=\w+ type=(Normal|Warning) count=\d+ msg="', event.line)
        assert set(event.labels.model_dump()) == {"namespace"}


def test_a_line_template_is_read() -> None:
    """Key mark, stream, repetitions, what the frame needs, and the text, which may hold bars."""
    line = LineTemplate.parse("*kubelet x3 E prober.go:107 | a | b")

    assert (line.key, line.stream, line.times, line.head, line.text) == (True, "kubelet", 3, "E prober.go:107", "a | b")
    with pytest.raises(ValueError, match="a line is 'stream"):
        LineTemplate.parse("no bar")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"phrasings": [["app | quiet"]]}, "marks at least one key line"),
        ({"phrasings": [["*nobody | x"]]}, "there is no stream 'nobody'"),
        ({"severity": "BAD"}, "severity"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_template_is_read_strictly(change: dict[str, object], words: str) -> None:
    """What is wrong with it is said."""
    good = BY_TEMPLATE["oom-killed"].model_dump(mode="json")

    with pytest.raises(ValueError, match=words):
        Template.model_validate(good | change)
