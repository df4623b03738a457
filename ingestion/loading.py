"""Files of a corpus: which there are, and their text, each failure named and none of them taken for a deletion."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.checkout import find_checkout
from ingestion.corpus import runbook_folder
from retrieval.errors import BadInput
from retrieval.knowledge.chunking import MAX_BYTES
from retrieval.knowledge.links import PATH

ENDINGS = frozenset({".md", ".markdown"})
BUNDLED = "bundled"
HERE = "."  # the source's own folder


class UnreadableFile(BadInput):
    """A file that cannot be loaded; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where documents come from: a folder with everything in it, or one file of it.

    `name` is what the index remembers: what is gone from a source is deleted, what other sources brought is not. It is
    the folder's path, or, in a git checkout with a remote, the remote's and the folder in it. `link` is where its
    documents can be read (see `retrieval.knowledge.links`).
    """

    name: str
    folder: Path
    only: str | None = None
    link: str | None = None

    @classmethod
    def at(cls, path: Path) -> "Source":
        """The source of a path given on a command line; raises BadInput where there is nothing."""
        resolved = path.expanduser().resolve()
        if resolved.is_file():
            return cls._of(resolved.parent, only=resolved.name)
        if resolved.is_dir():
            return cls._of(resolved)
        raise BadInput(f"There is no file or folder {path}.")

    @classmethod
    def _of(cls, folder: Path, only: str | None = None) -> "Source":
        if folder == runbook_folder().resolve():
            return cls(BUNDLED, folder, only)
        checkout = find_checkout(folder)
        if checkout is None:
            return cls(str(folder), folder, only, f"{folder.as_uri()}/{PATH}")
        return cls(checkout.name, folder, only, checkout.link)

    def covers(self, doc_id: str) -> bool:
        """Whether a document of this source would be found again now, if it were still there."""
        return self.only is None or doc_id == self.only


@dataclass(frozen=True, slots=True)
class Listing:
    """The documents of a source, as paths relative to its folder, and the folders that could not be read."""

    doc_ids: tuple[str, ...]
    unreadable: dict[str, str]

    def hides(self, doc_id: str) -> bool:
        """Whether the document may be there and only not be seen."""
        return any(folder == HERE or doc_id.startswith(f"{folder}/") for folder in self.unreadable)


def list_documents(source: Source) -> Listing:
    """All Markdown files of a source, hidden folders passed over; raises BadInput where there is none."""
    unreadable: dict[str, str] = {}
    doc_ids = (source.only,) if source.only else tuple(sorted(_walk(source.folder, unreadable)))
    if not doc_ids and not unreadable:
        raise BadInput(f"There is no Markdown file in {source.folder}; nothing was changed.")
    return Listing(doc_ids, unreadable)


def load_text(source: Source, doc_id: str) -> str:
    """The text of one file; raises UnreadableFile with the reason."""
    path = source.folder / doc_id
    try:
        if not path.resolve().is_relative_to(source.folder):
            raise UnreadableFile("it is a link that points outside of the folder")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UnreadableFile(f"it has {size:,} bytes, and a runbook may have {MAX_BYTES:,}: split it")
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"it is not UTF-8: byte {error.start} cannot be read") from error
    except OSError as error:
        raise UnreadableFile(f"it cannot be read: {error.strerror or error}") from error


def _walk(folder: Path, unreadable: dict[str, str]) -> Iterator[str]:
    def note(error: OSError) -> None:
        where = Path(str(error.filename))
        unreadable[where.relative_to(folder).as_posix()] = error.strerror or str(error)

    for root, folders, files in os.walk(folder, onerror=note):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if Path(name).suffix.lower() in ENDINGS and not name.startswith("."):
                yield (Path(root) / name).relative_to(folder).as_posix()
