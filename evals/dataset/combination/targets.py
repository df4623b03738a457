"""What a dataset is to be made of: cases by severity, the share of captured ones, and what every category needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from retrieval.errors import BadInput
from retrieval.taxonomy import Severity

GOLDEN = MappingProxyType({Severity.INFO: 37, Severity.WARN: 38, Severity.ERROR: 60, Severity.CRITICAL: 15})


@dataclass(frozen=True)
class Targets:
    """Cases by severity; `captured` is the share of each severity that captures fill where there are enough of them."""

    by_severity: Mapping[Severity, int] = field(default_factory=lambda: GOLDEN)
    captured: float = 0.65
    least_captured: float = 0.5
    least_calm: float = 0.2
    each_category: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.captured <= 1 or any(count < 0 for count in self.by_severity.values()):
            raise BadInput("a share lies between 0 and 1, and a number of cases is not negative")

    @property
    def total(self) -> int:
        """All cases together."""
        return sum(self.by_severity.values())
