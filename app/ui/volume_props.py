"""Lines over time by severity, as the element `Volume` draws them."""

from datetime import timedelta
from typing import Any

from app.answer_sections import Volume
from app.ui.wording import clock, length
from retrieval.taxonomy import Severity

# From the base of a bar upwards: what is worst stands on the axis, where heights compare.
STACKED = tuple(reversed(Severity))


def volume_props(volume: Volume) -> dict[str, Any]:
    """Counts by bucket for each severity that occurs, worst first."""
    return {
        "times": [clock(bucket) for bucket in volume.buckets],
        "each": length(timedelta(seconds=volume.bucket_seconds)),
        "series": [
            {"severity": severity.value, "counts": volume.series[severity], "total": sum(volume.series[severity])}
            for severity in STACKED
            if any(volume.series.get(severity, ()))
        ],
    }
