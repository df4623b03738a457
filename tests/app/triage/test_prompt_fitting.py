"""A prompt is cut to the tokens that it may have, by the server's count."""

from dataclasses import replace

import pytest

from app.answer import Action, Triage
from app.evidence_selection import select_evidence
from app.triage.findings import find_findings, find_problems
from app.triage.prompt_fitting import fit_prompt
from app.triage.prompting import PromptMaterial
from prompts.registry import PromptRegistry
from retrieval.errors import ModelDown
from retrieval.log_lines import LogLine, LogTable
from retrieval.patterns.window_patterns import find_patterns

PROMPT = PromptRegistry.bundled().live("triage")
SAID = (
    "panic: no space left on device",
    "connection refused by upstream",
    "x509: certificate has expired",
    "OOMKilled",
)


class Counting:
    """A model that counts a token for so many characters."""

    def __init__(self, characters, context=None):
        self.characters, self.size, self.counts = characters, context, 0

    async def prompt_tokens(self, messages):
        self.counts += 1
        return 10 + sum(len(each["content"]) for each in messages) // self.characters

    async def context(self):
        return self.size


class Deaf(Counting):
    """A model that is down."""

    async def prompt_tokens(self, messages):
        raise ModelDown("down")


@pytest.fixture
def material():
    """A window with twelve problems."""
    table = LogTable.from_lines(
        LogLine(n, n * 10**9, {"namespace": "shop", "pod": f"api-{n % 12}", "app": f"app-{n % 12}"},
                f"ERROR request {n}: {SAID[n % 4]} " + "and more of it " * (n % 5))
        for n in range(96)
    )  # fmt: skip
    found = find_patterns(table)
    findings = find_findings(found.patterns)
    problems = find_problems(findings)
    triage = Triage(
        status="problem", summary="s", root_cause="r" * 200, category="disk_pressure", component="app-1",
        severity="ERROR", confidence=0.5, evidence=["L1"], actions=[],
    )  # fmt: skip
    actions = {
        f"A{n}": Action(title=f"Look at {n}", command=None, explanation="", exam_domain=None, evidence=[])
        for n in range(1, 7)
    }
    selection = select_evidence(problems, findings, (), table, 3000, found)
    return PromptMaterial("Why? " * 400, "window", "coverage", triage, problems, selection, actions, ())


@pytest.mark.parametrize("characters", [1, 2, 3, 4, 5])
async def test_the_limit_holds_whatever_the_tokenizer(material, characters):
    """From a byte to five characters a token; what was left out is counted, and the choices are what is left."""
    model = Counting(characters)
    fitted = await fit_prompt(PROMPT, material, 1500, model)
    user = fitted.rendered.messages[-1]["content"]
    assert fitted.counted
    assert fitted.dynamic_tokens <= 1500
    assert model.counts <= 4
    assert fitted.left_out == len(material.selection.prompted) - len(fitted.material.selection.prompted)
    for item in material.selection.prompted:
        assert (f"\n{item.id} " in user) is (item in fitted.material.selection.prompted)
    assert fitted.material.choices.evidence_ids == tuple(item.id for item in fitted.material.selection.prompted)
    assert fitted.material.choices.action_ids == tuple(fitted.material.actions)


async def test_as_much_as_fits_is_kept(material):
    """No more goes than has to: nearly all of the limit is used where there is more than fits."""
    fitted = await fit_prompt(PROMPT, material, 900, Counting(3))
    assert fitted.left_out
    assert 750 <= fitted.dynamic_tokens <= 900


async def test_what_fits_is_not_cut(material):
    """One count more than the static part's, and every piece stays."""
    model = Counting(4)
    fitted = await fit_prompt(PROMPT, material, 10_000, model)
    assert (fitted.left_out, model.counts) == (0, 2)
    assert fitted.material is material


async def test_a_small_context_cuts_further(material):
    """Prompt and answer together stay within what one request may hold."""
    fitted = await fit_prompt(PROMPT, material, 1500, Counting(4, context=1600), answer_tokens=500)
    assert fitted.static_tokens + fitted.dynamic_tokens + 500 <= 1600


@pytest.mark.parametrize("model", [None, Deaf(1)])
async def test_without_a_server_an_upper_estimate_does(material, model):
    """And the prompt says that its tokens are an estimate."""
    fitted = await fit_prompt(PROMPT, material, 1500, model)
    assert not fitted.counted
    assert fitted.dynamic_tokens <= 1500


async def test_the_fixed_part_is_the_same_to_the_byte(material):
    """Two questions over different evidence differ in the user's message alone."""
    one = await fit_prompt(PROMPT, material, 1500, Counting(3))
    other = await fit_prompt(PROMPT, replace(material, question="Who?", candidates=1), 700, Counting(3))
    assert one.rendered.messages[0]["content"].encode() == other.rendered.messages[0]["content"].encode()
    assert one.static_tokens == other.static_tokens
    assert one.rendered.messages[1] != other.rendered.messages[1]
