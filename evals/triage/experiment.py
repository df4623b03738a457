"""An experiment: which engine answers which cases, with what; strict YAML, and several are bundled."""

from importlib.resources import files
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.model_profiles import ModelTraits
from app.question import ModelUse
from retrieval.errors import BadInput

Engine = Literal["pipeline", "retrieval", "first_error", "keywords"]
_BUNDLED = files("evals").joinpath("experiments")


class Experiment(BaseModel):
    """One experiment.

    `engine` is the pipeline that serves people, its retrieval alone, or a baseline; `llm` says whether the pipeline
    asks a model, whose address or file is a setting; `retrieval` whether it searches the runbooks; `split` is one of a
    frozen dataset's, all cases where none is given; `parallel` how many cases are under way at once; `repeats` how
    often each is answered, with another seed each time. `temperature` and `seed` of a model's sampling replace the
    settings where they are given. `profile` says which model it is about and how that is used; a run with another one
    loaded is refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, pattern=r"^[\w.-]+$")
    about: str = ""
    engine: Engine = "pipeline"
    llm: ModelUse = ModelUse.OFF
    retrieval: bool = True
    dataset: Path | None = None
    split: str | None = None
    parallel: int = Field(2, ge=1, le=64)
    repeats: int = Field(1, ge=1, le=32)
    temperature: float | None = Field(None, ge=0, le=2)
    seed: int = Field(7, ge=0)
    profile: ModelTraits | None = None

    @model_validator(mode="after")
    def _one_temperature(self) -> Self:
        if self.profile is not None and self.temperature is not None:
            raise ValueError("with a profile the temperature stands in its sampling")
        return self

    @classmethod
    def read(cls, name: str) -> Self:
        """The bundled experiment of this name, or the one in this file; BadInput where it cannot be used."""
        bundled = _BUNDLED.joinpath(f"{name}.yaml")
        try:
            text = bundled.read_text("utf-8") if bundled.is_file() else Path(name).read_text("utf-8")
            return cls.model_validate(yaml.safe_load(text))
        except OSError as error:
            raise BadInput(f"there is no experiment {name!r}; bundled are {', '.join(bundled_names())}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise BadInput(f"{name}: this is no YAML") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise BadInput(f"{name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def bundled_names() -> list[str]:
    """The names of the bundled experiments."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _BUNDLED.iterdir() if entry.name.endswith(".yaml"))
