"""The points of the scorecard from labelled cases."""

import numpy as np
import pytest
import yaml

from app.triage.scorecard import default_scorecard
from evals.captures import folder
from evals.triage.severity_fit import Sample, fit, main, out_of_source


def _samples(count: int = 240) -> list[Sample]:
    """Cases whose step follows from two of three things seen, with some noise; six sources."""
    random = np.random.default_rng(7)
    seen = random.integers(0, 2, size=(count, 3)).astype(float)
    total = 3 * seen[:, 0] - 2 * seen[:, 1] + random.logistic(size=count)
    steps = (total >= 0.5).astype(int) + (total >= 2.5)
    return [
        Sample(dict(zip("abc", row.tolist(), strict=True)), int(step), f"source-{n % 6}", 1.0)
        for n, (row, step) in enumerate(zip(seen, steps, strict=True))
    ]


def test_points_that_made_the_labels_are_found() -> None:
    """What makes it worse gets points, what makes it milder loses them, what does not matter has about none."""
    samples = _samples()
    seen = np.array([list(sample.seen.values()) for sample in samples])
    found = fit(seen, np.array([sample.step for sample in samples]), np.ones(len(samples)), penalty=0.1)
    assert found.points[0] > 2
    assert found.points[1] < -1
    assert abs(found.points[2]) < 0.7
    assert found.thresholds[0] < found.thresholds[1]


def test_it_is_measured_on_sources_that_it_was_not_fitted_on() -> None:
    """Where each source contradicts all others, a fit without it is wrong on it."""
    samples = [Sample({"a": float(n % 2)}, 2 * (n % 2), f"s{n % 5}", 1.0) for n in range(60)]
    turned = [Sample({"a": float(n % 2)}, 2 - 2 * (n % 2), "turned", 1.0) for n in range(10)]
    said = out_of_source([*samples, *turned])
    assert (said[:60] == [sample.step for sample in samples]).mean() > 0.9
    assert (said[60:] != [sample.step for sample in turned]).all()


def test_the_command_prints_a_scorecard_of_points(capsys: pytest.CaptureFixture[str]) -> None:
    """One number for each mark of the bundled scorecard, and how many came out right."""
    main([str(path) for path in sorted(folder().glob("p*.jsonl"))])
    printed = capsys.readouterr()
    table = yaml.safe_load(printed.out)
    assert set(table["question"]) == set(default_scorecard().question)
    assert table["thresholds"]["ERROR"] < table["thresholds"]["CRITICAL"]
    assert "right out of source" in printed.err
