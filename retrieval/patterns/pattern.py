"""One pattern of a window: an event that happened `count` times."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from retrieval.patterns.fields import Level
from retrieval.patterns.line_fields import LineFields

# Buckets of the small chart beside each pattern.
SPARK_BUCKETS = 24


@dataclass(frozen=True, slots=True)
class Pattern:
    """Events of one template.

    `first_seen` and `last_seen` are nanoseconds (None where no line has a time); `labels` are those that all its lines
    share, and `workloads` the apps, containers and pods of any; `sample_positions` are up to three lines (first,
    middle, last) and `samples` their texts; `spark` counts lines in equal parts of the window; `trouble` is how many
    different words of trouble the template holds; `fields` are those that its first sample states.
    """

    template: str
    level: Level
    trouble: int
    count: int
    first_seen: int | None
    last_seen: int | None
    labels: Mapping[str, str]
    sample_positions: tuple[int, ...]
    samples: tuple[str, ...]
    spark: tuple[int, ...] = field(default=())
    score: float = 0.0
    fields: LineFields = field(default=LineFields())
    workloads: frozenset[str] = frozenset()
