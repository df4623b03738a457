"""Answers that people rated, in the file format of incidents: those that wait for an admin, and those that are kept.

Both files lie in the home; `logagent ingest incidents` reads them as well as any other.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from app.answer import Answer
from ingestion.incident_file import Review
from retrieval.errors import BadInput
from retrieval.redaction import redact_text

WAITING, KEPT = "rated-answers.jsonl", "incidents.jsonl"
MOST_WAITING = 1_000
LONGEST = 1_000  # characters of a correction
_CHANGING = Lock()


class RatedAnswers:
    """The two files of one home; an answer that is rated again is there once, as it was rated last."""

    def __init__(self, home: Path) -> None:
        self.kept = home / KEPT
        self._waiting = home / WAITING

    def rate(self, answer: Answer, correction: str | None, by: str, *, keep: bool) -> None:
        """Note that somebody confirmed an answer, or corrected its root cause; `keep` where an admin did."""
        text = redact_text(correction.strip()[:LONGEST])[0] if correction else None
        if correction is not None and not text:
            raise BadInput("say what the root cause was")
        review = Review(verdict="corrected" if text else "confirmed", root_cause=text, by=by)
        line = {**answer.model_dump(mode="json"), "review": review.model_dump(exclude_none=True)}
        with _CHANGING:
            file = self.kept if keep else self._waiting
            lines = _read(file)
            if not keep and len(lines) >= MOST_WAITING:
                raise BadInput("many rated answers wait for an admin already; this one was not noted")
            _write(file, {**lines, answer.trace_id: line})

    def waiting(self) -> int:
        """How many answers wait for an admin."""
        return len(_read(self._waiting))

    def keep_waiting(self) -> None:
        """Move the answers that wait to those that are kept."""
        with _CHANGING:
            _write(self.kept, {**_read(self.kept), **_read(self._waiting)})
            self._waiting.unlink(missing_ok=True)


def _read(file: Path) -> dict[str, Mapping[str, Any]]:
    """The lines by trace id; a line that is none any more is left out."""
    try:
        lines = [json.loads(text) for text in file.read_bytes().split(b"\n") if text.strip()]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read: {error}") from error
    return {str(line["trace_id"]): line for line in lines}


def _write(file: Path, lines: Mapping[str, Mapping[str, Any]]) -> None:
    beside = file.with_suffix(f".{os.getpid()}")
    try:
        beside.touch(mode=0o600)
        beside.write_text(
            "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines.values()), encoding="utf-8"
        )
        beside.replace(file)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror or error}") from error
