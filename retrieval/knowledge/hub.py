"""Models by name: from this machine where one was fetched before, else from the Hugging Face hub, if that answers.

It is asked once, with a limit of its own: the libraries would try each of a model's files for half a minute, with two
lines of warning each time, before they said that there is no network.
"""

from collections.abc import Callable
from typing import TypeVar

import httpx

ASK_SECONDS = 5.0
Model = TypeVar("Model")


def from_hub(name: str, load: Callable[[bool], Model]) -> Model:
    """What `load` gives; its argument is whether only files of this machine may be used.

    Raises OSError with a sentence where the model is not on this machine and cannot be fetched.
    """
    repository = name if "/" in name else f"sentence-transformers/{name}"
    if _fetched_before(repository):
        try:
            return load(True)
        except (OSError, ValueError):  # fetched in part: the rest is fetched now
            pass
    _ask(repository)
    return load(False)


def _fetched_before(repository: str) -> bool:
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415  comes with sentence-transformers, as late

    return isinstance(try_to_load_from_cache(repository, "config.json"), str)


def _ask(repository: str) -> None:
    from huggingface_hub import constants, get_token  # noqa: PLC0415  as above

    hub, token = constants.ENDPOINT, get_token()
    if constants.HF_HUB_OFFLINE:
        raise OSError("it is not on this machine, and HF_HUB_OFFLINE forbids fetching it")
    try:
        answer = httpx.head(
            f"{hub}/{repository}/resolve/main/config.json",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=ASK_SECONDS,
            follow_redirects=True,
        )
    except httpx.HTTPError as error:
        how = "fetch it where there is a network, and name its folder"
        raise OSError(f"it is not on this machine, and {hub} does not answer; {how}") from error
    if answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.UNAUTHORIZED):
        raise OSError(f"it is not on this machine, and {hub} has no model of this name that it shows to you")
