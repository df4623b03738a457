"""Log lines in fewer tokens."""

import pytest

from app.triage.compact_text import SHOWN_CHARACTERS, compact


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            '{"level":"warn","ts":"2026-11-20T20:59:59Z","caller":"a.go:1","msg":"slow","took":"2s","error":"late"}',
            "warn: slow error=late took=2s",
        ),
        ('{"level":"info","msg":"served","peers":["a","b"]}', 'served peers=["a","b"]'),
        ('{"level":"fatal","msg":"failed","error":"no space","stacktrace":"a\\nb…', "fatal: failed error=no space"),
        ("2026-11-20 21:00:01.123 UTC [77] FATAL:  no such role", "[77] FATAL: no such role"),
        ("2026/11/20 21:00:01 [error] 7#7: upstream gone", "[error] 7#7: upstream gone"),
        ('ts=2026-11-20T21:00:01Z caller=main.go:1 level=error msg="no such host"', 'level=error msg="no such host"'),
        ("\x1b[31mpanic\x1b[0m: \u202eboom", "panic: boom"),
        ("{not json", "{not json"),
        ("12:00:01", "12:00:01"),
    ],
)
def test_what_frames_a_line_goes(line, shown):
    """Time, caller and colour go; level where it is trouble, message, error and fields stay."""
    assert compact(line) == shown


def test_a_long_line_is_cut():
    """With a sign where some is missing."""
    assert len(compact("x" * 1000)) == SHOWN_CHARACTERS
    assert compact("x" * 1000).endswith("…")
