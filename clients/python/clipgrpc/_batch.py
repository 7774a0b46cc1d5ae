"""Requests of any number of items, and the requests of a stream."""

from __future__ import annotations

import os
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, AsyncIterator, Callable, Iterable, Iterator

import grpc

from ._errors import ClipError
from ._images import to_image
from .v1 import clip_pb2

Chunk = list[tuple[int, Any]]  # Messages with their indices among the caller's items.
_ITEM_BYTES = 8  # The tag and the length of an item in its request.


@dataclass
class Batch:
    """Items that go into as many calls as they need: `base` is the request without its items, which are in `field`."""

    method: str
    base: Any
    field: str
    read: Callable[[Any], Any]
    outcomes: dict[int, Any] = field(default_factory=dict)  # What `read` returns for a result, or a ClipError.
    served: set[tuple[str, str]] = field(default_factory=set)

    def chunks(self, sources: Iterable[Any], make: Callable[[Any], Any], limits: clip_pb2.Limits) -> Iterator[Chunk]:
        """Each item is made just before its call, so a long list of files needs no memory for their content."""
        room = limits.max_message_bytes - self.base.ByteSize()
        chunk, size = Chunk(), 0
        for index, source in enumerate(several(sources)):
            try:
                item = make(source)
            except OSError as error:
                message = f"{self.field}[{index}] cannot be read: {error}"
                self.outcomes[index] = ClipError(grpc.StatusCode.INVALID_ARGUMENT, message)
                continue
            item_bytes = item.ByteSize() + _ITEM_BYTES
            if chunk and (len(chunk) == limits.max_inputs or size + item_bytes > room):
                yield chunk
                chunk, size = Chunk(), 0
            chunk.append((index, item))
            size += item_bytes
        if chunk:
            yield chunk

    def request(self, chunk: Chunk) -> Any:
        request = deepcopy(self.base)
        getattr(request, self.field).extend(item for _, item in chunk)
        return request

    def add(self, chunk: Chunk, response: Any) -> None:
        self.served.add((response.model.name, response.model.revision))
        for position, ((index, _), result) in enumerate(zip(chunk, response.results)):
            failed = result.HasField("error")
            self.outcomes[index] = ClipError.from_status(result.error, position, index) if failed else self.read(result)


def several(sources: Iterable[Any]) -> Iterable[Any]:
    if isinstance(sources, (str, bytes, os.PathLike)):
        raise TypeError(f"expected a list, not one {type(sources).__name__}")
    return sources


# gRPC replaces an exception of the caller's frames by one of its own: `failed` keeps it.
def frames_of(config: Any, frames: Iterable[Any], failed: list[Exception]) -> Iterator[Any]:
    yield clip_pb2.ClassifyStreamRequest(config=config)
    try:
        for frame in frames:
            yield clip_pb2.ClassifyStreamRequest(frame=clip_pb2.Frame(image=to_image(frame)))
    except Exception as error:
        failed.append(error)
        raise


async def async_frames_of(config: Any, frames: Any, failed: list[Exception]) -> AsyncIterator[Any]:
    yield clip_pb2.ClassifyStreamRequest(config=config)
    try:
        async for frame in frames:
            yield clip_pb2.ClassifyStreamRequest(frame=clip_pb2.Frame(image=to_image(frame)))
    except Exception as error:
        failed.append(error)
        raise
