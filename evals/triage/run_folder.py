"""The frozen folder of a run, never overwritten.

While it is under way, outcomes are kept in `predictions.part.jsonl`, from which a stopped run goes on.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evals.metrics.metric import Metric
from evals.triage.earlier_runs import earlier_runs
from evals.triage.prediction import Record, Scored
from evals.triage.report import report_html, report_markdown
from retrieval.errors import BadInput, LogAgentError


class RunFolder:
    """One run's folder; `done` are the outcomes that a stopped run left, by case id."""

    def __init__(self, out: Path, config: Mapping[str, Any]) -> None:
        """Raises BadInput where the folder holds a finished run or anything that is no stopped run."""
        self.out = out
        self.done: dict[str, Record] = {}
        self._config = dict(config)
        self._part = out / "predictions.part.jsonl"
        self._under_way = out.exists() and (not out.is_dir() or any(out.iterdir()))
        if self._under_way and ((out / "metrics.json").exists() or not (out / "config.json").is_file()):
            raise self._refusal()

    @property
    def config(self) -> Mapping[str, Any]:
        """As `config.json` has it."""
        return self._config

    def start(self, model: str | None) -> None:
        """Writes the config, or takes up a stopped run with the same one; BadInput where its config differs."""
        told = _quantization(model) or self._config.get("quantization")
        self._config |= {"model": model, "quantization": told}
        try:
            if self._under_way:
                if json.loads((self.out / "config.json").read_text("utf-8")) != self._config:
                    raise self._refusal()
                lines = self._part.read_text("utf-8").split("\n") if self._part.exists() else []
                self.done = {record.id: record for line in lines if (record := _record(line)) is not None}
            self.out.mkdir(parents=True, exist_ok=True)
            _write(self.out / "config.json", json.dumps(self._config, indent=2) + "\n")
            # Without the line that a stop cut short, the next one would be glued to it.
            _write(self._part, "".join(record.model_dump_json() + "\n" for record in self.done.values()))
        except OSError as error:
            raise BadInput(f"{self.out}: cannot be written ({error.strerror})") from error
        except ValueError as error:
            raise self._refusal() from error

    def keep(self, record: Record) -> None:
        """Appends an outcome, so that a stop does not lose it."""
        with self._part.open("a", encoding="utf-8", newline="\n") as part:
            part.write(record.model_dump_json() + "\n")

    def finish(self, scored: Sequence[Scored], metrics: Mapping[str, Metric]) -> None:
        """Writes predictions, metrics and reports, in this order; the folder is a finished run from then on."""
        predictions = "".join(one.record.model_dump_json() + "\n" for one in scored)
        _write(self.out / "predictions.jsonl", predictions)
        _write(self.out / "report.md", report_markdown(self._config, scored, metrics))
        earlier = earlier_runs(self.out, self._config)
        _write(self.out / "report.html", report_html(self._config, scored, metrics, earlier))
        table = {name: metric.as_json() for name, metric in metrics.items()}
        _write(self.out / "metrics.json", json.dumps(table, indent=2) + "\n")
        self._part.unlink(missing_ok=True)

    def _refusal(self) -> BadInput:
        return BadInput(
            f"{self.out} exists and is not empty; a run is never overwritten, so --out names a new folder"
            " (or that of a stopped run with the same settings, to go on)"
        )


def read_records(folder: Path) -> list[Record]:
    """The outcomes of a finished run; LogAgentError where it is none."""
    try:
        lines = (folder / "predictions.jsonl").read_text("utf-8").split("\n")
        return [Record.model_validate_json(line) for line in lines if line]
    except (OSError, ValidationError) as error:
        raise LogAgentError(f"{folder} holds no finished run") from error


def _quantization(model: str | None) -> str | None:
    """As GGUF file names have it: Q4_K_M, IQ3_XS, F16."""
    found = re.search(r"(?:^|[-._])(I?Q\d\w*|B?F(?:16|32))(?:[-._]|$)", model or "", re.IGNORECASE)
    return found[1].upper() if found else None


def _record(line: str) -> Record | None:
    """A kept outcome; None for the line that a stop cut short."""
    try:
        return Record.model_validate_json(line)
    except ValidationError:
        return None


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
