"""A model's answers, recorded and replayed."""

import pytest

from app.answer import Usage
from app.triage.engine import Completion, Delta
from evals.triage.recording import RecordingModel, ReplayedModel, replayed_pool
from retrieval.errors import BadInput, ModelDown
from retrieval.taxonomy import IntentKind

ASKED = ([{"role": "user", "content": "what is failing?"}], {"type": "object"})
OPTIONS = {"max_tokens": 50, "seed": 7, "temperature": 0.2}
USAGE = Usage(prompt_tokens=9, cached_tokens=3, completion_tokens=2)


class Spoken:
    """Says the same two pieces each time, or fails after the first."""

    def __init__(self, *, fails=False):
        self._fails = fails

    async def model_name(self):
        return "qwen"

    async def prompt_tokens(self, messages):
        return sum(len(message["content"]) for message in messages)

    async def context(self):
        return 4096

    async def stream(self, messages, schema, *, max_tokens, seed, temperature):
        yield Delta('{"a":')
        if self._fails:
            raise ModelDown("the model went away")
        yield Delta(" 1}\u2028", Completion('{"a": 1}\u2028', "stop", USAGE, "qwen", 12.5))


async def _heard(model, **other):
    messages, schema = ASKED
    return [delta async for delta in model.stream(messages, schema, **{**OPTIONS, **other})]


async def test_a_replay_is_the_recording_byte_for_byte(tmp_path):
    """The same pieces, the same end, the same name, context and counts."""
    path = tmp_path / "answers.jsonl"
    recording = RecordingModel(Spoken(), path)
    counted = await recording.prompt_tokens(ASKED[0])
    heard = await _heard(recording)
    replayed = ReplayedModel(path)
    assert await _heard(replayed) == heard == await _heard(Spoken())
    assert await replayed.prompt_tokens(ASKED[0]) == counted
    assert (await replayed.model_name(), await replayed.context()) == ("qwen", 4096)


async def test_another_request_is_not_answered(tmp_path):
    """A changed prompt must not pass as the recorded one."""
    path = tmp_path / "answers.jsonl"
    await _heard(RecordingModel(Spoken(), path))
    with pytest.raises(ModelDown, match="does not hold this request"):
        await _heard(ReplayedModel(path), seed=8)
    with pytest.raises(ModelDown, match="does not hold this request"):
        await ReplayedModel(path).prompt_tokens([{"role": "user", "content": "something else"}])


async def test_a_failure_is_replayed_too(tmp_path):
    """After the pieces that came before it."""
    path = tmp_path / "answers.jsonl"
    with pytest.raises(ModelDown, match="went away"):
        await _heard(RecordingModel(Spoken(fails=True), path))
    with pytest.raises(ModelDown, match="went away"):
        await _heard(ReplayedModel(path))


@pytest.mark.parametrize("text", ["", "no JSON\n", '{"model": "m", "context": 1}\n{"request": 1}\n'])
def test_a_file_that_is_no_recording_is_refused(tmp_path, text):
    """In one sentence that names it."""
    path = tmp_path / "answers.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(BadInput, match=r"answers\.jsonl: this is no recording"):
        ReplayedModel(path)


def test_a_replayed_pool_serves_every_question(tmp_path):
    """It needs no server, so it is always ready."""
    path = tmp_path / "answers.jsonl"
    path.write_text('{"model": "qwen", "context": 4096}\n', "utf-8")
    served = replayed_pool(path).served
    assert [each.profile.name for each in served] == ["replay"]
    assert served[0].profile.serves.takes(IntentKind.TRIAGE, 10_000)
