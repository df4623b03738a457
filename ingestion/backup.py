"""Backup and restore of a knowledge index through its API: one gzipped JSONL file, of a server or a folder alike.

Vectors are in it, so that nothing has to be embedded to restore it. The last line counts the records: a file that was
cut short is refused before anything is changed. Each collection is restored beside the old one and swapped.
"""

import base64
import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ingestion.report import Progress
from ingestion.sync import BATCH
from ingestion.watch import Stopped, Watch
from retrieval.errors import BadInput
from retrieval.knowledge.index import COLLECTIONS, KnowledgeCollection, KnowledgeIndex
from retrieval.knowledge.records import StoredRecord

FORMAT = "k8s-log-agent knowledge 1"


@dataclass(frozen=True, slots=True)
class Kept:
    """How many records of each collection were written or read."""

    records: dict[str, int]


def back_up(index: KnowledgeIndex, file: Path, watch: Watch | None = None) -> Kept:
    """Write all collections to a file, which is there as a whole or not at all; BadInput where it cannot be written."""
    watch = watch or Watch()
    records: dict[str, int] = {}
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with gzip.open(beside, "wt", encoding="utf-8", compresslevel=5) as out:
            _line(out, {"format": FORMAT})
            for name in COLLECTIONS:
                if collection := index.find_any(name):
                    _line(out, {"collection": name, "description": dict(collection.description)})
                    records[name] = _write(out, collection, watch)
            _line(out, {"records": records})
        beside.replace(file)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
    return Kept(records)


def restore(index: KnowledgeIndex, file: Path, watch: Watch | None = None) -> Kept:
    """Put the collections of a file in the place of those that are there; BadInput where it is no whole backup.

    The vectors are taken as they are. Raises IndexMismatch on the next use where another model made them.
    """
    watch = watch or Watch()
    expected = _count(file)
    for name, description, rows in _collections(file):
        with index.rebuilding(name) as new:
            done = 0
            while batch := list(islice(rows, BATCH)):
                if watch.stop():
                    raise Stopped("stopped before the end; the index is as it was, or has some collections restored")
                vectors = np.stack([np.frombuffer(base64.b64decode(each["vector"]), dtype="<f4") for each in batch])
                new.add([_stored(each).record for each in batch], vectors)
                done += len(batch)
                watch.progress(Progress(done, expected[name], name, doing=f"restoring {name}"))
            new.describe(description)
    return Kept(expected)


def _write(out: Any, collection: KnowledgeCollection, watch: Watch) -> int:  # noqa: ANN401 – a text file
    total, done = collection.count(), 0
    rows = collection.read()
    while batch := list(islice(rows, BATCH)):
        vectors = collection.vectors([row.id for row in batch])
        for row in batch:
            if (vector := vectors.get(row.id)) is not None:  # gone since it was read
                text = base64.b64encode(vector.astype("<f4").tobytes()).decode()
                _line(out, {"id": row.id, "text": row.text, "metadata": dict(row.metadata), "vector": text})
                done += 1
        watch.progress(Progress(done, max(total, done), collection.name, doing=f"backing up {collection.name}"))
    return done


def _line(out: Any, value: dict[str, Any]) -> None:  # noqa: ANN401 – a text file
    out.write(json.dumps(value, ensure_ascii=False) + "\n")


def _count(file: Path) -> dict[str, int]:
    """How many records of each collection the file holds, after reading all of it."""
    found: dict[str, int] = {}
    claimed: dict[str, int] | None = None
    name = ""
    for value in _lines(file):
        if "collection" in value:
            name = value["collection"]
            found[name] = 0
        elif "records" in value:
            claimed = value["records"]
        elif name:
            found[name] += 1
    if claimed != found or not set(found) <= set(COLLECTIONS):
        raise BadInput(f"{file} is not whole: it was cut short or changed; nothing was restored")
    return found


def _collections(file: Path) -> Iterator[tuple[str, dict[str, Any], Iterator[dict[str, Any]]]]:
    """Each collection with its description and its records, read as they are asked for."""
    lines = _lines(file)
    value = next(lines)
    while "records" not in value:
        rows = _Rows(lines)
        yield value["collection"], value["description"], iter(rows)
        value = rows.after


class _Rows:
    """The records up to the next line that is none, which is `after`."""

    def __init__(self, lines: Iterator[dict[str, Any]]) -> None:
        self._lines = lines
        self.after: dict[str, Any] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for value in self._lines:
            if "vector" not in value:
                self.after = value
                return
            yield value


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """The lines below the format's."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            first = json.loads(lines.readline() or "{}")
            if not isinstance(first, dict) or first.get("format") != FORMAT:
                raise BadInput(f"{file} is no backup of this program's knowledge")
            for line in lines:
                yield json.loads(line)
    except FileNotFoundError as error:
        raise BadInput(f"there is no file {file}") from error
    except (OSError, EOFError, ValueError) as error:
        raise BadInput(f"{file} is no backup of this program's knowledge, or it was cut short") from error


def _stored(value: dict[str, Any]) -> StoredRecord:
    return StoredRecord(id=value["id"], text=value["text"], metadata=value["metadata"])
