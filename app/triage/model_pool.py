"""The models that are served, each with its profile and its line: which gets a question, and what is really loaded."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.model_profiles import ModelProfile
from app.telemetry.queue_metrics import QueueState
from app.triage.engine import LanguageModel
from app.triage.model_identity import ModelIdentity
from app.triage.model_server import Health
from app.triage.waiting_line import WaitingLine
from retrieval.errors import ModelDown
from retrieval.taxonomy import IntentKind

# Seconds for which the answer to "are you ready?" is believed.
HEALTH_SECONDS = 5.0
# Requests at a time to a server that does not say how many it takes.
UNTOLD_SLOTS = 4


class ServerModel(LanguageModel, Protocol):
    """A language model behind HTTP, as `LlamaCpp` and `OpenAiEndpoint` are."""

    async def health(self) -> Health:
        """Whether the server can answer now; never raises."""

    async def identity(self) -> ModelIdentity:
        """What is loaded; raises ModelDown."""

    async def free_slots(self) -> int | None:
        """Slots that answer nothing now; None where the server does not say. Raises ModelDown."""


@dataclass(eq=False)
class ServedModel:
    """One model: its profile, its server and the line before it; what it was last seen to be."""

    profile: ModelProfile
    model: ServerModel
    address: str
    line: WaitingLine
    identity: ModelIdentity | None = None
    _health: tuple[float, Health] = field(default=(-HEALTH_SECONDS, "down"))

    async def health(self) -> Health:
        """Whether it can answer, asked anew every few seconds."""
        asked, health = self._health
        if time.monotonic() - asked >= HEALTH_SECONDS:
            health = await self.model.health()
            self._health = (time.monotonic(), health)
        return health

    async def look(self) -> ModelIdentity:
        """What is loaded, asked anew; the line gets as many slots as the server has. Raises ModelDown."""
        self.identity = await self.model.identity()
        self.line.slots = self.profile.slots or self.identity.slots or UNTOLD_SLOTS
        return self.identity

    async def looked(self) -> ModelIdentity | None:
        """What is loaded, as it was last seen; None where the server does not answer."""
        try:
            return self.identity or await self.look()
        except ModelDown:
            return None

    async def busy_with_others(self) -> bool:
        """Whether every slot answers someone, though the line here let the next one in."""
        try:
            return await self.model.free_slots() == 0
        except ModelDown:
            return False

    def answered_as(self, name: str | None) -> str | None:
        """A note where the model that answered is another one than was loaded before; it is known from now on."""
        before, self.identity = self.identity, self.identity if name is None else _named(self.identity, name)
        if before is None or name is None or before.name == name:
            return None
        return f"the server of the model profile {self.profile.name} now has {name} loaded; it had {before.name}"

    def complaints(self, identity: ModelIdentity) -> list[str]:
        """What is loaded and does not go with the profile."""
        said = []
        wanted = self.profile.model
        if wanted and _plain(wanted) not in _plain(identity.name):
            said.append(f"{identity.name} is loaded where the profile {self.profile.name} names {wanted}")
        if identity.context is not None and identity.context < self.profile.context:
            said.append(f"a request may hold {identity.context} tokens, the profile says {self.profile.context}")
        if identity.template is None and self.profile.api == "llama.cpp":
            said.append("the model brings no chat template of its own")
        return said


class ModelPool:
    """Every model that is configured, in the order of their profiles; at least one."""

    def __init__(self, served: Sequence[ServedModel]) -> None:
        if not served:
            raise ValueError("a pool needs a model")
        self.served = tuple(served)

    async def choose(self, intent: IntentKind, evidence_tokens: int) -> ServedModel | None:
        """The first ready model that serves such a question; the first that would where none is ready, else None."""
        fitting = [each for each in self.served if each.profile.serves.takes(intent, evidence_tokens)]
        for each in fitting[:-1]:
            if await each.health() == "ready":
                return each
        # The last one is not asked first: where it is down, its own failure says so better.
        last = fitting[-1:]
        if len(fitting) > 1 and await last[0].health() != "ready":
            return fitting[0]
        return last[0] if last else None

    async def look(self) -> None:
        """See what is loaded everywhere; a server that does not answer is left for later."""
        await asyncio.gather(*(each.look() for each in self.served), return_exceptions=True)

    def queues(self) -> list[QueueState]:
        """The line before each model, as it stands now."""
        return [
            QueueState(each.profile.name, each.line.slots, each.line.running, each.line.waiting) for each in self.served
        ]

    async def state(self) -> list[dict[str, Any]]:
        """Each profile with its health, what is loaded, and how many are being answered and waiting."""
        healths = await asyncio.gather(*(each.health() for each in self.served))
        return [
            {
                "profile": each.profile.name,
                "health": health,
                "model": each.identity.name if each.identity else None,
                "context": each.identity.context if each.identity else None,
                "slots": each.line.slots,
                "running": each.line.running,
                "waiting": each.line.waiting,
            }
            for each, health in zip(self.served, healths, strict=True)
        ]


def _named(identity: ModelIdentity | None, name: str) -> ModelIdentity:
    return identity if identity is not None and identity.name == name else ModelIdentity(name)


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
