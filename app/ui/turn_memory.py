"""What a chat remembers of its last answers, so that citations open and a question can go on from the one before."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.answer import EvidenceItem
from app.follow_up import Earlier
from retrieval.log_lines import LogLine

REMEMBERED = 5
Halves = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class RememberedTurn:
    """The evidence of one answer, and around each cited line its neighbours; the window itself is let go.

    `earlier` is what the next question may go on from; `halves` are the start and end of the windows before and after,
    in nanoseconds, where two were compared.
    """

    evidence: Mapping[str, EvidenceItem]
    excerpts: Mapping[str, Sequence[Sequence[LogLine]]]
    earlier: Earlier | None = None
    halves: Halves | None = None


class TurnMemory:
    """The last few turns of one chat, oldest forgotten first."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._turns: OrderedDict[str, RememberedTurn] = OrderedDict()
        self._size = size

    def keep(self, turn: str, remembered: RememberedTurn) -> None:
        """Remember a turn, and forget the oldest where there are too many."""
        self._turns[turn] = remembered
        while len(self._turns) > self._size:
            self._turns.popitem(last=False)

    @property
    def earlier(self) -> Earlier | None:
        """The last question that was answered; None where there was none."""
        return next((turn.earlier for turn in reversed(self._turns.values())), None)

    def find(self, turn: str) -> RememberedTurn | None:
        """The turn, or None where it was forgotten or never was."""
        return self._turns.get(turn)
