"""One question on the screen: the pipeline's events, turned into steps, the evidence card and the answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from opentelemetry.trace import format_trace_id, get_current_span

from app.answer import (
    WITHOUT_MODEL,
    Answer,
    Answered,
    CardReady,
    Event,
    ModelQueued,
    StepFinished,
    StepName,
    StepStarted,
    TriageProgress,
)
from app.ui.citation import by_id
from app.ui.panel_props import excerpts
from app.ui.turn_memory import Halves, RememberedTurn
from app.ui.verdict_props import Phase
from retrieval.timestamps import parse_iso_nanoseconds

# Seconds between two pictures of a growing answer: often enough to read along, seldom enough for a slow browser.
FRAME = 0.15
STOPPED = f"You stopped the model. {WITHOUT_MODEL}"
NO_MODEL = "not needed, no model is configured"


class Trail(Protocol):
    """Where steps are shown."""

    async def started(self, name: StepName) -> None:
        """A step began."""

    async def finished(self, name: StepName, summary: str, milliseconds: float, details: dict[str, Any]) -> None:
        """A step ended."""

    async def skipped(self, name: StepName, reason: str) -> None:
        """A step was left out."""


class Page(Protocol):
    """Where the answer is shown."""

    async def show(self, answer: Answer, phase: Phase) -> None:
        """The card."""

    async def queued(self, answer: Answer, ahead: int | None) -> None:
        """The model answers others first."""

    async def progress(self, answer: Answer, partial: Mapping[str, Any]) -> None:
        """The answer so far."""

    async def finish(self, answer: Answer) -> None:
        """The answer."""


class ShownTurn:
    """An `app.steps.running.Emit` for one turn; `remember` keeps what the citations of the answer open."""

    def __init__(
        self,
        trail: Trail,
        page: Page,
        remember: Callable[[RememberedTurn], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.trace_id: str | None = None
        self._trail = trail
        self._page = page
        self._remember = remember
        self._card: CardReady | None = None
        self._clock = clock
        self._drawn = -FRAME

    async def __call__(self, event: Event) -> None:
        """Show one event."""
        await self._shown(event)

    async def stopped(self) -> None:
        """The person stopped the model: the card's own verdict stands, and says so."""
        if self._card is not None and not self._card.final:
            answer = self._card.answer
            await self._page.finish(answer.model_copy(update={"warnings": [*answer.warnings, STOPPED]}))

    def _shown(self, event: Event) -> Awaitable[None]:
        match event:
            case StepStarted(name):
                self.trace_id = self.trace_id or _running_trace()
                return self._trail.started(name)
            case StepFinished(name, summary, milliseconds, details):
                return self._trail.finished(name, summary, milliseconds, details)
            case CardReady():
                return self._show_card(event)
            case ModelQueued(ahead):
                return self._show_queue(ahead)
            case TriageProgress(partial):
                return self._show_progress(partial)
            case Answered(answer):
                return self._page.finish(answer)

    async def _show_card(self, card: CardReady) -> None:
        self._card = card
        await self._page.show(card.answer, "done" if card.final else "waiting")
        self._remember(await asyncio.to_thread(_remembered, card))
        if card.final:
            for name in ("prompt", "generate"):
                await self._trail.skipped(name, NO_MODEL)

    async def _show_queue(self, ahead: int | None) -> None:
        if self._card is not None:
            await self._page.queued(self._card.answer, ahead)

    async def _show_progress(self, partial: Mapping[str, Any]) -> None:
        now = self._clock()
        if self._card is not None and now - self._drawn >= FRAME:
            self._drawn = now
            await self._page.progress(self._card.answer, partial)


def _remembered(card: CardReady) -> RememberedTurn:
    halves = _halves(card.answer)
    return RememberedTurn(
        evidence=by_id(card.answer.evidence),
        excerpts={item.id: excerpts(item, card.lines, halves) for item in card.answer.evidence},
        earlier=card.earlier,
        halves=halves,
    )


def _halves(answer: Answer) -> Halves | None:
    """The windows before and after in nanoseconds; None where nothing was compared."""
    if answer.before is None or answer.after is None:
        return None
    before, after = (
        (parse_iso_nanoseconds(side.start) or 0, parse_iso_nanoseconds(side.end) or 0)
        for side in (answer.before, answer.after)
    )
    return before, after


def _running_trace() -> str | None:
    context = get_current_span().get_span_context()
    return format_trace_id(context.trace_id) if context.is_valid else None
