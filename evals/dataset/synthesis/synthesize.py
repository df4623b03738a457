"""From a template to a case: values drawn, lines framed, ordinary lines around them; the same seed gives the same."""

import random
from collections.abc import Iterator
from itertools import islice

from evals.dataset.cases import Case, CaseLine, Expected, Labels, Origin
from evals.dataset.synthesis.frames import FRAMES
from evals.dataset.synthesis.templates import LineTemplate, Stream, Template, streams, templates
from evals.dataset.synthesis.values import Values
from retrieval.timestamps import to_iso

_SECOND = 10**9
_BEGIN = 1_761_955_200 * _SECOND  # 2025-11-01
_DAYS = 18
_WINDOW = 20 * 60  # seconds that a case covers
_AROUND = ("kubelet", "containerd", "coredns", "neighbour", "apiserver", "prometheus", "cilium", "kustomize-controller")


def synthesize(seed: int, count: int | None = None) -> Iterator[Case]:
    """Cases of all templates, every phrasing once before any a second time; without a count each phrasing once."""
    rounds = _rounds(seed)
    every = sum(len(template.phrasings) for template in templates())
    for number, (template, phrasing) in enumerate(islice(rounds, every if count is None else count)):
        yield case_of(template, phrasing, f"{seed}/{template.id}/{phrasing}/{number // every}")


def _rounds(seed: int) -> Iterator[tuple[Template, int]]:
    """First each template's first phrasing in a seeded order, then the second ones, and so on, over and over."""
    longest = max(len(template.phrasings) for template in templates())
    turn = 0
    while True:
        for phrasing in range(longest):
            chosen = [template for template in templates() if phrasing < len(template.phrasings)]
            random.Random(f"{seed}/{turn}/{phrasing}").shuffle(chosen)  # noqa: S311  # repeatable, nothing secret
            yield from ((template, phrasing) for template in chosen)
        turn += 1


def case_of(template: Template, phrasing: int, seed: str) -> Case:
    """One case of a template; the seed decides everything that varies."""
    draw = random.Random(seed)  # noqa: S311  # repeatable, nothing secret
    values = Values(draw)
    fault = template.lines[phrasing]
    began = _BEGIN + draw.randrange(_DAYS * 86_400) * _SECOND
    breaks = began + int(draw.uniform(0.35, 0.6) * _WINDOW) * _SECOND
    placed = sorted(
        [*_fault_lines(fault, breaks, draw), *_ordinary(fault, began, breaks, draw)], key=lambda each: each[0]
    )
    logs, keys = [], []
    for position, (moment, line) in enumerate(placed):
        values.moment = moment
        logs.append(_rendered(line, streams()[line.stream], values, moment))
        if line.key:
            keys.append(position)

    def text(written: str) -> str:
        return written.format_map(values)

    return Case(
        id=f"synthetic-{template.id}-{phrasing + 1}" + ("" if seed.endswith("/0") else f"-{seed.rsplit('/', 1)[1]}"),
        origin=Origin.SYNTHETIC,
        source=f"template {template.id}, phrasing {phrasing + 1}",
        question=text(draw.choice(template.question)),
        tags=("synthetic", template.id, *template.tags),
        logs=tuple(logs),
        expected=Expected(
            status=template.status,
            severity=template.severity,
            component=text(template.component),
            category=template.category,
            root_cause=text(template.root_cause),
            summary=text(template.summary),
            key_lines=tuple(keys),
            runbooks=(),
        ),
    )


Placed = tuple[int, LineTemplate]


def _fault_lines(lines: list[LineTemplate], start: int, draw: random.Random) -> Iterator[Placed]:
    """Lines in their order, a moment apart; those that repeat do so at growing distances, as retries do."""
    moment = start
    for line in lines:
        moment += draw.randrange(20 * 10**6, 4 * _SECOND)
        repeat, pause = moment, draw.uniform(3, 12)
        for _ in range(line.times):
            yield repeat, line
            repeat += int(pause * _SECOND)
            pause *= 1.6


def _ordinary(fault: list[LineTemplate], start: int, breaks: int, draw: random.Random) -> Iterator[Placed]:
    """What is printed around: those that print the fault print ordinary lines only before it."""
    broken = {line.stream for line in fault if line.key}
    around = {line.stream for line in fault} | set(draw.sample(_AROUND, 3))
    for name in sorted(around):
        lines = streams()[name].ordinary_lines(name)
        if not lines:
            continue
        end = breaks if name in broken else start + _WINDOW * _SECOND
        for _ in range(draw.randint(4, 12)):
            yield draw.randrange(start, end), draw.choice(lines)


def _rendered(line: LineTemplate, stream: Stream, values: Values, moment: int) -> CaseLine:
    labels = Labels(**{name: value.format_map(values) for name, value in stream.labels.items()})
    frame = FRAMES[stream.format]
    text = frame(line.head.strip().format_map(values), line.text.format_map(values), values)
    return CaseLine(ts=to_iso(moment), labels=labels, line=text)
