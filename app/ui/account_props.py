"""What an answer looked at and how it was made, as the element `Account` states it under every answer."""

from typing import Any

from app.answer import Answer
from app.answer_sections import Coverage
from app.ui.shown_text import sentence, verbatim
from app.ui.wording import WINDOW_SOURCES, duration, span


def account_props(answer: Answer, *, done: bool, trace_link: str | None = None) -> dict[str, Any]:
    """Rows of name and value, the warnings, and the trace id; totals only once the answer is `done`.

    A row has a `link` where it is a query that Grafana can open; of two windows each has its own. `trace_link` opens
    the trace there.
    """
    filters = [f"{name} {value}" for name, value in answer.selectors.model_dump().items() if value]
    rows = [*_looked_at(answer)]
    rows.insert(2, _row("Filters", sentence(", ".join(filters)) if filters else "none, all namespaces"))
    if done:
        rows += [_row("Engine", _engine(answer)), _row("Time", _time(answer))]
    return {
        "rows": rows,
        "warnings": [sentence(warning) for warning in answer.warnings],
        "trace": answer.trace_id,
        "traceLink": trace_link,
    }


def _looked_at(answer: Answer) -> list[dict[str, Any]]:
    """Window, coverage and query; of a comparison those of both windows."""
    source = WINDOW_SOURCES[answer.window.source]
    if answer.before is None or answer.after is None:
        return [
            _row("Window", f"{span(answer.window.start, answer.window.end)}, {source}"),
            _row("Coverage", _read(answer.coverage)),
            _query("Query", answer.query, answer.link),
        ]
    sides = (("Before", answer.before), ("After", answer.after))
    rows = [_row(name, f"{span(side.start, side.end)}, {source}; {_read(side.coverage)}") for name, side in sides]
    if answer.before.query is None:
        return [*rows, _query("Query", None, None)]
    return [*rows, *(_query(f"Query {name.lower()}", side.query, side.link) for name, side in sides)]


def _row(name: str, value: str, link: str | None = None) -> dict[str, Any]:
    return {"name": name, "value": value, "link": link}


def _query(name: str, query: str | None, link: str | None) -> dict[str, Any]:
    safe = link if link and link.startswith(("https://", "http://")) else None
    return _row(name, verbatim(query) if query else "files, no query", safe)


def _read(coverage: Coverage) -> str:
    read = f"{coverage.lines_read:,} of {coverage.lines_matched:,} matching lines read"
    return f"{read}; the rest did not fit" if coverage.truncated else read


def _engine(answer: Answer) -> str:
    if answer.engine == "extractive":
        return "extractive, no language model"
    prompt = f", prompt {answer.prompt.id} version {answer.prompt.version}" if answer.prompt else ""
    usage = answer.usage
    tokens = f", {usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens" if usage else ""
    return sentence(f"{answer.engine}, {answer.model or 'unnamed model'}{prompt}{tokens}")


def _time(answer: Answer) -> str:
    timings = answer.timings_ms
    model = f", of which the model {duration(timings.generate)}" if timings.generate else ""
    return f"{duration(timings.total)}{model}"
