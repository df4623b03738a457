"""The report of a run: Markdown for a diff, and one HTML file with plots that opens offline."""

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.metrics.category import category_confusion
from evals.metrics.metric import Metric
from evals.triage.plots import calibration_plot, confusion_plot, latency_plot, metrics_plot
from evals.triage.prediction import Scored
from evals.triage.scoring import LOWER_IS_BETTER

LINE_CHARACTERS = 240
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:left}"
    "code,pre{font:13px ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}"
    "figure{margin:1rem 0}details{margin:.4rem 0}.ok{color:#2a7d46}.bad{color:#b3261e}"
)


def report_markdown(config: Mapping[str, Any], scored: Sequence[Scored], metrics: Mapping[str, Metric]) -> str:
    """Metrics, confused categories, and the cases that are wrong."""
    lines = [f"# Triage: {config['name']}", "", _about(config), ""]
    lines += ["| metric | value | 95 % interval | n | better |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in _metric_rows(metrics)]
    lines += ["", "## Categories taken for another", ""]
    lines += [f"- {want} → {got}: {n}" for (want, got), n in category_confusion(scored).most_common()] or ["None."]
    lines += ["", "## Cases that are wrong", ""]
    lines += [f"- **{one.case.id}**: {'; '.join(_differences(one))}" for one in scored if _differences(one)] or [
        "None."
    ]
    return "\n".join(lines) + "\n"


def report_html(config: Mapping[str, Any], scored: Sequence[Scored], metrics: Mapping[str, Metric]) -> str:
    """The same with plots, and each case with its key lines beside the cited ones; all text is escaped."""
    rows = "".join(f"<tr>{''.join(f'<td>{_e(cell)}</td>' for cell in row)}</tr>" for row in _metric_rows(metrics))
    figures = "".join(
        f"<figure>{plot}</figure>"
        for plot in (metrics_plot(metrics), confusion_plot(scored), calibration_plot(scored), latency_plot(scored))
    )
    wrong = [one for one in scored if _differences(one)]
    right = [one for one in scored if not _differences(one)]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Triage: {_e(config["name"])}</title>'
        f"<style>{_STYLE}</style><h1>Triage: {_e(config['name'])}</h1><p>{_e(_about(config))}</p>{figures}"
        f"<table><tr><th>metric<th>value<th>95 % interval<th>n<th>better</tr>{rows}</table>"
        f"<h2>Wrong ({len(wrong)})</h2>{''.join(map(_case, wrong))}"
        f"<h2>Right ({len(right)})</h2>{''.join(map(_case, right))}</html>\n"
    )


def _about(config: Mapping[str, Any]) -> str:
    dataset = config["dataset"]
    model = f", model {config['model']}" if config["model"] else ", no model"
    retrieval = "" if config["retrieval"] else ", without retrieval"
    return (
        f"{dataset['cases']} cases of {dataset['name']} (sha256 {dataset['sha256'][:12]}), engine"
        f" {config['engine']}{model}{retrieval}, code {config['code_version']},"
        f" signals {config['signals_sha256'][:12]}."
    )


def _metric_rows(metrics: Mapping[str, Metric]) -> Iterator[tuple[str, ...]]:
    for name, metric in metrics.items():
        value = "–" if metric.value is None else f"{metric.value:g}"
        interval = f"{metric.ci[0]:g} – {metric.ci[1]:g}"
        yield name, value, interval, str(metric.n), "lower" if name in LOWER_IS_BETTER else "higher"


def _differences(one: Scored) -> list[str]:
    """What was answered where something else was expected; empty for a case that is right."""
    got, want = one.prediction, one.expected
    if got is None:
        return [f"error: {one.record.error}"]
    told = [
        f"{name} {getattr(got, name).value}, expected {getattr(want, name).value}"
        for name in ("status", "severity", "category")
        if getattr(got, name) is not getattr(want, name)
    ]
    if want.key_lines and not set(want.key_lines) & set(got.key_lines):
        told.append("no key line cited")
    return told


def _case(one: Scored) -> str:
    differences = _differences(one)
    got = one.prediction
    verdict = "; ".join(differences) or "right"
    mark = "bad" if differences else "ok"
    said = f"<p>{_e(got.summary)}<br><b>{_e(got.root_cause)}</b> (confidence {got.confidence:.2f})</p>" if got else ""
    return (
        f'<details><summary><code>{_e(one.case.id)}</code> <span class="{mark}">{_e(verdict)}</span></summary>'
        f"<p><i>{_e(one.case.question)}</i></p><p>Expected: {_e(one.expected.root_cause)}</p>{said}"
        f"<p>Key lines</p>{_lines(one, one.expected.key_lines)}"
        f"<p>Cited lines</p>{_lines(one, got.key_lines if got else ())}</details>"
    )


def _lines(one: Scored, positions: Sequence[int]) -> str:
    texts = [f"{n}: {one.case.logs[n].line[:LINE_CHARACTERS]}" for n in positions[:8] if n < len(one.case.logs)]
    return f"<pre>{_e(chr(10).join(texts) or 'none')}</pre>"


def _e(text: str) -> str:
    return html.escape(str(text))
