"""The level that a line was logged at, in the format of each program, on lines that they really wrote."""

import json
from pathlib import Path

import polars as pl
import pytest

from retrieval.patterns.fields import Level, level_of, named_level, trouble_words
from retrieval.patterns.masking import masked
from retrieval.taxonomy import Severity

CAPTURES = Path(__file__).parents[3] / "evals" / "captures"


def mask(text: str) -> str:
    return str(pl.DataFrame({"line": [text]}).select(masked("line"))["line"][0])


def captured(name: str, needle: str) -> str:
    """The first line of a capture that holds the needle."""
    for case in (CAPTURES / f"{name}.jsonl").read_text("utf-8").splitlines():
        for line in json.loads(case)["logs"]:
            if needle in line["line"]:
                return str(line["line"])
    raise AssertionError(f"{name} holds no line with {needle!r}")


@pytest.mark.parametrize(
    ("capture", "needle", "level"),
    [
        ("etcd-disk-full", '"level":"fatal"', Level.FATAL),
        ("etcd-disk-full", '"level":"warn"', Level.WARN),
        ("etcd-disk-full", '"level":"info"', Level.INFO),
        ("postgresql-password-rotated", "FATAL:", Level.FATAL),
        ("postgresql-password-rotated", "LOG:", Level.INFO),
        ("nginx-upstream-gone", "[error]", Level.ERROR),
        ("nginx-ordinary-traffic", "[notice]", Level.INFO),
        ("nginx-directive-misspelt", "[emerg]", Level.FATAL),
        ("nginx-ordinary-traffic", '" 200 ', Level.INFO),
        ("nginx-upstream-gone", '" 502 ', Level.ERROR),
        ("redis-restart", " * ", Level.INFO),
        ("redis-restart", " # ", Level.WARN),
        ("prometheus-rule-wrong", "level=error", Level.ERROR),
        ("prometheus-rule-wrong", "level=info", Level.INFO),
        ("llama-cpp-model-missing", " I srv ", Level.INFO),
        ("llama-cpp-model-missing", " W srv ", Level.WARN),
        ("llama-cpp-model-missing", " E ", Level.ERROR),
    ],
)
def test_levels_of_real_lines(capture: str, needle: str, level: Level) -> None:
    """Each program states its level in a way of its own, and each is read."""
    assert level_of(mask(captured(capture, needle))) is level


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("E1120 14:00:00.123456    12 pod.go:34] failed", Level.ERROR),
        ("I1120 14:00:00.123456    12 pod.go:34] ok", Level.INFO),
        ("2026-11-20 14:00:00,123 - app - WARNING - slow", Level.WARN),
        ("[ERROR] plugin/errors: 2 SERVFAIL", Level.ERROR),
        ('time="2026-11-20T14:00:00Z" level=fatal msg=x', Level.FATAL),
        ("0.01.234.567 E common_init: no model", Level.ERROR),
        ('{"level":50,"time":1700000000000,"msg":"request failed"}', Level.ERROR),
        ('{"t":{"$date":"2026-11-20T14:00:00Z"},"s":"W","c":"NETWORK","msg":"slow"}', Level.WARN),
        ('{"msg":"record","record":{"error_severity":"FATAL"}}', Level.FATAL),
        ("2026-11-20 14:00:00.123456 E | etcdserver: publish error", Level.ERROR),
        ("2026-11-20T14:00:00Z WRN cmd/x.go:12 > no config", Level.WARN),
        ("fail: Shop.Kestrel[13]", Level.ERROR),
        ("2026-11-20T14:00:00.123Z\twarning\tenvoy config\tslow", Level.WARN),
        ("name=api kind=Pod reason=BackOff type=Warning count=3", Level.WARN),
        ("npm ERR! missing script: start", Level.ERROR),
        ("Traceback (most recent call last):", Level.ERROR),
        ("java.lang.IllegalStateException: no bean", Level.ERROR),
        ("the error budget is full", Level.UNKNOWN),
        ("just a sentence about nothing", Level.UNKNOWN),
        ("", Level.UNKNOWN),
    ],
)
def test_levels_of_other_forms(line: str, level: Level) -> None:
    """JSON, klog, Python, .NET, Java, CoreDNS, logrus, events and more; UNKNOWN where a line states none."""
    assert level_of(mask(line)) is level


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("connection refused: timeout", 2),
        ("failed, failed again", 1),
        ("5 errors", 1),
        ("no errors found", 0),
        ("error=<nil> done", 0),
        ('{"error": null}', 0),
        ("all is well", 0),
    ],
)
def test_words_of_trouble(line: str, words: int) -> None:
    """Different words of trouble are counted, and none where the line says that nothing went wrong."""
    assert trouble_words(mask(line)) == words


def test_levels_and_severities() -> None:
    """A level alone suggests a severity: fatal the worst, anything below a warning none."""
    assert [level.severity for level in Level] == [
        Severity.INFO, Severity.INFO, Severity.INFO, Severity.WARN, Severity.ERROR, Severity.CRITICAL,
    ]  # fmt: skip
    assert named_level("Warning") is Level.WARN
    assert named_level("loud") is named_level(None) is None
