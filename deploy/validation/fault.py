"""What a check found wrong, and what it could not look at."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong, by the file or object it is in."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


class Missing(Exception):
    """A tool or schema that a check needs is not here; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The checkout that is looked at: `root` holds `deploy/`; `schemas` the definitions of custom resources."""

    root: Path
    schemas: Path | None = None

    @property
    def deploy(self) -> Path:
        """The folder `deploy/`."""
        return self.root / "deploy"

    def need_schemas(self) -> Path:
        """The folder of schemas; Missing where none is given."""
        if self.schemas is None:
            raise Missing("set CRD_SCHEMAS to a folder with the definitions of custom resources")
        return self.schemas

    def name(self, path: Path) -> str:
        """A path as it is told to people: relative to the checkout."""
        return path.relative_to(self.root).as_posix()
