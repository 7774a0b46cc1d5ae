"""A client for ClipGrpc, a gRPC server for CLIP models. Start with `Client` or, for asyncio, `AsyncClient`."""

from ._client import AsyncClient, Client
from ._errors import ClipError
from ._images import ImageSource
from ._results import Classification, Embeddings, Ranking

__all__ = ["AsyncClient", "Classification", "Client", "ClipError", "Embeddings", "ImageSource", "Ranking"]
