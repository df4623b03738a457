"""An embedder that lets others in between: for long jobs beside searches that wait for the same model."""

import time
from collections.abc import Sequence

import numpy as np

from retrieval.knowledge.embedding import BATCH, Embedder, EmbeddingModel, Vectors

PAUSE_SECONDS = 0.002  # a lock that is released and taken at once is never given to who waits for it


class PatientEmbedder:
    """Embeds passages one forward pass at a time, alike lengths together, and pauses after each."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def model(self) -> EmbeddingModel:
        """The model of the embedder behind it."""
        return self._embedder.model

    @property
    def ready(self) -> bool:
        """Whether that answers at once."""
        return self._embedder.ready

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As the embedder behind it."""
        return self._embedder.embed_queries(texts)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a passage, in the order of the texts."""
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        parts = []
        for start in range(0, len(order), BATCH):
            parts.append(self._embedder.embed_texts([texts[place] for place in order[start : start + BATCH]]))
            time.sleep(PAUSE_SECONDS)
        return np.concatenate(parts)[np.argsort(order)] if parts else self._embedder.embed_texts(texts)
