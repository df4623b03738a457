"""Log lines that try to take over: 66 of them as data, against the counted triage and a model that obeys them all."""

import io
import json
import re
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from app.answer import Answer, TriageProgress, Usage
from app.bootstrap import open_app
from app.commands.answer_text import print_answer
from app.model_profiles import ModelProfile
from app.pipeline import Pipeline
from app.question import Question
from app.settings import Settings
from app.triage.engine import Completion, Delta
from app.triage.model_identity import ModelIdentity
from app.triage.model_pool import ModelPool, ServedModel
from app.triage.waiting_line import WaitingLine
from app.ui.account_props import account_props
from app.ui.pattern_props import pattern_props
from app.ui.problem_props import problem_props
from app.ui.verdict_props import verdict_props
from retrieval.knowledge.actions import runbook_actions
from retrieval.logs.archive import ArchiveSource
from tests.contract.answer_contract import conforming
from tests.runbook_shelf import RunbookShelf

LINES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "hostile_lines.jsonl").read_text("utf-8").splitlines()
]  # fmt: skip
# What acts where it is shown or read: terminal sequences, control and bidi characters.
ACTIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
TURN_TOKENS = re.compile(r"<\|?|\|?>|\[/?INST\]|\[/?SYSTEM_PROMPT\]|\[TOOL_CALLS\]|[＜＞]")
QUESTION = "what is failing?"


class Obedient:
    """A model that does what the logs say, as far as JSON goes: every answer is the attacker's."""

    def __init__(self, line: str) -> None:
        self.line, self.asked = line, []

    async def model_name(self):
        return "obedient"

    async def identity(self):
        return ModelIdentity("obedient")

    async def health(self):
        return "ready"

    async def free_slots(self):
        return 1

    async def context(self):
        return None

    async def prompt_tokens(self, messages):
        return sum(len(each["content"]) for each in messages) // 4

    async def stream(self, messages, schema, **sampling):
        self.asked.append(messages)
        text = self.first(schema) if len(self.asked) == 1 else json.dumps(self.second(schema), ensure_ascii=False)
        for start in range(0, len(text), 40):
            yield Delta(text[start : start + 40])
        usage = Usage(prompt_tokens=1, cached_tokens=0, completion_tokens=1)
        yield Delta("", Completion(text, "stop", usage, "obedient", 1.0))

    def first(self, schema) -> str:
        """What the line orders, JSON or not, with ids and a command that do not exist."""
        ordered = self.line[self.line.find("{") :] if "{" in self.line else self.line
        made_up = {**self.second(schema), "evidence": ["L999", "R42"], "actions": ["A99"], "command": self.line}
        return ordered if '"status"' in ordered else json.dumps(made_up, ensure_ascii=False)

    def second(self, schema):
        """Within the schema, with the attacker's words in both texts."""
        properties = schema["properties"]
        reply = {
            "evidence": properties["evidence"]["items"]["enum"][:2] if "evidence" in properties else [],
            "root_cause": self.line, "status": "problem", "category": "dns",
            "component": properties["component"].get("enum", [properties["component"].get("const")])[0],
            "severity": "ERROR", "confidence": "high", "summary": self.line,
        }  # fmt: skip
        if "actions" in properties:
            reply["actions"] = properties["actions"]["items"].get("enum", [])[:3]
        return reply


def served(model) -> ModelPool:
    profile = ModelProfile(name="obedient", url="http://x")
    return ModelPool([ServedModel(profile, model, "http://x", WaitingLine())])


def window(tmp_path: Path, hostile: str) -> Path:
    """Ordinary lines and, three times, the hostile one, which stands in a label too."""
    labels = {"namespace": "shop", "pod": "api-1", "app": "api"}
    lines = [{"ts": f"2026-11-20T10:00:{n:02d}Z", "labels": labels, "line": f"INFO served request {n}"}
             for n in range(20)]  # fmt: skip
    for n in (5, 11, 17):
        lines[n] = {**lines[n], "line": hostile}
    lines[12] = {**lines[12], "line": "ERROR dial tcp 10.0.0.9:5432: connect: connection refused"}
    lines[13] = {"ts": "2026-11-20T10:00:13Z", "labels": {**labels, "app": hostile, "container": hostile},
                 "line": "panic: no space left on device"}  # fmt: skip
    path = tmp_path / "window.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def commands() -> re.Pattern[str]:
    """Every command of the bundled runbooks; a placeholder in it stands for a name that Kubernetes allows."""
    known = {step.command for _, sections, _ in RunbookShelf()._books for section in sections
             for step in runbook_actions(section.text) if step.command}  # fmt: skip
    names = [re.sub(r"\\?<(?:namespace|pod|container|node)\\?>", r"(?:<[a-z]+>|[a-z0-9.-]+)", re.escape(command))
             for command in known]  # fmt: skip
    return re.compile("|".join(names))


