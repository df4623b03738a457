"""The benchmarks' own parts: grouping accuracy and labelled lines."""

import importlib.util

import pytest

from evals.bench.encoder import encoder
from evals.bench.grouping import grouping_accuracy
from evals.bench.labelled import captured, made


@pytest.mark.parametrize(
    ("found", "labels", "accuracy"),
    [
        ("aabb", "xxyy", 1.0),
        ("aaaa", "xxyy", 0.0),
        ("aabc", "xxyy", 0.5),
        ("aaab", "xxyy", 0.0),
        ("", "", 1.0),
    ],
)
def test_grouping_accuracy(found: str, labels: str, accuracy: float) -> None:
    """A line is right where its group holds all lines of its label and no others; neither split nor merged counts."""
    assert grouping_accuracy(found, labels) == accuracy


@pytest.mark.parametrize("sample", [captured, made])
def test_labelled_lines(sample) -> None:
    """Samples are the same each time, hardly a line is there twice, and a label stands on many different lines."""
    one = sample(2000)
    assert one == sample(2000)
    assert len(one.lines) == len(one.labels) == 2000
    assert len(set(one.lines)) > 1200
    assert 30 < len(set(one.labels)) < 120
    assert not any("{word}" in line or "{n}" in line for line in one.lines)


@pytest.mark.skipif(importlib.util.find_spec("onnx") is not None, reason="onnx is installed, so it would measure")
def test_the_encoder_is_not_measured_without_onnx() -> None:
    """The package is no dependency: without it the benchmark names it, and `just bench` runs the others."""
    assert "uv pip install onnx" in encoder()["not_measured"]
