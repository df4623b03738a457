"""What flipped between two runs, side by side with its evidence, as one HTML file that opens offline."""

import html
from collections.abc import Iterator

from evals.comparison.comparison import Comparison
from evals.triage.prediction import Prediction, Scored

MOST_LINES = 12
LINE_CHARACTERS = 240
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}"
    "td,th{padding:.3rem .8rem;border-bottom:1px solid #8884;text-align:left;vertical-align:top}"
    "code{font:13px ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}"
    ".sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1rem}.key{background:#f5d76e55}"
    ".ok{color:#2a7d46}.bad{color:#c0392b}"
    "details{border:1px solid #8884;border-radius:6px;padding:.5rem 1rem;margin:.6rem 0}"
)


def report_html(compared: Comparison) -> str:
    """Measures with intervals, and every case whose status or category flipped, both verdicts beside each other."""
    return "".join(
        [
            "<!doctype html><html lang=en><meta charset=utf-8>",
            '<meta name=viewport content="width=device-width,initial-scale=1">',
            f"<title>Two runs compared</title><style>{_STYLE}</style>",
            f"<h1>{_text(compared.before.name)} → {_text(compared.after.name)}</h1>",
            f"<p>{len(compared.pairs)} cases, paired.</p>",
            *_table(compared),
            "<h2>What flipped</h2>",
            *(_flips(compared) or ["<p>Nothing.</p>"]),
            "</html>\n",
        ]
    )


def _table(compared: Comparison) -> Iterator[str]:
    yield "<table><tr><th>measure<th>before<th>after<th>difference, 95 %<th>McNemar p<th>better<th>worse</tr>"
    for one in compared.measures:
        low, high = one.interval
        yield (
            f"<tr><td>{one.name}<td>{one.before:.3f}<td>{one.after:.3f}<td>{one.difference:+.3f} "
            f"[{low:+.3f}, {high:+.3f}]<td>{one.p_value:.3g}<td>{len(one.better)}<td>{len(one.worse)}</tr>"
        )
    before, after = compared.confident_wrong
    yield f"<tr><td>confident and wrong<td>{before}<td>{after}<td><td><td><td></tr></table>"


def _flips(compared: Comparison) -> list[str]:
    flipped = [(one, two) for one, two in compared.pairs if one.correct is not two.correct]
    flipped.sort(key=lambda pair: pair[1].correct)
    return [_flip(one, two) for one, two in flipped]


def _flip(one: Scored, two: Scored) -> str:
    way = '<span class="ok">better</span>' if two.correct else '<span class="bad">worse</span>'
    expected = one.expected
    return "".join(
        [
            f"<details open><summary><b>{_text(one.case.id)}</b> {way}</summary>",
            f"<p>{_text(one.case.question)} Expected: {expected.status.value}, {expected.severity.value}, ",
            f"{expected.category.value}, {_text(expected.component)}.</p>",
            '<div class="sides">',
            *(_side(each) for each in (one, two)),
            "</div></details>",
        ]
    )


def _side(scored: Scored) -> str:
    answer = scored.prediction
    if answer is None:
        return f"<div><p class=bad>no answer: {_text(scored.record.error or '')}</p></div>"
    lines = "".join(_line(scored, position) for position in answer.key_lines[:MOST_LINES])
    return f"<div><p>{_verdict(answer)}</p><p>{_text(answer.summary)}</p>{lines or '<p>no line cited</p>'}</div>"


def _verdict(answer: Prediction) -> str:
    return (
        f"<b>{answer.status.value}, {answer.severity.value}, {answer.category.value}</b>, {_text(answer.component)}, "
        f"confidence {answer.confidence:.2f}"
    )


def _line(scored: Scored, position: int) -> str:
    key = " class=key" if position in scored.expected.key_lines else ""
    return f"<p><code{key}>{position}: {_text(scored.case.logs[position].line[:LINE_CHARACTERS])}</code></p>"


def _text(text: str) -> str:
    return html.escape(text)
