"""Named model profiles in a YAML file."""

from pathlib import Path

import pytest

from app.model_profiles import ModelProfile, profiles_of, read_profiles
from app.settings import ModelSettings
from retrieval.errors import BadInput
from retrieval.taxonomy import IntentKind

EXAMPLES = Path(__file__).parents[2] / "deploy" / "model-profiles.yaml"


def test_the_shipped_examples_can_be_used():
    """Models from 1B to 8B, each with a context that holds prompt and answer, and its name to compare with."""
    profiles = read_profiles(EXAMPLES)
    assert len(profiles) >= 5
    for profile in profiles:
        assert profile.model
        assert profile.quantization
        assert profile.context >= 600 + 1500 + 2 * (profile.max_tokens or 500)
        assert profile.sampling.temperature is not None
    assert all(any(each.serves.takes(kind, 1500) for each in profiles) for kind in IntentKind)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profiles: []", "profiles"),
        ("profiles: [{name: a}]", "either url or file"),
        ("profiles: [{name: a, url: 'http://x', file: /y}]", "either url or file"),
        ("profiles: [{name: a, url: nope}]", "profiles.0.url"),
        ("profiles: [{name: a, url: 'http://x', colour: red}]", "profiles.0.colour"),
        ("profiles: [{name: a, url: 'http://x', serves: {intents: [gossip]}}]", "profiles.0.serves.intents"),
        ("profiles: [{name: a, url: 'http://x', sampling: {temperature: 9}}]", "sampling.temperature"),
        ("profiles: [{name: a, url: 'http://x'}, {name: a, url: 'http://y'}]", "twice"),
        ("{", "no YAML"),
        ("- just a list", "the file"),
    ],
)
def test_a_file_that_cannot_be_used_names_the_place(tmp_path, text, said):
    """One sentence with file and field."""
    path = tmp_path / "profiles.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"profiles\.yaml") as refused:
        read_profiles(path)
    assert said in str(refused.value)


def test_one_way_at_a_time(tmp_path):
    """Address, file and profiles exclude each other; a missing file is named."""
    with pytest.raises(BadInput, match="only one of"):
        profiles_of(ModelSettings(url="http://x", model_path=tmp_path / "m.gguf"))
    with pytest.raises(BadInput, match="No such file"):
        profiles_of(ModelSettings(profiles=tmp_path / "none.yaml"))
    assert profiles_of(ModelSettings()) == ()
    assert [profile.name for profile in profiles_of(ModelSettings(url="http://x"))] == ["default"]


def test_the_key_stands_in_the_environment_alone(monkeypatch):
    """The file names a variable; its value shows nowhere."""
    monkeypatch.setenv("QWEN_KEY", "planted-key")
    profile = ModelProfile(name="a", url="http://x", api_key_variable="QWEN_KEY")
    assert profile.api_key.get_secret_value() == "planted-key"
    assert "planted-key" not in repr(profile) + repr(profile.api_key)


def test_routing_by_kind_and_size():
    """A profile gets the kinds that it names, any where it names none, up to its evidence."""
    some = ModelProfile(name="a", url="http://x", serves={"intents": ["triage"], "most_evidence_tokens": 800})
    assert some.serves.takes(IntentKind.TRIAGE, 800)
    assert not some.serves.takes(IntentKind.TRIAGE, 801)
    assert not some.serves.takes(IntentKind.HOWTO, 10)
    assert ModelProfile(name="b", url="http://x").serves.takes(IntentKind.HOWTO, 99_999)
