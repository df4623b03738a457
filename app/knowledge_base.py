"""The runbooks and incidents of this process: opened, filled from the bundled corpus and warmed behind the page."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from threading import Lock

from app.knowledge_query import KnownDocument
from ingestion.corpus import runbook_folder
from ingestion.incidents import ingest_incidents
from ingestion.report import Report
from ingestion.runbooks import ingest_runbooks
from ingestion.watch import Watch
from retrieval.errors import BadInput, KnowledgeDown, LogAgentError
from retrieval.knowledge.embedding import Embedder, SentenceEmbedder, find_model
from retrieval.knowledge.index import KnowledgeIndex, open_index
from retrieval.knowledge.patience import PatientEmbedder
from retrieval.knowledge.reranking import CrossEncoderReranker
from retrieval.knowledge.search import KnowledgeSearch, SubQuery
from retrieval.patterns.novelty import SeenBefore


class Loading(StrEnum):
    """How far the knowledge is."""

    OPENING = "opening"
    INGESTING = "ingesting"
    LOADING_MODEL = "loading the embedding model"
    READY = "ready"
    FAILED = "failed"


class KnowledgeBase:
    """One index with its search. `open` does all the work and blocks; call it in a thread.

    `folder` holds an embedded Chroma, `url` is that of a server; `model_name` is None for the bundled embedding model,
    `reranker_name` for none.
    """

    def __init__(
        self, *, folder: Path | None, url: str | None, model_name: str | None, reranker_name: str | None = None
    ) -> None:
        self.address = url
        self.error: LogAgentError | None = None
        self.loading = Loading.OPENING
        self._folder = folder
        self._model_name = model_name
        self._reranker_name = reranker_name
        self._without_reranker = ""
        self._index: KnowledgeIndex | None = None
        self._search: KnowledgeSearch | None = None
        self._embedder: SentenceEmbedder | None = None
        self._guard = Lock()
        self._ingesting = Lock()
        self._no_runbooks = False
        self._closed = False

    def open(self, fetch_ahead: bool = False) -> None:
        """Open the index, bring the bundled runbooks into it, load the embedding model; an error is kept and told.

        With `fetch_ahead` fetch the vectors too: for who answers many questions, and nobody waits for it.
        """
        try:
            self._open()
        except LogAgentError as error:
            self.error, self.loading = error, Loading.FAILED
            return
        if fetch_ahead:
            self._fetch_ahead()

    def notes(self) -> Sequence[str]:
        """What an answer has to say of the state it was made in."""
        if self._search is not None and self._no_runbooks:
            return (f"the index at {self.address} holds no runbooks; `logagent ingest runbooks --bundled` brings them",)
        if self._search is not None and self._search.ready == "lexical":
            return ("the embedding model is still loading: runbooks were found by their words alone",)
        return (self._without_reranker,) if self._without_reranker else ()

    def state(self) -> dict[str, str]:
        """For the status page and the chat."""
        return {"loading": self.loading.value, **({"error": str(self.error)} if self.error else {})}

    async def find(
        self, queries: Sequence[SubQuery], k: int, collection: str, filters: Mapping[str, str] | None = None
    ) -> Sequence[KnownDocument]:
        """See `app.knowledge_query.Knowledge`; KnowledgeDown while the index is not open."""
        return await asyncio.to_thread(self._find, queries, k, collection, filters)

    async def seen_before(
        self, patterns: Sequence[tuple[str, Mapping[str, str]]], before: date
    ) -> Sequence[SeenBefore | None]:
        """See `app.knowledge_query.Knowledge`."""
        return await asyncio.to_thread(self._seen_before, patterns, before)

    def _seen_before(
        self, patterns: Sequence[tuple[str, Mapping[str, str]]], before: date
    ) -> Sequence[SeenBefore | None]:
        history = self._search.history() if self._search else None
        return [history.seen(template, labels, before) if history else None for template, labels in patterns]

    def ingest(self, paths: Sequence[Path], watch: Watch, *, dry_run: bool = False) -> Report:
        """Ingest runbooks into the open index, beside searches; blocks. BadInput while another job runs."""
        with self._job("runbooks") as (index, embedder):
            return ingest_runbooks(paths, index, embedder=embedder, dry_run=dry_run, watch=watch)

    def keep_incidents(self, file: Path, watch: Watch) -> Report:
        """Ingest a file of incidents likewise."""
        with self._job("incidents") as (index, embedder):
            return ingest_incidents(file, index, embedder=embedder, watch=watch)

    @contextmanager
    def _job(self, collection: str) -> Iterator[tuple[KnowledgeIndex, Embedder]]:
        """One job at a time, which lets searches in between; afterwards the collection is read anew."""
        index, embedder = self._index, self._embedder
        if index is None or embedder is None or self.loading not in (Loading.LOADING_MODEL, Loading.READY):
            raise KnowledgeDown(str(self.error or "The runbooks are still being loaded; try again in a few seconds."))
        if not self._ingesting.acquire(blocking=False):
            raise BadInput("another ingestion is running; wait for its end")
        try:
            yield index, PatientEmbedder(embedder)
        finally:
            self._ingesting.release()
        if self._search is not None:
            self._search.refresh(collection)

    def close(self) -> None:
        """Give the folder back; safe while `open` still runs."""
        with self._guard:
            self._closed = True
            if self._index is not None:
                self._index.close()
                self._index = self._search = None

    def _find(
        self, queries: Sequence[SubQuery], k: int, collection: str, filters: Mapping[str, str] | None
    ) -> Sequence[KnownDocument]:
        search = self._search
        if search is None:
            raise KnowledgeDown(str(self.error or "The runbooks are still being loaded; ask again in a few seconds."))
        if collection == "runbooks":
            # Of a server alone: an index of this process is filled before it is searched.
            self._no_runbooks = self.address is not None and not search.holds()
        return [
            KnownDocument(collection, hit, search.sections(hit, collection))
            for hit in search.search(queries, k, collection, filters)
        ]

    def _open(self) -> None:
        model = find_model(self._model_name)
        index = open_index(model, folder=self._folder, url=self.address)
        with self._guard:
            if self._closed:
                index.close()
                return
            self._index = index
        embedder = self._embedder = SentenceEmbedder(model)
        # What was ingested before can be searched by its words while the rest still loads.
        if index.find("runbooks") is not None:
            self._search = KnowledgeSearch(index, embedder)
        self.loading = Loading.INGESTING
        if self.address is None:  # a shared server is filled by its admins alone
            ingest_runbooks(
                [runbook_folder()],
                index,
                embedder=embedder,
            )
        self._search = KnowledgeSearch(index, embedder)
        self._search.refresh("runbooks")
        self.loading = Loading.LOADING_MODEL
        embedder.load()
        if self._reranker_name is not None:
            self._search = KnowledgeSearch(index, embedder, self._loaded_reranker(self._reranker_name))
            self._search.refresh("runbooks")
        self.loading = Loading.READY

    def _fetch_ahead(self) -> None:
        search = self._search
        try:
            if search is not None:
                search.fetch_vectors("runbooks")
        except KnowledgeDown:
            return  # it was ahead of any need: a search that needs them says what is wrong

    def _loaded_reranker(self, name: str) -> CrossEncoderReranker | None:
        """None, and a note for every answer, where it cannot be loaded: search works without it."""
        try:
            reranker = CrossEncoderReranker(name)
            reranker.load()
        except KnowledgeDown as error:
            self._without_reranker = str(error)
            return None
        return reranker
