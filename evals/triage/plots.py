"""Plots of a run as SVG, drawn here: they need no library to open, and are equal for equal numbers."""

import html
from collections.abc import Iterable, Mapping, Sequence

from evals.metrics.calibration import calibration_bins
from evals.metrics.metric import Metric
from evals.metrics.severity import severity_confusion
from evals.triage.prediction import Scored
from retrieval.taxonomy import Severity

_INK, _BAR, _SOFT = "#222", "#3572b0", "#c9d8ea"
_SHARES = (
    "status", "severity", "category", "component_f1", "key_line_hit", "key_line_recall", "key_line_precision",
    "citation_validity", "false_alarm", "missed_alarm", "confident_wrong", "calibration_ece", "rougeL",
)  # fmt: skip
LATENCY_BARS = 20


def metrics_plot(metrics: Mapping[str, Metric]) -> str:
    """Each share with its interval."""
    known = [(name, metrics[name]) for name in _SHARES if metrics[name].value is not None]
    shapes = []
    for row, (name, metric) in enumerate(known):
        y = 30 + 24 * row
        low, high, value = (180 + 400 * share for share in (*metric.ci, metric.value or 0.0))
        shapes += [
            _text(170, y + 4, name, "end"), f'<line x1="180" x2="580" y1="{y}" y2="{y}" stroke="#eee"/>',
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" stroke="{_BAR}" stroke-width="3"/>',
            f'<circle cx="{value:.1f}" cy="{y}" r="5" fill="{_BAR}"/>',
            _text(590, y + 4, f"{metric.value:.2f} (n={metric.n})", "start"),
        ]  # fmt: skip
    return _svg(700, 44 + 24 * len(known), "Metrics with their 95 % intervals", shapes)


def confusion_plot(scored: Sequence[Scored]) -> str:
    """Expected severity by row, predicted by column."""
    counts = severity_confusion(scored)
    highest = max([*counts.values(), 1])
    shapes = []
    for row, want in enumerate(Severity):
        shapes.append(_text(110, 62 + 44 * row, want.value, "end"))
        shapes.append(_text(145 + 60 * row, 28, want.value, "middle"))
        for column, got in enumerate(Severity):
            n = counts[want.value, got.value]
            x, y = 116 + 60 * column, 36 + 44 * row
            opacity = f'fill-opacity="{n / highest:.2f}"'
            shapes.append(f'<rect x="{x}" y="{y}" width="58" height="42" fill="{_BAR}" {opacity} stroke="{_SOFT}"/>')
            shapes.append(_text(x + 29, y + 26, str(n), "middle"))
    return _svg(380, 225, "Severity: expected by row, predicted by column", shapes)


def calibration_plot(scored: Sequence[Scored]) -> str:
    """The share of right answers by confidence; the diagonal is perfect, a circle's size says how many."""
    shapes = ['<line x1="50" y1="250" x2="250" y2="50" stroke="#bbb" stroke-dasharray="4"/>']
    shapes.append(f'<rect x="50" y="50" width="200" height="200" fill="none" stroke="{_SOFT}"/>')
    for each in calibration_bins(scored):
        x, y = 50 + 200 * each.confidence, 250 - 200 * each.right
        shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3 + each.n**0.5:.1f}" fill="{_BAR}" fill-opacity=".7"/>')
        shapes.append(_text(x, y - 10, str(each.n), "middle"))
    shapes += [_text(150, 272, "confidence", "middle"), _text(44, 56, "1", "end"), _text(44, 254, "0", "end")]
    return _svg(300, 285, "Calibration: share right by confidence", shapes)


def latency_plot(scored: Sequence[Scored]) -> str:
    """How many cases took how long."""
    values = [one.record.latency_ms for one in scored]
    longest = max([*values, 1.0])
    bars = [0] * LATENCY_BARS
    for value in values:
        bars[min(LATENCY_BARS - 1, int(LATENCY_BARS * value / longest))] += 1
    highest = max([*bars, 1])
    shapes = [
        f'<rect x="{30 + 22 * n}" y="{150 - 110 * bar / highest:.1f}" width="20" height="{110 * bar / highest:.1f}"'
        f' fill="{_BAR}"/>'
        for n, bar in enumerate(bars)
    ]
    shapes += [_text(30, 168, "0 ms", "start"), _text(470, 168, f"{longest:.0f} ms", "end")]
    return _svg(500, 180, "Latency of an answer", shapes)


def _svg(width: int, height: int, title: str, shapes: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img"'
        f' aria-label="{html.escape(title)}" font-family="sans-serif" font-size="12" fill="{_INK}">'
        f"<title>{html.escape(title)}</title>{_text(10, 14, title, 'start')}{''.join(shapes)}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'
