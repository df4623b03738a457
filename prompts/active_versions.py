"""Which version of each prompt a person has switched to, kept in one file outside the package, with the way back.

`{"triage": ["1", "2"]}` holds the versions chosen for the prompt `triage`, the active one last.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

_Chosen = TypeAdapter(dict[str, list[str]])
# Choices kept of one prompt, for going back.
MOST_KEPT = 20


class ActiveVersionsDamaged(ValueError):
    """The file does not hold what it should; the sentence names it."""


class ActiveVersions:
    """The choices in `file`, read anew at every question so that a switch needs no restart; no file is no choice."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> Mapping[str, str]:
        """The active version of each prompt that one was chosen for; ActiveVersionsDamaged where it cannot be read."""
        return {id_: versions[-1] for id_, versions in self._chosen().items() if versions}

    def use(self, id_: str, version: str) -> None:
        """Make a version the active one."""
        chosen = self._chosen()
        earlier = [each for each in chosen.get(id_, ()) if each != version]
        self._write({**chosen, id_: [*earlier, version][-MOST_KEPT:]})

    def back(self, id_: str) -> str | None:
        """Undo the last choice; the version that is active now, None where that is the newest by itself again."""
        chosen = self._chosen()
        left = chosen.get(id_, [])[:-1]
        self._write({**chosen, id_: left})
        return left[-1] if left else None

    def _chosen(self) -> dict[str, list[str]]:
        try:
            return _Chosen.validate_json(self.file.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not a JSON object of lists of versions"
            raise ActiveVersionsDamaged(f"{self.file} cannot be read: {reason}; remove it to use the newest") from error

    def _write(self, chosen: Mapping[str, list[str]]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.file.with_suffix(".new")
        unfinished.write_text(json.dumps({id_: each for id_, each in chosen.items() if each}, indent=2) + "\n", "utf-8")
        unfinished.replace(self.file)  # whole or not at all
