"""Runs made of cases whose outcomes a test decides."""

import json

import pytest

from evals.comparison.finished_run import FinishedRun
from evals.dataset.cases import Case, CaseLine, Expected, Labels, Origin
from evals.triage.prediction import Citation, Prediction, Record, Scored
from retrieval.taxonomy import Category, EvidenceKind, Severity, Status

LINES = tuple(CaseLine(ts=None, labels=Labels(app="redis"), line=f"line {n} <b>bold</b>") for n in range(4))


def case(number: int) -> Case:
    """A case whose cause is in line 1."""
    expected = Expected(
        status=Status.PROBLEM, severity=Severity.ERROR, component="redis", category=Category.DATABASE,
        root_cause="it is down", summary=None, key_lines=(1,), runbooks=(),
    )  # fmt: skip
    return Case(
        id=f"c{number}", origin=Origin.SYNTHETIC, source="s", question="q", tags=(), logs=LINES, expected=expected
    )


def prediction(**other) -> Prediction:
    """The right answer, unless `other` says otherwise."""
    told = {
        "status": Status.PROBLEM, "severity": Severity.ERROR, "component": "redis", "category": Category.DATABASE,
        "root_cause": "it is down", "summary": "redis is down", "key_lines": (1,), "confidence": 0.9,
        "citations": (Citation(id="L1", kind=EvidenceKind.LOG, lines=(1,), valid=True),),
    }  # fmt: skip
    return Prediction(**{**told, **other})


WRONG = {"category": Category.DNS}
UNSURE = {"category": Category.DNS, "confidence": 0.3}


@pytest.fixture
def run(tmp_path):
    """Makes a run: `wrong` maps a case's number to what its prediction says otherwise."""

    def made(name, count, wrong=None, *, latency=lambda _: 100.0, repeats=(), reference_ms=None, errors=(), other=None):
        scored = []
        for number in range(count):
            answer = prediction(**(wrong or {}).get(number, {}))
            again = tuple(prediction(**other) for other in repeats) if number == 0 else ()
            record = Record(
                id=f"c{number}", prediction=None if number in errors else answer, latency_ms=latency(number),
                usage=None, error="broken" if number in errors else None, repeats=again,
            )  # fmt: skip
            scored.append(Scored(case(number), record))
        metrics = {"reference_ms": {"value": reference_ms, "ci": [0, 1], "n": 1}, **(other or {})}
        return FinishedRun(tmp_path / name, {"name": name}, tuple(scored), metrics)

    return made


@pytest.fixture
def written(tmp_path):
    """Writes a run into a folder as `eval triage` does, with its cases beside it; gives folder and case file."""

    def write(finished: FinishedRun):
        finished.folder.mkdir()
        cases = tmp_path / "cases.jsonl"
        cases.write_text("".join(one.case.model_dump_json() + "\n" for one in finished.scored), "utf-8")
        (finished.folder / "config.json").write_text(json.dumps(dict(finished.config)), "utf-8")
        (finished.folder / "metrics.json").write_text(json.dumps(dict(finished.metrics)), "utf-8")
        lines = "".join(one.record.model_dump_json() + "\n" for one in finished.scored)
        (finished.folder / "predictions.jsonl").write_text(lines, "utf-8")
        return finished.folder, cases

    return write
