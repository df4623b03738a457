"""The analysis as Markdown and as one HTML file that opens offline."""

import html
from collections.abc import Mapping, Sequence

from evals.dataset.analysis.analysis import Analysis
from evals.dataset.cases import Case

_PREVIEWS, _PREVIEW_LINES = 8, 6


def markdown(analysis: Analysis, cases: Sequence[Case], title: str) -> str:
    """The report as Markdown."""
    parts = [f"# {title}", "", f"{analysis.total} cases. {_verdict(analysis)}", ""]
    parts += ["| severity | cases | wanted |", "| --- | --- | --- |"]
    parts += [f"| {name} | {have} | {wanted} |" for name, (have, wanted) in analysis.severities.items()]
    for heading, table in _tables(analysis).items():
        parts += ["", f"## {heading}", "", "| | |", "| --- | --- |"]
        parts += [f"| {name} | {value} |" for name, value in table.items()]
    parts += ["", "## Near-duplicates", "", _pairs_sentence(analysis), ""]
    parts += [f"- {pair.likeness:.2f} {pair.first} · {pair.second}" for pair in analysis.pairs[:40]]
    parts += ["", "## Samples", ""]
    for case in previews(cases):
        parts += [f"### {case.id}", "", f"{case.question} — {case.expected.root_cause}", "", "```text"]
        parts += [text.replace("```", "'''") for text in preview_lines(case)] + ["```", ""]
    return "\n".join(parts) + "\n"


def page(analysis: Analysis, cases: Sequence[Case], title: str) -> str:
    """The report as a page of its own: no script, nothing fetched."""
    severities = {name: have for name, (have, _) in analysis.severities.items()}
    wanted = {name: want for name, (_, want) in analysis.severities.items()}
    plots = [
        bars("Cases by severity (line: wanted)", severities, wanted),
        bars("Cases by origin", analysis.origins),
        bars("Cases by category", analysis.categories),
        bars("Cases by component (the 30 most frequent)", dict(list(analysis.components.items())[:30])),
    ]
    amiss = "".join(f"<li>{html.escape(problem)}</li>" for problem in analysis.problems)
    pairs = "".join(
        f"<tr><td>{pair.likeness:.2f}</td><td>{html.escape(pair.first)}</td><td>{html.escape(pair.second)}</td></tr>"
        for pair in analysis.pairs[:40]
    )
    completeness = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{share:.1%}</td></tr>" for name, share in analysis.completeness.items()
    )
    samples = "".join(_sample(case) for case in previews(cases))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>"
        f"<h1>{html.escape(title)}</h1><p>{analysis.total} cases. {html.escape(_verdict(analysis))}</p><ul>{amiss}</ul>"
        f"{''.join(plots)}<h2>Label completeness</h2><table>{completeness}</table><h2>Near-duplicates</h2>"
        f"<p>{html.escape(_pairs_sentence(analysis))}</p><table>{pairs}</table><h2>Samples</h2>{samples}</html>\n"
    )


_STYLE = (
    ":root{color-scheme:light dark}h2{font-size:1.1rem;margin:1.8rem 0 .5rem}"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}"
    "td{border-bottom:1px solid #8884;padding:.15rem .8rem .15rem 0;overflow-wrap:anywhere}"
    "pre{background:#8882;padding:.6rem;font-size:12px;white-space:pre-wrap;overflow-wrap:anywhere}"
    ".bars{display:grid;grid-template-columns:max-content 1fr 2.5rem;gap:.1rem .6rem;font-size:13px}"
    ".bars span{text-align:right}.bars div{position:relative;align-self:center;height:.9rem}.bars b{font-weight:normal}"
    ".bars i{display:block;height:100%;background:#3f7fc4}"
    ".bars u{position:absolute;top:-.15rem;bottom:-.15rem;border-left:2px solid currentColor}"
)


def previews(cases: Sequence[Case]) -> list[Case]:
    """A few cases spread evenly over the dataset."""
    step = max(1, len(cases) // _PREVIEWS)
    return list(cases[::step])[:_PREVIEWS]


def preview_lines(case: Case) -> list[str]:
    """The key lines of a case, or its first lines where it has none; long ones cut."""
    chosen = case.expected.key_lines[:_PREVIEW_LINES] or range(min(_PREVIEW_LINES, len(case.logs)))
    return [case.logs[position].line[:200] for position in chosen]


def bars(title: str, counts: Mapping[str, int], wanted: Mapping[str, int] | None = None) -> str:
    """A horizontal bar for each count, in HTML so that words keep their size on a phone; a line where `wanted` is."""
    longest = max([*counts.values(), *(wanted or {}).values(), 1])
    rows = []
    for name, count in counts.items():
        mark = f'<u style="left:{100 * wanted[name] / longest:.1f}%"></u>' if wanted else ""
        rows.append(
            f'<span>{html.escape(name)}</span><div><i style="width:{100 * count / longest:.1f}%"></i>{mark}</div>'
            f"<b>{count}</b>"
        )
    return f'<h2>{html.escape(title)}</h2><div class="bars">{"".join(rows)}</div>'


def _verdict(analysis: Analysis) -> str:
    if not analysis.problems:
        return "Everything is as it was wanted."
    return f"Not as wanted: {'; '.join(analysis.problems[:6])}."


def _tables(analysis: Analysis) -> dict[str, Mapping[str, object]]:
    calm = {"healthy, recovered, red herring or not enough evidence": analysis.calm}
    return {
        "Origin and status": {**analysis.origins, **analysis.statuses, **calm, **analysis.splits},
        "Categories": analysis.categories,
        "Components": analysis.components,
        "Label completeness": {name: f"{share:.1%}" for name, share in analysis.completeness.items()},
    }


def _pairs_sentence(analysis: Analysis) -> str:
    return (
        f"{len(analysis.pairs)} pairs share at least 60 % of their masked lines (the most alike are listed); "
        f"{len(analysis.leaks)} of them lie in different splits."
    )


def _sample(case: Case) -> str:
    lines = html.escape("\n".join(preview_lines(case)))
    answer = f"{case.question} — {case.expected.root_cause}"
    return f"<h3>{html.escape(case.id)}</h3><p>{html.escape(answer)}</p><pre>{lines}</pre>"
