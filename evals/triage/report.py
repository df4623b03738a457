"""The report of a run: Markdown for a diff, and one HTML file with plots that opens offline."""

import html
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from evals.metrics.category import category_confusion
from evals.metrics.metric import Metric
from evals.metrics.severity import severity_confusion
from evals.triage.earlier_runs import EarlierRun
from evals.triage.plots import calibration_plot, confusion_plot, interval_bar, latency_plot
from evals.triage.prediction import Scored
from evals.triage.report_case import differences, shown_case
from evals.triage.scoring import LOWER_IS_BETTER

# What a reader looks for first, in words.
_TILES = {
    "root_cause": "root cause", "category": "category", "severity": "severity", "status": "status",
    "key_line_hit": "key line cited", "false_alarm": "false alarms", "confident_wrong": "sure and wrong",
    "latency_p95_ms": "latency p95",
}  # fmt: skip
_OF_ANOTHER_RANGE = ("severity_distance",)
_BY_RUN = ("status", "severity", "category", "key_line_hit")


def report_markdown(config: Mapping[str, Any], scored: Sequence[Scored], metrics: Mapping[str, Metric]) -> str:
    """Metrics, confused categories, and the cases that are wrong."""
    lines = [f"# Triage: {config['name']}", "", _about(config), ""]
    lines += ["| metric | value | 95 % interval | n | better |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in _metric_rows(metrics)]
    lines += ["", "## Categories taken for another", ""]
    lines += [f"- {want} → {got}: {n}" for (want, got), n in category_confusion(scored).most_common()] or ["None."]
    lines += ["", "## Cases that are wrong", ""]
    lines += [f"- **{one.case.id}**: {'; '.join(differences(one))}" for one in scored if differences(one)] or ["None."]
    return "\n".join(lines) + "\n"


def report_html(
    config: Mapping[str, Any],
    scored: Sequence[Scored],
    metrics: Mapping[str, Metric],
    earlier: Sequence[EarlierRun] = (),
) -> str:
    """The same with plots, `earlier` runs beside it, and each case with its lines; all text is escaped."""
    wrong = [one for one in scored if differences(one)]
    right = [one for one in scored if not differences(one)]
    style = files("evals.triage").joinpath("report.css").read_text("utf-8")
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>Triage: {_e(config['name'])}</title><style>{style}</style></head><body>",
            f'<h1>Triage: {_e(config["name"])}</h1><p class="about">{_e(_about(config))}</p>',
            f'<div class="tiles">{"".join(_tiles(metrics))}</div>',
            '<div class="plots">',
            confusion_plot(severity_confusion(scored), "Severity: expected by row, predicted by column"),
            calibration_plot(scored),
            latency_plot(scored),
            "</div>",
            *_by_run(str(config["name"]), metrics, earlier),
            *_metric_table(metrics),
            *_confused(scored),
            f"<h2>Wrong ({len(wrong)})</h2>",
            *(shown_case(one, opened=number == 0) for number, one in enumerate(wrong)),
            f"<h2>Right ({len(right)})</h2>",
            *map(shown_case, right),
            "</body></html>\n",
        ]
    )


def _tiles(metrics: Mapping[str, Metric]) -> Iterator[str]:
    for name, words in _TILES.items():
        metric = metrics[name]
        if metric.value is not None:
            unit, factor = ("ms", 1) if name.endswith("_ms") else ("%", 100)
            value, low, high = (f"{factor * each:.0f}" for each in (metric.value, *metric.ci))
            yield (
                f'<div class="tile">{_e(words)}<b>{value} {unit}</b>'
                f"<small>{low} to {high} {unit}<br>n = {metric.n}</small></div>"
            )


def _by_run(name: str, metrics: Mapping[str, Metric], earlier: Sequence[EarlierRun]) -> Iterator[str]:
    """Each accuracy, with the runs on the same cases below each other; this one last."""
    runs = [*((run.name, run.metrics, "") for run in earlier), (f"{name} (this run)", metrics, ' class="this"')]
    yield "<h2>Accuracy by run, 0 to 1</h2><table>"
    for measure in _BY_RUN:
        yield f'<tr class="measure"><th colspan="3">{measure}</tr>'
        for run, table, kind in runs:
            metric = table.get(measure)
            if metric is not None and metric.value is not None:
                yield (
                    f'<tr{kind}><td class="run">{_e(run)}<td class="plot">{interval_bar(metric)}'
                    f'<td class="n">{metric.value:.3f}</tr>'
                )
    yield "</table>"


def _metric_table(metrics: Mapping[str, Metric]) -> Iterator[str]:
    yield '<h2>All metrics, with 95 % intervals</h2><table><tr><th>metric<th class="wide">0 to 1'
    yield '<th class="n">value<th class="n">interval'
    yield '<th class="n">n<th class="wide">better</tr>'
    for (name, *cells), metric in zip(_metric_rows(metrics), metrics.values(), strict=True):
        value, interval, n, better = map(_e, cells)
        bar = "" if name in _OF_ANOTHER_RANGE else interval_bar(metric)
        yield (
            f'<tr><td>{_e(name).replace("_", "_<wbr>")}<td class="plot wide">{bar}<td class="n">{value}'
            f'<td class="n">{interval}<td class="n">{n}<td class="wide">{better}</tr>'
        )
    yield "</table>"


def _confused(scored: Sequence[Scored]) -> Iterator[str]:
    counts = category_confusion(scored).most_common()
    if counts:
        yield "<h2>Categories taken for another</h2><table><tr><th>expected<th>answered<th class='n'>cases</tr>"
        for (want, got), n in counts:
            yield f'<tr><td>{_e(want)}<td>{_e(got)}<td class="n">{n}</tr>'
        yield "</table>"


def _about(config: Mapping[str, Any]) -> str:
    dataset = config["dataset"]
    model = f", model {config['model']}" if config["model"] else ", no model"
    retrieval = "" if config["retrieval"] else ", without retrieval"
    split = f"the split {dataset['split']} of " if dataset.get("split") else ""
    return (
        f"{dataset['cases']} cases of {split}{dataset['name']} (sha256 {dataset['sha256'][:12]}), engine"
        f" {config['engine']}{model}{retrieval}, code {config['code_version']},"
        f" signals {config['signals_sha256'][:12]}."
    )


def _metric_rows(metrics: Mapping[str, Metric]) -> Iterator[tuple[str, ...]]:
    for name, metric in metrics.items():
        value = "–" if metric.value is None else f"{metric.value:g}"
        interval = "–" if metric.value is None else f"{metric.ci[0]:g} – {metric.ci[1]:g}"
        yield name, value, interval, str(metric.n), "lower" if name in LOWER_IS_BETTER else "higher"


def _e(text: str) -> str:
    return html.escape(str(text))
