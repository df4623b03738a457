"""The line before a model server."""

import asyncio

import pytest

from app.triage.waiting_line import ModelBusy, WaitingLine


class Person:
    """Someone in the line: takes a place, holds it until told, and writes down what was said of the position."""

    def __init__(self, line):
        self.heard, self.leave, self.inside = [], asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(self._visit(line))

    async def _visit(self, line):
        async with line.place(self._moved):
            self.inside.set()
            await self.leave.wait()

    async def _moved(self, ahead):
        self.heard.append(ahead)


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_positions_are_told_and_kept():
    """Two are served, the others hear how many are ahead and move up in the order in which they came."""
    line = WaitingLine(slots=2)
    people = [Person(line) for _ in range(5)]
    await settle()
    assert [person.inside.is_set() for person in people] == [True, True, False, False, False]
    assert [person.heard for person in people] == [[], [], [0], [1], [2]]
    people[0].leave.set()
    await settle()
    assert people[2].inside.is_set()
    assert [person.heard for person in people[3:]] == [[1, 0], [2, 1]]
    for person in people:
        person.leave.set()
    await asyncio.gather(*(person.task for person in people))
    assert (line.running, line.waiting) == (0, 0)


async def test_who_leaves_the_line_lets_the_others_move_up():
    """Cancelling while waiting takes nobody's slot."""
    line = WaitingLine(slots=1)
    first, second, third = (Person(line) for _ in range(3))
    await settle()
    second.task.cancel()
    await settle()
    assert third.heard == [1, 0]
    first.leave.set()
    await settle()
    assert third.inside.is_set()
    third.leave.set()
    await settle()
    assert (line.running, line.waiting) == (0, 0)


async def test_who_is_cancelled_at_the_moment_of_admission_gives_the_slot_back():
    """The slot that came too late goes to the next."""
    line = WaitingLine(slots=1)
    first, second, third = (Person(line) for _ in range(3))
    await settle()
    first.leave.set()
    await asyncio.sleep(0)
    second.task.cancel()
    await settle()
    assert third.inside.is_set()
    third.leave.set()
    await settle()
    assert (line.running, line.waiting) == (0, 0)


async def test_a_full_line_refuses():
    """With a sentence that says how long it is; nobody waits without end."""
    line = WaitingLine(slots=1, most_waiting=1)
    people = [Person(line) for _ in range(2)]
    await settle()
    with pytest.raises(ModelBusy, match="1 questions are being answered and 1 wait"):
        async with line.place(people[0]._moved):
            pass
    for person in people:
        person.leave.set()
    await asyncio.gather(*(person.task for person in people))


async def test_a_failure_inside_frees_the_slot():
    """Whatever goes wrong while someone is served."""
    line = WaitingLine(slots=1)
    with pytest.raises(ZeroDivisionError):
        async with line.place(lambda ahead: asyncio.sleep(0)):
            raise ZeroDivisionError
    assert line.running == 0
