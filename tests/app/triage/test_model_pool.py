"""Several models: which one gets a question, and what is really loaded."""

import pytest

from app.model_profiles import ModelProfile
from app.triage.model_identity import ModelIdentity
from app.triage.model_pool import ModelPool, ServedModel
from app.triage.waiting_line import WaitingLine
from retrieval.errors import ModelDown
from retrieval.taxonomy import IntentKind

TRIAGE, HOWTO = IntentKind.TRIAGE, IntentKind.HOWTO


class Server:
    """A server in one of three states, with a model loaded."""

    def __init__(self, state, identity=None):
        self.state, self.loaded, self.asked = state, identity, 0

    async def health(self):
        self.asked += 1
        return self.state

    async def identity(self):
        if self.loaded is None:
            raise ModelDown("down")
        return self.loaded

    async def free_slots(self):
        raise ModelDown("down")


def served(name, state="ready", identity=None, **profile):
    made = ModelProfile(name=name, url="http://x", **profile)
    return ServedModel(made, Server(state, identity), "http://x", WaitingLine())


async def chosen(pool, intent, tokens=500):
    found = await pool.choose(intent, tokens)
    return found and found.profile.name


async def test_the_first_ready_one_that_serves_it_answers():
    """By kind of question, by size, and by health; the order of the file counts."""
    pool = ModelPool([
        served("big", serves={"intents": ["triage"]}), served("loads", "loading"),
        served("small", serves={"most_evidence_tokens": 800}), served("last"),
    ])  # fmt: skip
    assert await chosen(pool, TRIAGE) == "big"
    assert await chosen(pool, HOWTO) == "small"
    assert await chosen(pool, HOWTO, 900) == "last"


async def test_where_none_is_ready_the_first_one_says_why():
    """Its own failure is the sentence on the answer."""
    pool = ModelPool([served("a", "down"), served("b", "down")])
    assert await chosen(pool, TRIAGE) == "a"


async def test_where_none_serves_it_there_is_none():
    """A question that no profile takes goes without a model."""
    assert await chosen(ModelPool([served("a", serves={"intents": ["howto"]})]), TRIAGE) is None


async def test_health_is_not_asked_at_every_question():
    """A few seconds' answer is believed."""
    first = served("a")
    pool = ModelPool([first, served("b")])
    for _ in range(5):
        await pool.choose(TRIAGE, 1)
    assert first.model.asked == 1


async def test_what_is_loaded_is_compared_with_the_profile():
    """Another name, a smaller context and a missing template are said; spelling does not matter."""
    there = ModelIdentity("qwen3-4b-instruct-2507-q4_k_m.gguf", context=4096, slots=2, template=None)
    right = served("a", identity=there, model="Qwen3-4B-Instruct-2507", context=4096)
    assert right.complaints(await right.look()) == ["the model brings no chat template of its own"]
    assert right.line.slots == 2
    wrong = served("b", identity=there, model="Llama-3.2-3B", context=8192)
    said = " ".join(wrong.complaints(await wrong.look()))
    assert "names Llama-3.2-3B" in said
    assert "4096 tokens, the profile says 8192" in said


async def test_a_model_that_was_swapped_is_noticed_once():
    """The note comes with the first answer of the other model, and not again."""
    one = served("a", identity=ModelIdentity("one.gguf"))
    assert one.answered_as("one.gguf") is None
    assert one.answered_as("one.gguf") is None
    assert "now has two.gguf loaded; it had one.gguf" in one.answered_as("two.gguf")
    assert one.answered_as("two.gguf") is None
    assert one.answered_as(None) is None


async def test_the_state_names_every_profile():
    """Health, what is loaded, and the line, whether a server answers or not."""
    pool = ModelPool([served("a", identity=ModelIdentity("one.gguf", 4096, 2)), served("b", "down")])
    await pool.look()
    state = await pool.state()
    assert [(each["profile"], each["health"], each["model"]) for each in state] == [
        ("a", "ready", "one.gguf"), ("b", "down", None)]  # fmt: skip
    assert not await pool.served[1].busy_with_others()
    with pytest.raises(ValueError, match="needs a model"):
        ModelPool([])
