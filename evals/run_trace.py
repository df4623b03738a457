"""The trace of a run: which experiment on what, and each of its metrics as an event of the GenAI conventions."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.bootstrap import opened_telemetry
from app.settings import Settings
from app.telemetry.conventions import EVALUATION_RESULT, Attribute
from app.telemetry.spans import evaluation_span

Tell = Callable[[Mapping[str, float | None]], None]


@contextmanager
def traced_run(settings: Settings, experiment: str, dataset: Path | None, cases: int) -> Iterator[Tell]:
    """A span around a run, sent where traces are; what it yields takes the run's metrics by name.

    Questions asked within it, in whatever task, are traces of their own and linked to it.
    """
    name = dataset.stem if dataset else "bundled"
    with opened_telemetry(settings) as telemetry, evaluation_span(telemetry, experiment, name, cases) as span:

        def tell(metrics: Mapping[str, float | None]) -> None:
            for metric, value in metrics.items():
                if value is not None:
                    span.event(
                        EVALUATION_RESULT, {Attribute.EVALUATION_NAME: metric, Attribute.EVALUATION_SCORE: float(value)}
                    )

        yield tell
