"""The report of a run: three rankings side by side, by type of query, and the misses with what was found instead."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from evals.retrieval.experiment import MODES, Found
from evals.retrieval.measures import MEASURES, Measured

MISSED_BELOW = 3  # a query is a miss where no answer is among the first three
SHOWN = 3
COLOURS = {"lexical": "#9aa5b1", "dense": "#3572b0", "hybrid": "#d1661b"}

Table = Mapping[str, Mapping[str, Measured]]


def markdown(config: Mapping[str, Any], groups: Mapping[str, Table], done: Sequence[Found]) -> str:
    """The report as Markdown; `groups` are the tables by name, that of all queries first."""
    corpus, dataset = config["corpus"], config["dataset"]
    about = f"{corpus['documents']} documents of {corpus['name']}, {len(done)} queries of {dataset['name']}"
    how = f"embedded with {config['model']}. Means with 95 % intervals (bootstrap over queries)."
    lines = ["# Retrieval", "", f"{about}, {how}"]
    if corpus["failed"]:
        lines += ["", f"{len(corpus['failed'])} files could not be ingested:", ""]
        lines += [f"- {failure}" for failure in corpus["failed"]]
    for name, table in groups.items():
        lines += ["", f"## {name}", "", *_table(table)]
    missed = [each for each in done if (each.first_answer("hybrid") or MISSED_BELOW + 1) > MISSED_BELOW]
    lines += ["", f"## Misses: no answer among the first {MISSED_BELOW} ({len(missed)} of {len(done)})", ""]
    for each in missed:
        places = (f"{mode} {each.first_answer(mode) or 'never'}" for mode in MODES)
        lines += [
            f"- `{each.query.id}` {each.query.query[:200]!r}",
            f"  - wanted {', '.join(sorted(each.query.answers))}, which came at: {', '.join(places)}",
            f"  - found {', '.join(each.ranking['hybrid'][:SHOWN]) or 'nothing'}",
        ]
    return "\n".join(lines) + "\n"


def page(report: str, groups: Mapping[str, Table], done: Sequence[Found]) -> str:
    """The report with its plots as one page without scripts."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Retrieval</title>'
        f"<h1>Retrieval</h1><h2>nDCG@10 with 95 % intervals</h2>{_bars(groups)}"
        f"<h2>Place of the first answer</h2>{_places(done)}<pre>{html.escape(report)}</pre></html>\n"
    )


def shown(measured: Measured) -> str:
    """A figure for people."""
    return f"{measured['value']:.3f} [{measured['ci'][0]:.3f}, {measured['ci'][1]:.3f}]"


def _table(table: Table) -> list[str]:
    count = table["hybrid"]["ndcg@10"]["n"]
    head = [f"| n = {count} | {' | '.join(MEASURES)} |", f"| --- |{' --- |' * len(MEASURES)}"]
    return head + [f"| {mode} | {' | '.join(shown(row[name]) for name in MEASURES)} |" for mode, row in table.items()]


def _bars(groups: Mapping[str, Table]) -> str:
    """A bar a mode and group, with its interval as a line; 0 to 1 over 160 pixels."""
    drawn = ""
    for place, (name, table) in enumerate(groups.items()):
        left = 40 + 130 * place
        for number, mode in enumerate(MODES):
            figure, x = table[mode]["ndcg@10"], left + 36 * number
            top, low, high = (180 - 160 * each for each in (figure["value"], *figure["ci"]))
            drawn += f'<rect x="{x}" y="{top:.1f}" width="30" height="{180 - top:.1f}" fill="{COLOURS[mode]}"/>'
            drawn += f'<line x1="{x + 15}" x2="{x + 15}" y1="{low:.1f}" y2="{high:.1f}" stroke="#222"/>'
            drawn += f'<text x="{x + 15}" y="{high - 4:.1f}">{figure["value"]:.2f}</text>'
        drawn += f'<text x="{left + 51}" y="196">{html.escape(name)}</text>'
    return _svg(60 + 130 * len(groups), 230, drawn + _legend(215), "nDCG@10 by group of queries")


def _places(done: Sequence[Found]) -> str:
    """How often the first answer stood at each place; the last group counts those that were not found at all."""
    names = [*(str(place) for place in range(1, 11)), "later", "none"]
    drawn = ""
    counts = {mode: _counts([each.first_answer(mode) for each in done]) for mode in MODES}
    highest = max(1, *(max(each) for each in counts.values()))
    for number, mode in enumerate(MODES):
        for place, count in enumerate(counts[mode]):
            x, height = 20 + 60 * place + 17 * number, 150 * count / highest
            drawn += f'<rect x="{x}" y="{180 - height:.1f}" width="15" height="{height:.1f}" fill="{COLOURS[mode]}"/>'
            drawn += f'<text x="{x + 7}" y="{176 - height:.1f}">{count or ""}</text>'
    drawn += "".join(f'<text x="{45 + 60 * place}" y="196">{name}</text>' for place, name in enumerate(names))
    return _svg(40 + 60 * len(names), 230, drawn + _legend(215), "Place of the first answer")


def _counts(places: Sequence[int | None]) -> list[int]:
    exact = [places.count(place) for place in range(1, 11)]
    return [*exact, sum(place is not None and place > len(exact) for place in places), places.count(None)]


def _legend(y: int) -> str:
    return "".join(
        f'<rect x="{40 + 100 * n}" y="{y - 10}" width="10" height="10" fill="{COLOURS[mode]}"/>'
        f'<text x="{85 + 100 * n}" y="{y}">{mode}</text>'
        for n, mode in enumerate(MODES)
    )


def _svg(width: int, height: int, drawn: str, label: str) -> str:
    style = 'font-family="sans-serif" font-size="11" text-anchor="middle"'
    return f'<svg width="{width}" height="{height}" role="img" aria-label="{label}" {style}>{drawn}</svg>'
