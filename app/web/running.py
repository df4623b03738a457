"""What the running web application has loaded so far; one per process, filled by `app.web.loading`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.bootstrap import App
from app.pipeline import Pipeline
from app.web.access import Access
from app.web.draining import Turns
from retrieval.errors import LogAgentError


class StillStarting(LogAgentError):
    """The application is not up yet; asking again in a moment helps."""


class Ending(LogAgentError):
    """The application has been told to end and takes no new questions; another one may be up in a moment."""


@dataclass
class Running:
    """Holds the application while it runs, for the chat's handlers, which are called without arguments."""

    access: Access = field(default_factory=Access)
    turns: Turns = field(default_factory=Turns)
    _app: App | None = field(default=None, repr=False)

    @property
    def app(self) -> App:
        """The application; StillStarting before it is up."""
        if self._app is None:
            raise StillStarting("the assistant is still starting; ask again in a moment")
        return self._app

    @contextmanager
    def turn(self) -> Iterator[Pipeline]:
        """The pipeline for one question, whose end the end of the program waits for; Ending once it was asked for."""
        if self.turns.ending:
            raise Ending("the assistant is restarting; ask again in a moment")
        with self.turns.one():
            yield self.app.pipeline

    @contextmanager
    def serving(self, app: App) -> Iterator[None]:
        """Serve with this application until the block is left."""
        self._app = app
        try:
            yield
        finally:
            self._app = None


running = Running()
