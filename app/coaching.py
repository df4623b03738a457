"""Coach mode: each command of an answer explained, its exam domain with what to practise, and one question back.

Computed from the runbooks and from `coach.yaml`, with a model or without: no word of it comes from a log line.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from app.answer import Action, Answer
from app.answer_sections import Coaching, Explained, Lesson
from retrieval.taxonomy import IntentKind, Status

MOST_LESSONS = 6


def coaching_of(answer: Answer) -> Coaching:
    """The lessons of an answer's actions, and one question back."""
    triage, table = answer.triage, _table()
    lessons = _once([_lesson(action) for action in triage.actions if action.command][:MOST_LESSONS])
    if answer.intent is IntentKind.HOWTO and lessons:
        return Coaching(lessons=lessons, question=table["asked_how"])
    if triage.status is Status.INSUFFICIENT_EVIDENCE:
        return Coaching(lessons=lessons, question=table["asked_without_verdict"])
    return Coaching(lessons=lessons, question=table["questions"][triage.category.value])


def _once(lessons: Sequence[Lesson]) -> list[Lesson]:
    """What to practise is said at the first lesson of each domain."""
    domains = [lesson.exam_domain for lesson in lessons]
    return [
        lesson if lesson.exam_domain not in domains[:nth] else lesson.model_copy(update={"practise": None})
        for nth, lesson in enumerate(lessons)
    ]


def _lesson(action: Action) -> Lesson:
    command, domain = action.command or "", action.exam_domain
    known: Mapping[str, Any] = _table()["domains"].get(domain, {})
    return Lesson(
        command=command,
        parts=[Explained(word=word, meaning=meaning) for word, meaning in _parts(command)],
        why=action.explanation,
        exam_domain=domain,
        exam_weight=known.get("weight"),
        practise=known.get("practise"),
        evidence=action.evidence,
    )


def _parts(command: str) -> Iterator[tuple[str, str]]:
    """The beginning of each program in a command, and each flag, with what it means; what is not known is left out."""
    seen = set()
    for program in _programs(command):
        beginnings = [" ".join(program[:count]) for count in range(min(3, len(program)), 0, -1)]
        found = [each for each in beginnings if each in _table()["commands"]][:1]
        flags = [word.partition("=")[0] for word in program if word.startswith("-")]
        meanings = {each: _table()["commands"][each] for each in found}
        meanings |= {flag: _table()["flags"][flag] for flag in flags if flag in _table()["flags"]}
        for word, meaning in meanings.items():
            if word not in seen:
                seen.add(word)
                yield word, meaning


def _programs(command: str) -> Iterator[list[str]]:
    """The words of each program of a command line; those behind `--` are another program's."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|;&")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError:  # a placeholder may hold a lone quote
        words = command.split()
    current: list[str] = []
    for word in [*words, "|"]:
        if word and (set(word) <= set("|;&") or word == "--"):
            if current:
                yield [each for each in current if each != "sudo"]
            current = []
        else:
            current.append(word)


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(files("app").joinpath("coach.yaml").read_text("utf-8"))
    return table
