"""The line before each model as gauges, looked at whenever metrics are read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from app.telemetry import metric_names as names


@dataclass(frozen=True, slots=True)
class QueueState:
    """One model now: the requests that its server takes at a time, those under way, and those that wait."""

    profile: str
    slots: int
    running: int
    waiting: int


def watch_queues(meter: Meter, states: Callable[[], Iterable[QueueState]]) -> None:
    """Gauges of slots, running and waiting by profile; `states` is called by the thread that reads metrics."""

    def gauge(metric: names.Metric, figure: Callable[[QueueState], int]) -> None:
        def observed(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(figure(state), {"profile": state.profile}) for state in states()]

        meter.create_observable_gauge(metric.name, [observed], metric.unit, metric.description)

    gauge(names.SLOTS, lambda state: state.slots)
    gauge(names.RUNNING, lambda state: state.running)
    gauge(names.WAITING, lambda state: state.waiting)
