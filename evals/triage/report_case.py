"""One case in a report: what was expected beside what was answered, over the log lines that matter to either."""

import html
from collections.abc import Iterator, Sequence

from app.triage.components import canonical
from evals.triage.prediction import Scored

LINE_CHARACTERS = 300
MOST_LINES = 16
AROUND = 1  # lines shown before and after each that is a key line or cited
_LABELS = ("status", "severity", "category", "component")


def differences(one: Scored) -> list[str]:
    """What was answered where something else was expected; empty for a case that is right."""
    got, want = one.prediction, one.expected
    if got is None:
        return [f"error: {one.record.error}"]
    told = [
        f"{name} {getattr(got, name).value}, expected {getattr(want, name).value}"
        for name in _LABELS[:3]
        if getattr(got, name) is not getattr(want, name)
    ]
    if want.key_lines and not set(want.key_lines) & set(got.key_lines):
        told.append("no key line cited")
    return told


def shown_case(one: Scored, *, opened: bool = False) -> str:
    """The case as a fold; its summary says what is wrong."""
    wrong = differences(one)
    mark = "bad" if wrong else "ok"
    return (
        f'<details{" open" if opened else ""}><summary><code>{_e(one.case.id)}</code> <span class="{mark}">'
        f"{_e('; '.join(wrong) or 'right')}</span></summary><div><p>{_e(one.case.question)}</p>"
        f'<div class="sides"><div><h3>Expected</h3>{_expected(one)}</div>'
        f"<div><h3>Answered</h3>{_answered(one)}</div></div>{_lines(one)}</div></details>"
    )


def _expected(one: Scored) -> str:
    want = one.expected
    rows = [(name, str(getattr(want, name)), "") for name in _LABELS]
    return _list([*rows, ("root cause", want.root_cause, "")])


def _answered(one: Scored) -> str:
    got = one.prediction
    if got is None:
        return _list([("error", one.record.error or "", "bad")])
    rows = [(name, str(getattr(got, name)), "" if _agrees(one, name) else "bad") for name in _LABELS]
    return _list(
        [
            *rows,
            ("root cause", got.root_cause, ""),
            ("summary", got.summary, ""),
            ("confidence", f"{got.confidence:.2f}, in {one.record.latency_ms:.0f} ms", ""),
        ]
    )


def _agrees(one: Scored, name: str) -> bool:
    want, got = (str(getattr(side, name)) for side in (one.expected, one.prediction))
    return canonical(want) == canonical(got) if name == "component" else want == got


def _list(rows: Sequence[tuple[str, str, str]]) -> str:
    cells = (f"<dt>{_e(name)}</dt><dd{f' class={kind}' if kind else ''}>{_e(value)}</dd>" for name, value, kind in rows)
    return f"<dl>{''.join(cells)}</dl>"


def _lines(one: Scored) -> str:
    """The key lines and the cited ones with their neighbours; a gap says how many lines are left out."""
    key = set(one.expected.key_lines)
    cited = set(one.prediction.key_lines) if one.prediction else set()
    legend = (
        f'<p class="legend"><span class="key">key line</span><span class="cited">cited</span>'
        f" of {len(one.case.logs)} lines</p>"
    )
    return f'{legend}<ol class="lines">{"".join(_shown(one, key, cited))}</ol>'


def _shown(one: Scored, key: set[int], cited: set[int]) -> Iterator[str]:
    total = len(one.case.logs)
    first = [*sorted(key), *sorted(cited - key)][:MOST_LINES]
    wanted = {near for n in first for near in range(n - AROUND, n + AROUND + 1) if 0 <= near < total}
    before = -1
    for position in sorted(wanted):
        if position > before + 1:
            yield _gap(position - before - 1)
        before = position
        kind = " ".join(name for name, which in (("key", key), ("cited", cited)) if position in which)
        text = _e(one.case.logs[position].line[:LINE_CHARACTERS])
        yield f'<li class="{kind}"><span>{position}</span><code>{text}</code></li>'
    if before < total - 1:
        yield _gap(total - 1 - before)


def _gap(count: int) -> str:
    return f'<li><span>⋮</span><span style="text-align:left">{count} more</span></li>'


def _e(text: str) -> str:
    return html.escape(str(text))
