"""Plots of a run, drawn here: they need no library to open, follow the page's colours, and are equal for equal numbers.

Intervals are bars of HTML, so that their words keep their size on a narrow screen; the others are SVG.
"""

import html
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from evals.metrics.calibration import calibration_bins
from evals.metrics.metric import Metric
from evals.triage.prediction import Scored
from retrieval.taxonomy import Severity

LATENCY_BARS = 20
# A cell that is darker than this carries light words.
_DARK = 0.5


def interval_bar(metric: Metric) -> str:
    """A value and its interval on a track from 0 to 1; empty where the metric has no value or another range."""
    value, (low, high) = metric.value, metric.ci
    if value is None or not (0 <= low <= high <= 1):
        return ""
    return (
        f'<span class="track"><i style="left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%"></i>'
        f'<b style="left:{100 * value:.1f}%"></b></span>'
    )


def confusion_plot(counts: Mapping[tuple[str, str], int], title: str) -> str:
    """Expected severity by row, predicted by column; from the most shared cell to none the colour fades."""
    names = [severity.value for severity in Severity]
    highest = max([*counts.values(), 1])
    shapes: list[str] = []
    for row, want in enumerate(names):
        shapes.append(_text(92, 48 + 40 * row, want, "end"))
        shapes.append(_text(131 + 66 * row, 14, want, "middle"))
        for column, got in enumerate(names):
            share = (n := counts.get((want, got), 0)) / highest
            x, y = 100 + 66 * column, 22 + 40 * row
            shapes.append(f'<rect class="frame" x="{x}" y="{y}" width="63" height="37"/>')
            shapes.append(
                f'<rect class="bar" x="{x}" y="{y}" width="63" height="37" fill-opacity="{share:.2f}">'
                f"<title>{want} taken for {got}: {n}</title></rect>"
            )
            shapes.append(_text(x + 31, y + 23, str(n), "middle", "on" if share > _DARK else ""))
    return _figure(370, 186, title, shapes)


def calibration_plot(scored: Sequence[Scored]) -> str:
    """The share of right answers by confidence; the diagonal is perfect, a circle's size says how many."""
    shapes = [
        '<rect class="frame" x="40" y="16" width="220" height="220"/>',
        '<line class="guide" x1="40" y1="236" x2="260" y2="16"/>',
    ]
    for each in calibration_bins(scored):
        x, y, size = 40 + 220 * each.confidence, 236 - 220 * each.right, 3 + each.n**0.5
        shapes.append(
            f'<circle class="bar" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill-opacity=".75">'
            f"<title>{each.n} answers, {each.confidence:.2f} sure, {each.right:.2f} right</title></circle>"
        )
        shapes.append(_text(x + size + 3, y + 4, str(each.n), "start", "soft"))
    shapes += [_text(40 + 220 * n / 4, 252, f"{n / 4:g}", "middle", "soft") for n in range(5)]
    shapes += [_text(34, 240 - 220 * n / 4, f"{n / 4:g}", "end", "soft") for n in range(5)]
    shapes += [_text(150, 270, "confidence", "middle", "soft")]
    return _figure(300, 276, "Calibration: share right (up) by confidence, with how many", shapes)


def latency_plot(scored: Sequence[Scored]) -> str:
    """How many cases took how long, with the median and the 95th percentile marked."""
    values = [one.record.latency_ms for one in scored] or [0.0]
    longest = max([*values, 1.0])
    bars = Counter(min(LATENCY_BARS - 1, int(LATENCY_BARS * value / longest)) for value in values)
    highest = max(bars.values())
    shapes = [
        f'<rect class="bar" x="{20 + 17 * n}" y="{180 - 130 * bars[n] / highest:.1f}" width="15"'
        f' height="{130 * bars[n] / highest:.1f}"><title>{bars[n]} cases</title></rect>'
        for n in range(LATENCY_BARS)
    ]
    for n, (name, share) in enumerate((("median", 0.5), ("p95", 0.95))):
        value = float(np.quantile(values, share))
        x = 20 + 17 * LATENCY_BARS * value / longest
        shapes.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{28 + 14 * n}" y2="180"/>')
        shapes.append(_text(x + 4, 36 + 14 * n, f"{name} {value:.0f} ms", "start"))
    shapes += [_text(20, 198, "0 ms", "start", "soft"), _text(360, 198, f"{longest:.0f} ms", "end", "soft")]
    return _figure(370, 206, "Latency of an answer", shapes)


def _figure(width: int, height: int, title: str, shapes: Iterable[str]) -> str:
    label = html.escape(title, quote=True)
    return (
        f'<figure><h3>{html.escape(title)}</h3><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' role="img" aria-label="{label}">{"".join(shapes)}</svg></figure>'
    )


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text{style} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'
