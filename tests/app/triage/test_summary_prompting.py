"""What the model reads of a summary."""

from app.answer_sections import ComponentRow, Overview
from app.triage.summary_prompting import MOST_QUIET, components_in_words
from retrieval.taxonomy import Severity


def row(component: str, *problems: int) -> ComponentRow:
    return ComponentRow(
        component=component,
        severity=Severity.ERROR if problems else Severity.INFO,
        lines=1_665,
        errors=312,
        warnings=0,
        spark=[],
        problems=list(problems),
        first_seen="2026-11-20T14:07:00Z",
        last_seen="2026-11-20T14:59:59Z",
        evidence=[],
    )


def test_components_in_trouble_stand_before_the_quiet_ones() -> None:
    """Each with its times, counts and problems by number; of many quiet ones the first, and how many more."""
    quiet = [f"app-{nth}" for nth in range(MOST_QUIET + 3)]
    overview = Overview(components=[row("api", 1, 3), row("llm"), row("redis", 2)], quiet=quiet, lines=5_000)
    assert components_in_words(overview) == [
        "api · ERROR · 14:07:00 to 14:59:59 · 312 errors and 0 warnings in 1,665 lines · problem 1, 3",
        "redis · ERROR · 14:07:00 to 14:59:59 · 312 errors and 0 warnings in 1,665 lines · problem 2",
        f"quiet: {', '.join(quiet[:MOST_QUIET])} and 3 more",
    ]


def test_a_component_is_named_by_a_hostile_label() -> None:
    """What cannot be seen does not act, and a long name is cut."""
    (line,) = components_in_words(Overview(components=[row("a\x1b[31m\n" + "x" * 500, 1)], quiet=[], lines=1))
    assert line.isprintable()
    assert len(line) < 180
