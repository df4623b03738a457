"""What a model server has really loaded, whatever its configuration says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """The model's name as the server reports it; None for what the server does not say.

    `context` is the tokens of one request, `slots` the requests at a time, `template` the SHA-256 of the chat template.
    """

    name: str
    context: int | None = None
    slots: int | None = None
    template: str | None = None
    build: str | None = None

    def __str__(self) -> str:
        said = [self.name]
        said += [f"{self.context:,} tokens a request"] if self.context else []
        said += [f"{self.slots} at a time"] if self.slots else []
        said += [f"chat template {self.template[:12]}"] if self.template else []
        return ", ".join(said)
