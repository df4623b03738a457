"""One question, with whatever its asker fixed beside the words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.follow_up import Earlier
from retrieval.time_window import TimeWindow


class ModelUse(StrEnum):
    """Whether the language model is asked."""

    OFF = "off"
    AUTO = "auto"
    REQUIRE = "require"


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asked.

    `window` and `selectors` are options and win over the words; `now` is for the words ("last hour"), by default the
    end of an archive or the present; `conversation`, `traceparent` (of the caller, whose child the turn is) and
    `opened_by` (of the connection it came over, which it is linked to) are for traces. A question that goes on from
    `earlier` ("and in logging?") keeps what it does not name. With `coach` the answer explains its commands.
    """

    text: str
    window: TimeWindow | None = None
    selectors: Mapping[str, str] = field(default_factory=dict)
    now: datetime | None = None
    model_use: ModelUse = ModelUse.AUTO
    conversation: str | None = None
    traceparent: str | None = None
    opened_by: str | None = None
    earlier: Earlier | None = None
    coach: bool = False
