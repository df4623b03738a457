"""The model profile of an experiment, put to where the settings say that a model is served."""

from pathlib import Path
from typing import Literal

import yaml

from app.model_profiles import API_KEY, ModelProfile, ModelTraits, read_profiles
from app.settings import ModelSettings
from app.triage.model_pool import ModelPool
from retrieval.errors import BadInput


def with_profile(settings: ModelSettings, traits: ModelTraits, folder: Path) -> ModelSettings:
    """The settings with this one profile, which gets every question; the file of it is written into `folder`.

    Its address is that of the profile of the same name in `LLM_PROFILES`, else `LLM_URL` or `LLM_MODEL_PATH`; BadInput
    where there is none.
    """
    path = folder / "profile.yaml"
    profile = _placed(settings, traits).model_dump(mode="json", exclude_none=True, exclude={"serves"})
    path.write_text(yaml.safe_dump({"profiles": [profile]}), encoding="utf-8")
    return settings.model_copy(update={"url": None, "model_path": None, "profiles": path})


async def refuse_another(models: ModelPool) -> None:
    """BadInput where another model is loaded than the profile names, or with less context; ModelDown where none is."""
    for served in models.served:
        complaints = served.complaints(await served.look())
        if complaints:
            raise BadInput(f"this experiment is about another model: {complaints[0]}")


def _placed(settings: ModelSettings, traits: ModelTraits) -> ModelProfile:
    mine = traits.model_dump()
    if settings.profiles is not None:
        for each in read_profiles(settings.profiles):
            if each.name == traits.name:
                place = each.model_dump(include={"url", "file", "api", "api_key_variable"})
                return ModelProfile(**mine, **place)
        raise BadInput(f"{settings.profiles} has no profile {traits.name!r}, which the experiment is about")
    if settings.url is None and settings.model_path is None:
        raise BadInput(f"the experiment asks the model {traits.name}: set LLM_URL, LLM_MODEL_PATH or LLM_PROFILES")
    api: Literal["llama.cpp", "openai"] = "openai" if settings.api == "openai" else "llama.cpp"
    return ModelProfile(**mine, url=settings.url, file=settings.model_path, api=api, api_key_variable=API_KEY)
