"""The pipeline's events on their way to the screen."""

import pytest

from app.answer import Answered, CardReady, ModelQueued, StepFinished, StepStarted, TriageProgress
from app.ui.turn import ShownTurn
from app.ui.turn_memory import RememberedTurn, TurnMemory


class Recorder:
    """A trail and a page that write down what they are told."""

    def __init__(self):
        self.told = []

    async def started(self, name):
        self.told.append(("started", name))

    async def finished(self, name, summary, milliseconds, details):
        self.told.append(("finished", name, summary))

    async def skipped(self, name, reason):
        self.told.append(("skipped", name))

    async def show(self, answer, phase):
        self.told.append(("show", phase))

    async def queued(self, answer, ahead):
        self.told.append(("queued", ahead))

    async def progress(self, answer, partial):
        self.told.append(("progress", dict(partial)))

    async def finish(self, answer):
        self.told.append(("finish", answer.engine))


@pytest.fixture
def screen():
    return Recorder()


@pytest.fixture
def kept():
    return []


@pytest.fixture
def shown(screen, kept):
    return ShownTurn(screen, screen, kept.append)


async def test_steps_are_shown_as_they_run(shown, screen):
    """One after the other, each with its summary."""
    await shown(StepStarted("logs"))
    await shown(StepFinished("logs", "3 lines read", 2.0))
    assert screen.told == [("started", "logs"), ("finished", "logs", "3 lines read")]


async def test_without_a_model_the_card_is_the_answer_and_its_steps_are_named(shown, screen, answer, lines):
    """The two steps that need a model say that they were left out."""
    await shown(CardReady(answer, lines, final=True))
    assert screen.told == [("show", "done"), ("skipped", "prompt"), ("skipped", "generate")]


async def test_with_a_model_the_verdict_waits_for_it(shown, screen, answer, lines):
    """The card is shown at once all the same."""
    await shown(CardReady(answer, lines, final=False))
    await shown(Answered(answer))
    assert screen.told == [("show", "waiting"), ("finish", "extractive")]


async def test_the_place_in_the_line_is_shown(shown, screen, answer, lines):
    """As it changes, on the verdict that waits."""
    await shown(CardReady(answer, lines, final=False))
    for ahead in (1, 0, None):
        await shown(ModelQueued(ahead))
    assert screen.told[1:] == [("queued", 1), ("queued", 0), ("queued", None)]


async def test_a_stopped_turn_shows_the_counted_answer(shown, screen, answer, lines):
    """No verdict is left half written; before the card there is nothing to show."""
    await shown.stopped()
    await shown(CardReady(answer, lines, final=False))
    await shown(TriageProgress({"summary": "half a sen"}))
    await shown.stopped()
    assert screen.told[0] == ("show", "waiting")
    assert screen.told[-1] == ("finish", "extractive")


async def test_a_growing_answer_is_drawn_a_few_times_a_second_only(screen, kept, answer, lines):
    """A picture for every token would be more than a browser can draw."""
    moments = iter([10.0, 10.05, 10.2])
    shown = ShownTurn(screen, screen, kept.append, clock=lambda: next(moments))
    await shown(CardReady(answer, lines, final=False))
    for text in ("a", "ab", "abc"):
        await shown(TriageProgress({"summary": text}))
    assert [told[1]["summary"] for told in screen.told if told[0] == "progress"] == ["a", "abc"]


async def test_what_citations_open_is_remembered_without_the_window(shown, kept, answer, lines):
    """Half a million lines must not stay in memory for the ten that are cited."""
    await shown(CardReady(answer, lines, final=True))
    assert set(kept[0].evidence) == {"L1", "R1"}
    assert [len(excerpt) for excerpt in kept[0].excerpts["L1"]] == [13]


def test_the_last_five_turns_are_remembered():
    """An older answer's citations say that they can no longer be opened."""
    memory = TurnMemory()
    for n in range(7):
        memory.keep(str(n), RememberedTurn({}, {}))
    assert [n for n in range(7) if memory.find(str(n))] == [2, 3, 4, 5, 6]
