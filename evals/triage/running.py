"""A run: the cases through an engine, several at once, each outcome kept as soon as it is there."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from evals.dataset.cases import Case
from evals.triage.engines import Engine
from evals.triage.prediction import Record


async def run_cases(
    cases: Sequence[Case],
    engine: Engine,
    parallel: int,
    done: Mapping[str, Record],
    keep: Callable[[Record], None],
    repeats: int = 1,
) -> list[Record]:
    """The outcomes in the order of the cases; those `done` already are taken as they are, new ones given to `keep`.

    Each case is answered `repeats` times; latency and usage are those of the first.
    """
    gate = asyncio.Semaphore(parallel)

    async def one(case: Case) -> Record:
        if case.id in done:
            return done[case.id]
        async with gate:
            record = await engine.answer(case)
            again = [(await engine.answer(case, nth)).prediction for nth in range(1, repeats)]
            record = record.model_copy(update={"repeats": tuple(again)})
        keep(record)
        return record

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(case)) for case in cases]
    return [task.result() for task in tasks]
