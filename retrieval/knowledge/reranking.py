"""A second look at the best candidates: a cross-encoder reads query and section together.

Optional: it costs a forward pass a candidate, about as much as embedding its text, and needs weights of its own. What
it does not see stays where it was, behind what it does.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from retrieval.errors import KnowledgeDown
from retrieval.knowledge.hub import from_hub

Scores = npt.NDArray[np.float32]

CANDIDATES = 20  # documents read a second time; each costs a forward pass for each query


class Reranker(Protocol):
    """What search needs of a cross-encoder; thread-safe, synchronous."""

    @property
    def ready(self) -> bool:
        """Whether it answers at once."""
        ...

    def scores(self, query: str, texts: Sequence[str]) -> Scores:
        """How well each text answers the query; higher is better, comparable within one call."""
        ...


class CrossEncoderReranker:
    """A cross-encoder of sentence-transformers on the CPU, by hub name or folder; `load` it in the background."""

    def __init__(self, name: str) -> None:
        """Raises KnowledgeDown for a folder that is not there; loads nothing."""
        folder = Path(name).expanduser()
        if not folder.is_dir() and (name.count("/") > 1 or name.startswith((".", "/", "~"))):
            raise KnowledgeDown(f"The reranker {name} is not there: RERANKER_MODEL names a folder that must exist.")
        self._local = folder.is_dir()
        self._location = str(folder) if self._local else name
        self._loaded: Any = None
        self._lock = threading.Lock()

    @property
    def ready(self) -> bool:
        """Whether it answers at once."""
        return self._loaded is not None

    def load(self) -> None:
        """Load the model, once; blocks for seconds, and raises KnowledgeDown where it cannot."""
        with self._lock:
            self._load()

    def scores(self, query: str, texts: Sequence[str]) -> Scores:
        """The model's scores of (query, text) pairs, loading it first where needed."""
        with self._lock:
            self._load()
            raw = self._loaded.predict([(query, text) for text in texts], show_progress_bar=False)
        return np.asarray(raw, dtype=np.float32).reshape(len(texts))

    def _load(self) -> None:
        if self._loaded is not None:
            return

        def load(local_only: bool) -> Any:  # noqa: ANN401 – untyped, and called by from_hub
            from sentence_transformers import CrossEncoder  # noqa: PLC0415 – ten seconds that a start cannot wait for

            return CrossEncoder(self._location, device="cpu", local_files_only=local_only)

        try:
            model = load(True) if self._local else from_hub(self._location, load)
            if (labels := model.num_labels) != 1:
                raise ValueError(f"it has {labels} outputs, and a reranker has one")
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise KnowledgeDown(f"The reranker {self._location} cannot be loaded: {reason}") from error
        self._loaded = model


def reranked(
    reranker: Reranker, queries: Sequence[tuple[str, float]], texts: Sequence[str], order: Sequence[int]
) -> list[int]:
    """`order` with its first candidates put in the reranker's order; `texts` are those of the first candidates.

    Each query's scores are put on one scale before they are added with its weight; equal scores keep their order.
    """
    total = np.zeros(len(texts), dtype=np.float32)
    for query, weight in queries:
        scores = reranker.scores(query, texts)
        spread = float(scores.max() - scores.min())
        total += weight * (scores - scores.min()) / spread if spread > 0 else np.float32(0)
    first = [order[place] for place in np.argsort(-total, kind="stable")]
    return [*first, *order[len(texts) :]]
