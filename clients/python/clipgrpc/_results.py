"""What the clients return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np

from ._errors import ClipError


@dataclass(frozen=True)
class Embeddings:
    """`vectors` is float32 of shape [n, d], in input order. The rows of failed items are NaN; `errors` has their errors
    by index. Only embeddings of the same `revision` of a model are comparable."""

    vectors: np.ndarray[Any, Any]
    errors: dict[int, ClipError]
    model: str
    revision: str

    def require(self) -> np.ndarray[Any, Any]:
        """The vectors. Raises the first error if an item failed."""
        if self.errors:
            raise self.errors[min(self.errors)]
        return self.vectors


@dataclass(frozen=True)
class Classification:
    """The labels of an image, the most probable first, as clipgrpc.v1.Prediction: label, index, probability, cosine.
    There are none if it has an `error`, or was `dropped` from a stream for a newer one. `scores` has the probabilities
    of all labels in their order, if asked for."""

    predictions: Sequence[Any] = ()
    scores: np.ndarray[Any, Any] | None = None
    error: ClipError | None = None
    dropped: bool = False

    @staticmethod
    def read(result: Any) -> Classification:
        """Of a ClassifyResult or a ClassifyStreamResponse."""
        error = ClipError.from_status(result.error) if result.HasField("error") else None
        scores = np.array(result.scores, np.float32) if result.scores else None
        return Classification(result.predictions, scores, error, getattr(result, "dropped", False))


@dataclass(frozen=True)
class Ranking:
    """Candidates, the most similar first, as clipgrpc.v1.RankedCandidate: index, cosine, probability."""

    ranked: Sequence[Any]
    errors: dict[int, ClipError]
