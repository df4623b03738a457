"""Draft cases: rated answers in the case format of the contract, which a person may take into a dataset.

Each is a file of one line below the home, `draft-cases/<id>.jsonl`; `logagent dataset drafts` accepts or rejects it and
moves it into a folder of that name, so that an answer that is rated again is not asked about twice.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.answer import Answer
from app.triage.components import canonical
from retrieval.errors import BadInput
from retrieval.log_lines import LABELS, LogLine
from retrieval.redaction import redact_text, redact_texts
from retrieval.taxonomy import EvidenceKind
from retrieval.timestamps import to_iso

FOLDER = "draft-cases"
DECIDED = ("accepted", "rejected")
FEEDBACK, CONFIRMED, CORRECTED = "feedback", "confirmed", "corrected"  # tags
MOST_WAITING = 1_000
MOST_LINES = 200
LONGEST = 1_000  # characters of a correction
_OF_LINES = (EvidenceKind.LOG, EvidenceKind.PATTERN, EvidenceKind.EVENT)


class DraftCases:
    """The drafts of one home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def add(self, answer: Answer, lines: Iterable[LogLine], correction: str | None) -> bool:
        """Keep a rated answer with the redacted lines around its evidence; False where it was decided on already.

        A draft that still waits is replaced: the last rating counts. BadInput where too many wait.
        """
        case = draft_case(answer, lines, correction)
        name = f"{case['id']}.jsonl"
        if any((self._folder / decided / name).exists() for decided in DECIDED):
            return False
        if not (self._folder / name).exists() and len(list(self._folder.glob("*.jsonl"))) >= MOST_WAITING:
            raise BadInput("many draft cases wait for `logagent dataset drafts` already; this one was not kept")
        _write(self._folder / name, case)
        return True


def draft_case(answer: Answer, lines: Iterable[LogLine], correction: str | None) -> dict[str, Any]:
    """The case that a rated answer may become: its labels are the answer's, its root cause the correction's if any."""
    kept = _kept(answer, lines)
    triage = answer.triage
    said = redact_text((correction or triage.root_cause).strip()[:LONGEST])[0] or "Not told."
    id_ = _id(answer)
    return {
        "id": id_,
        "origin": "reported",
        "source": f"chat answer {answer.trace_id}: the lines it cites, and those around them",
        "question": redact_text(answer.question)[0],
        "tags": [FEEDBACK, CORRECTED if correction else CONFIRMED],
        "logs": [
            {"ts": None if line.timestamp is None else to_iso(line.timestamp), "labels": _labels(line), "line": text}
            for line, text in zip(kept, redact_texts([line.text for line in kept])[0], strict=True)
        ],
        "expected": {
            "status": triage.status.value,
            "severity": triage.severity.value,
            "component": canonical(triage.component),
            "category": triage.category.value,
            "root_cause": said,
            "summary": None if correction else redact_text(triage.summary)[0] or None,
            "key_lines": _cited(answer, kept),
            "runbooks": _runbooks(answer),
        },
    }


def _kept(answer: Answer, lines: Iterable[LogLine]) -> list[LogLine]:
    """Each line once, in the order of the window; where there are many, the cited ones before their neighbours."""
    once = {line.position: line for line in lines}
    cited = _positions(answer)
    first = sorted(once, key=lambda position: (position not in cited, position))[:MOST_LINES]
    return sorted((once[position] for position in first), key=lambda line: (line.timestamp or 0, line.position))


def _positions(answer: Answer) -> set[int]:
    """The positions, in the window, of the lines that the verdict cites."""
    cited = set(answer.triage.evidence)
    return {
        position
        for item in answer.evidence
        if item.id in cited and item.kind in _OF_LINES
        for position in item.lines or ()
    }


def _cited(answer: Answer, kept: Sequence[LogLine]) -> list[int]:
    cited = _positions(answer)
    return [nth for nth, line in enumerate(kept) if line.position in cited]


def _runbooks(answer: Answer) -> list[str]:
    """The documents of the cited runbooks."""
    cited = set(answer.triage.evidence)
    sources = [item.source for item in answer.evidence if item.id in cited and item.kind is EvidenceKind.RUNBOOK]
    return list(dict.fromkeys(source.partition("#")[0] for source in sources))


def _labels(line: LogLine) -> dict[str, str]:
    known = {name: line.labels[name] for name in LABELS if line.labels.get(name)}
    return dict(zip(known, redact_texts(list(known.values()))[0], strict=True))


def _id(answer: Answer) -> str:
    traced = re.fullmatch("[0-9a-f]{32}", answer.trace_id) and answer.trace_id.strip("0")
    digest = hashlib.sha256(answer.model_dump_json().encode("utf-8", "surrogatepass")).hexdigest()
    return f"chat-{answer.trace_id if traced else digest[:32]}"


def _write(file: Path, case: Mapping[str, Any]) -> None:
    beside = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(case, ensure_ascii=False) + "\n", encoding="utf-8", errors="replace")
        beside.replace(file)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror or error}") from error