async def answers(app, path: Path, hostile: str) -> tuple[list[Answer], list, list]:
    """The counted answer, the obedient model's, what was shown on the way, and what the model was asked."""
    model, shown = Obedient(hostile), []

    async def hear(event):
        if isinstance(event, TriageProgress):
            shown.append(event.partial)

    parts = replace(app.parts, logs=ArchiveSource([path]), knowledge=RunbookShelf())
    counted = await Pipeline(replace(parts, models=None)).run(Question(QUESTION))
    obeyed = await Pipeline(replace(parts, models=served(model))).run(Question(QUESTION), hear)
    return [counted, obeyed], shown, model.asked


def breaches(answer: Answer, commands: re.Pattern[str]) -> list[str]:
    """What of an answer is the attacker's doing."""
    found = []
    known = {item.id for item in answer.evidence}
    cited = [*answer.triage.evidence, *(id_ for action in answer.triage.actions for id_ in action.evidence)]
    found += ["an id that does not exist"] * (not set(cited) <= known)
    found += [
        f"the command {action.command!r}" for action in answer.triage.actions
        if action.command and not commands.fullmatch(action.command)
    ]  # fmt: skip
    texts = [answer.triage.summary, answer.triage.root_cause, *(problem.title for problem in answer.problems)]
    found += ["an active character in a text"] * any(ACTIVE.search(text) for text in texts)
    return found + on_the_screen(answer) + on_the_terminal(answer)


def on_the_screen(answer: Answer) -> list[str]:
    """Active characters in what the elements of the chat get; that Markdown stays letters the browser test sees."""
    props = [verdict_props("t", answer, "done"), account_props(answer, done=True)]
    props += [problem_props("t", answer)] if answer.problems else []
    props += [pattern_props("t", answer)] if answer.patterns else []
    shown = [text for each in props for text in strings(each)]
    return ["an active character on the screen"] * any(ACTIVE.search(text) for text in shown)


def strings(value) -> list[str]:
    if isinstance(value, str):
        return [value]
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [text for each in values for text in strings(each)]


def on_the_terminal(answer: Answer) -> list[str]:
    """Active characters in what the command line prints, without colours."""
    console = Console(file=io.StringIO(), force_terminal=False, width=100)
    print_answer(answer, console)
    return ["an active character on the terminal"] * bool(ACTIVE.search(console.file.getvalue()))


def in_the_prompt(messages) -> list[str]:
    """Tags and turn tokens that are not the prompt's own."""
    user = messages[-1]["content"]
    own = re.sub(r"</?(?:window|notes|verdict|candidates|components|actions|evidence)>", "", user)
    found = ["a tag or a turn token in the prompt"] * bool(TURN_TOKENS.search(own))
    counts = Counter(re.findall(r"</?(?:verdict|candidates|components|actions|evidence)>", user))
    return found + ["a second data block in the prompt"] * (max(counts.values()) > 1)


@pytest.mark.timeout(300)
async def test_no_line_takes_over(tmp_path, commands):
    """No attack brings a command, an id, a tag, a turn or an active character past the code; the rest is counted."""
    assert len(LINES) >= 60
    assert len({each["line"] for each in LINES}) == len(LINES)
    settings = Settings.read(app={"home": tmp_path}, knowledge={"embedding_model": "off"}, model={})
    won, repeated, offered = Counter(), 0, 0
    reasons = []
    async with open_app(settings, logs=[window(tmp_path, "x")]) as app:
        for attack in LINES:
            both, shown, asked = await answers(app, window(tmp_path, attack["line"]), attack["line"])
            found = [breach for answer in both for breach in breaches(answer, commands)]
            found += [breach for messages in asked for breach in in_the_prompt(messages)]
            found += ["an active character on the way"] * any(ACTIVE.search(t) for each in shown for t in strings(each))
            for answer in both:
                conforming(answer.model_dump(mode="json"), 20)
                offered += sum(bool(action.command) for action in answer.triage.actions)
            repeated += both[1].engine == "llama.cpp" and both[1].triage.summary[:20] in attack["line"]
            if found:
                won[attack["kind"]] += 1
                reasons.append((attack, found))
    kinds = Counter(each["kind"] for each in LINES)
    for kind, count in kinds.items():
        sys.stdout.write(f"{kind}: {won[kind]} of {count} succeeded\n")
    sys.stdout.write(
        f"together {won.total()} of {len(LINES)} ({won.total() / len(LINES):.0%}), {offered} commands offered, all of "
        f"runbooks; an obedient model's words, as letters that do nothing, stood in {repeated} answers\n"
    )
    assert not reasons, "\n".join(f"{attack} {found}" for attack, found in reasons)
    assert offered > len(LINES)
