"""Experiments about a model: ready for whoever has the weights, and refused where another model is loaded."""

from pathlib import Path

import pytest

from app.model_profiles import ModelTraits, profiles_of, read_profiles
from app.settings import ModelSettings, Settings
from app.triage.local_server import LocalServer
from evals.tiny_model import write_tiny_model
from evals.triage.command import run_config
from evals.triage.engines import open_engine
from evals.triage.experiment import Experiment, bundled_names
from evals.triage.served_profile import with_profile
from retrieval.errors import BadInput, ModelDown
from tests.evals.triage.test_experiment import CASES

SHIPPED = Path(__file__).parents[3] / "deploy" / "model-profiles.yaml"
MINE = ModelTraits(name="mine", model="Tiny", context=4096, sampling={"temperature": 0.1, "top_p": 0.5}, max_tokens=300)


def test_there_is_an_experiment_for_each_shipped_profile():
    """Name, model, quantization, context and sampling are those that are served; several answers a case."""
    for shipped in read_profiles(SHIPPED):
        experiment = Experiment.read(f"model-{shipped.name}")
        served = ModelTraits.model_validate(shipped.model_dump(include=set(ModelTraits.model_fields) - {"serves"}))
        assert experiment.profile.model_copy(update={"waiting": served.waiting}) == served
        assert (experiment.llm, experiment.repeats >= 3) == ("auto", True)
    assert len([name for name in bundled_names() if name.startswith("model-")]) == len(read_profiles(SHIPPED))


def test_a_profile_is_put_where_the_model_is_served(tmp_path):
    """An address, a file, or the profile of its name among those of LLM_PROFILES; its own sampling stays."""
    (at,) = profiles_of(with_profile(ModelSettings(url="http://x"), MINE, tmp_path))
    assert (str(at.url), at.name, at.sampling.top_p, at.max_tokens) == ("http://x/", "mine", 0.5, 300)
    (at,) = profiles_of(with_profile(ModelSettings(model_path=tmp_path / "m.gguf"), MINE, tmp_path))
    assert at.file == tmp_path / "m.gguf"
    named = tmp_path / "profiles.yaml"
    named.write_text("profiles: [{name: a, url: 'http://a'}, {name: mine, url: 'http://b', sampling: {top_p: 0.9}}]")
    (at,) = profiles_of(with_profile(ModelSettings(profiles=named), MINE, tmp_path))
    assert (str(at.url), at.sampling.top_p) == ("http://b/", 0.5)


def test_where_no_model_is_served_a_sentence_says_so(tmp_path):
    """It names the settings, or the profile that is missing."""
    with pytest.raises(BadInput, match="set LLM_URL"):
        with_profile(ModelSettings(), MINE, tmp_path)
    named = tmp_path / "profiles.yaml"
    named.write_text("profiles: [{name: a, url: 'http://a'}]")
    with pytest.raises(BadInput, match="no profile 'mine'"):
        with_profile(ModelSettings(profiles=named), MINE, tmp_path)


def test_an_experiment_has_one_temperature(tmp_path):
    """It stands in the profile's sampling, or nowhere else."""
    path = tmp_path / "x.yaml"
    path.write_text("name: x\ntemperature: 0\nprofile: {name: mine}")
    with pytest.raises(BadInput, match="sampling"):
        Experiment.read(str(path))


def test_the_config_says_what_is_asked_for():
    """Sampling, model and quantization of the profile."""
    experiment = Experiment.read("model-qwen3-4b")
    config = run_config(experiment, Settings.read(), CASES)
    assert (config["profile"], config["quantization"]) == ("qwen3-4b", "Q4_K_M")
    assert config["sampling"] == {
        "temperature": 0.2, "seed": 7, "max_tokens": 500, "top_p": 0.8, "top_k": 20, "min_p": 0.0,
    }  # fmt: skip


@pytest.mark.integration
async def test_the_model_of_the_profile_answers_and_another_is_refused(tmp_path, monkeypatch):
    """Against the real server: by its name, and where nothing listens."""
    monkeypatch.setenv("EMBEDDING_MODEL", "off")
    server = LocalServer(write_tiny_model(tmp_path / "tiny-model-F16.gguf", 1), context=8192, slots=1, threads=1)
    asked = Experiment(name="x", llm="auto", profile=MINE)
    try:
        settings = Settings.read(model={"url": server.url})
        async with open_engine(asked, settings, CASES[0]) as engine:
            record = await engine.answer(CASES[0])
            assert "tiny" in engine.model
        assert record.usage is not None, record
        other = asked.model_copy(update={"profile": MINE.model_copy(update={"model": "Qwen3"})})
        with pytest.raises(BadInput, match=r"another model: .* where the profile mine names Qwen3"):
            async with open_engine(other, settings, CASES[0]):
                pass
    finally:
        server.close()
    with pytest.raises(ModelDown):
        async with open_engine(asked, settings, CASES[0]):
            pass
