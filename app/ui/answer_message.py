"""One answer as a chat message without text: all of it stands in elements, so none of it is read as Markdown."""

from collections.abc import Callable, Mapping
from typing import Any

import chainlit as cl

from app.answer import Answer
from app.ui.account_props import account_props
from app.ui.change_props import change_props, compared_props
from app.ui.pattern_props import pattern_props
from app.ui.problem_props import problem_props
from app.ui.screen_element import screen_element
from app.ui.section_props import lookup_props, overview_props, ranking_props
from app.ui.verdict_props import Phase, queue_words, verdict_props
from app.ui.volume_props import volume_props


class AnswerMessage:
    """The verdict first, then the evidence card, then what was looked at; `trace_link` opens a trace, where it can."""

    def __init__(self, turn: str, trace_link: Callable[[str], str | None]) -> None:
        self._turn = turn
        self._trace_link = trace_link
        self._verdict: cl.CustomElement | None = None
        self._account: cl.CustomElement | None = None

    async def show(self, answer: Answer, phase: Phase) -> None:
        """Show the card, with the verdict as far as there is one."""
        self._verdict = screen_element("Verdict", verdict_props(self._turn, answer, phase))
        self._account = screen_element("Account", self._account_props(answer, done=phase == "done"))
        elements = [self._verdict]
        if answer.after is not None:
            elements.append(screen_element("Compared", compared_props(self._turn, answer)))
            elements.append(screen_element("Changes", change_props(self._turn, answer)))
        elif answer.ranking is not None:
            elements.append(screen_element("Ranking", ranking_props(self._turn, answer, answer.ranking)))
        elif answer.lookup is not None:
            elements.append(screen_element("Lookup", lookup_props(self._turn, answer, answer.lookup)))
        elif answer.overview is not None:
            elements.append(screen_element("Overview", overview_props(self._turn, answer, answer.overview)))
        elif answer.problems:
            elements.append(screen_element("Problems", problem_props(self._turn, answer)))
        if answer.volume is not None:
            elements.append(screen_element("Volume", volume_props(answer.volume)))
        if answer.patterns and answer.lookup is None:
            elements.append(screen_element("Patterns", pattern_props(self._turn, answer)))
        message = cl.Message(content="")
        await message.send()
        for element in (*elements, self._account):  # one after the other, so that they stand in this order
            await element.send(for_id=message.id)

    async def queued(self, answer: Answer, ahead: int | None) -> None:
        """Show the place in the line before the model."""
        await self._replace(self._verdict, verdict_props(self._turn, answer, "waiting", by=queue_words(ahead)))

    async def progress(self, answer: Answer, partial: Mapping[str, Any]) -> None:
        """Show what the model has written so far."""
        await self._replace(self._verdict, verdict_props(self._turn, answer, "writing", partial))

    async def finish(self, answer: Answer) -> None:
        """Show the final verdict and the whole account."""
        await self._replace(self._verdict, verdict_props(self._turn, answer, "done"))
        await self._replace(self._account, self._account_props(answer, done=True))

    def _account_props(self, answer: Answer, *, done: bool) -> dict[str, Any]:
        return account_props(answer, done=done, trace_link=self._trace_link(answer.trace_id))

    async def _replace(self, element: cl.CustomElement | None, props: dict[str, Any]) -> None:
        if element is not None:
            element.props = props
            await element.update()
