"""Props of the element `Ingest`: the choice of a folder, a running job, and what became of it."""

from collections.abc import Sequence
from typing import Any

from app.ui.shown_text import sentence
from ingestion.report import Progress, Report

_SHOWN = 20  # names of documents or failures


def choice_props(folders: Sequence[str], rated: int = 0) -> dict[str, Any]:
    """One entry a folder, and how many answers that people rated wait for an admin."""
    return {"phase": "choose", "folders": list(folders), "rated": rated}


def running_props(folder: str, progress: Progress | None, seconds: float) -> dict[str, Any]:
    """How far the job is, how fast, and how long still; nothing but its folder before the first batch."""
    props: dict[str, Any] = {
        "phase": "running",
        "folder": sentence(folder),
        "done": 0,
        "total": 0,
        "words": "comparing",
    }
    if progress:
        rate = progress.done / seconds if seconds else 0.0
        left = round((progress.total - progress.done) / rate) if rate else 0
        words = f"{progress.done:,} of {progress.total:,} texts embedded, {rate:.1f} a second, about {left} s left"
        props |= {"done": progress.done, "total": progress.total, "words": words}
    return props


def done_props(folder: str, report: Report, *, dry_run: bool) -> dict[str, Any]:
    """What the job did, or would do; and each file that it passed over, with the reason."""
    would = "would be " if dry_run else ""
    counts = (
        f"{len(report.added)} {would}added, {len(report.changed)} {would}changed, {report.unchanged} unchanged, "
        f"{len(report.deleted)} {would}deleted, {len(report.failed)} failed"
    )
    embedded = "" if dry_run else f"; {report.chunks_embedded:,} texts embedded in {report.seconds:.1f} s"
    names = [*(f"+ {each}" for each in report.added), *(f"~ {each}" for each in report.changed)]
    names += [f"− {each}" for each in report.deleted]
    return {
        "phase": "done",
        "folder": sentence(folder),
        "ok": report.ok,
        "dryRun": dry_run,
        "words": f"{counts}{embedded}.",
        "names": _some([sentence(name) for name in names]),
        "failures": _some([sentence(str(failure)) for failure in report.failed]),
    }


def failed_props(folder: str, reason: str) -> dict[str, Any]:
    """Why there was no result."""
    return {"phase": "failed", "folder": sentence(folder), "words": sentence(reason)}


def _some(lines: list[str]) -> list[str]:
    return lines if len(lines) <= _SHOWN else [*lines[:_SHOWN], f"and {len(lines) - _SHOWN} more"]
