"""What an ingestion job did, and how far it is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that was passed over, and why; what the index had of it before stays."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, or with `dry_run` would do: documents by id; texts embedded; seconds on the wall.

    `notes` are what a person should know beside it, for example that a slice of the history was sampled.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int
    deleted: tuple[str, ...]
    failed: tuple[Failure, ...]
    chunks_embedded: int
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every file was taken."""
        return not self.failed


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of a job's parts are done, and the last of them: texts embedded and written, or slices of logs read."""

    done: int
    total: int
    doc_id: str
    doing: str = "embedding"


OnProgress = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """For callers who do not watch."""
