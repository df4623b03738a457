"""What the running web application has loaded so far; one per process, filled by `app.web.loading`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.bootstrap import App
from app.web.access import Access
from retrieval.errors import LogAgentError


class StillStarting(LogAgentError):
    """The application is not up yet; asking again in a moment helps."""


@dataclass
class Running:
    """Holds the application while it runs, for the chat's handlers, which are called without arguments."""

    access: Access = field(default_factory=Access)
    _app: App | None = field(default=None, repr=False)

    @property
    def app(self) -> App:
        """The application; StillStarting before it is up."""
        if self._app is None:
            raise StillStarting("the assistant is still starting; ask again in a moment")
        return self._app

    @contextmanager
    def serving(self, app: App) -> Iterator[None]:
        """Serve with this application until the block is left."""
        self._app = app
        try:
            yield
        finally:
            self._app = None


running = Running()
