"""The client for asyncio, and the blocking one, which runs the same code: its primitives block instead of awaiting."""

from __future__ import annotations

import asyncio
import functools
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, AsyncIterable, AsyncIterator, Callable, Concatenate, Coroutine, Iterable, Iterator, ParamSpec
from typing import Sequence, TypeVar

import grpc
import grpc.aio
import numpy as np

from ._batch import Batch, Chunk, async_frames_of, frames_of, several
from ._errors import ClipError
from ._images import ImageSource, to_image
from ._results import Classification, Embeddings, Ranking
from .v1 import clip_pb2, clip_pb2_grpc

P = ParamSpec("P")
T = TypeVar("T")
_CONCURRENT_CALLS = 4
# Fewer items per call fit than the limits said, which can have changed with another server.
_SPLIT_REASONS = {"TOO_MANY_ELEMENTS", "MESSAGE_TOO_LARGE", "RESPONSE_TOO_LARGE"}
_OPTIONS = {
    "grpc.max_receive_message_length": -1,
    "grpc.enable_retries": 0,  # This client retries, also requests larger than gRPC's retry buffer of 256 kB.
    "grpc.max_reconnect_backoff_ms": 5000,
    "grpc.service_config": '{"loadBalancingConfig": [{"round_robin": {}}]}',
}


class _Connection:
    _grpc: Any

    def __init__(
        self, target: str, *, api_key: str | None = None, tls: bool = False, ca: str | None = None,
        certificate: str | None = None, key: str | None = None, timeout: float = 30,
        options: Sequence[tuple[str, Any]] = (),
    ) -> None:
        """`ca`, `certificate` and `key` are PEM files and imply `tls`: the authorities of the server's certificate, if
        not the system's, and a certificate of the client. `timeout` is the seconds of a call with its retries.
        `options` are channel arguments of gRPC."""
        if tls or ca or certificate:
            credentials = grpc.ssl_channel_credentials(_read(ca), _read(key), _read(certificate))
            self.channel = self._grpc.secure_channel(target, credentials, [*(_OPTIONS | dict(options)).items()])
        else:
            self.channel = self._grpc.insecure_channel(target, [*(_OPTIONS | dict(options)).items()])
        self._metadata = (("authorization", f"Bearer {api_key}"),) if api_key else ()
        self._stubs = clip_pb2_grpc.ClipServiceStub(self.channel), clip_pb2_grpc.ModelServiceStub(self.channel)
        self._timeout = timeout
        self._limits: clip_pb2.Limits | None = None

    # The primitives: one attempt of a call, a pause, and several operations, some at a time.
    _attempt: Callable[..., Coroutine[Any, Any, Any]]
    _sleep: Callable[[float], Coroutine[Any, Any, None]]
    _all: Callable[[Iterator[Coroutine[Any, Any, None]]], Coroutine[Any, Any, None]]

    def _method(self, name: str) -> Callable[..., Any]:
        method = next(getattr(stub, name) for stub in self._stubs if hasattr(stub, name))
        return functools.partial(method, metadata=self._metadata)

    async def _call(self, method: str, request: Any) -> Any:
        """A unary call with its retries, all within one deadline."""
        deadline, attempt = time.monotonic() + self._timeout, 1
        while True:
            try:
                return await self._attempt(method, request, deadline - time.monotonic())
            except grpc.RpcError as failure:
                error = ClipError.from_call(failure)
                wait = error.wait(attempt)
                if wait is None or time.monotonic() + wait >= deadline:
                    raise error from None
            await self._sleep(wait)
            attempt += 1

    async def _send(self, batch: Batch, sources: Iterable[Any], make: Callable[[Any], Any]) -> None:
        if self._limits is None:
            self._limits = (await self._call("ListModels", clip_pb2.ListModelsRequest())).limits
        await self._all(self._part(batch, chunk) for chunk in batch.chunks(sources, make, self._limits))

    async def _part(self, batch: Batch, chunk: Chunk) -> None:
        try:
            batch.add(chunk, await self._call(batch.method, batch.request(chunk)))
        except ClipError as error:
            if error.reason not in _SPLIT_REASONS or (len(chunk) == 1 and error.reason != "MESSAGE_TOO_LARGE"):
                raise
            self._limits = None
            if len(chunk) == 1:
                batch.outcomes[chunk[0][0]] = error
            else:
                await self._part(batch, chunk[: len(chunk) // 2])
                await self._part(batch, chunk[len(chunk) // 2 :])

    async def _embed(self, sources: Iterable[Any], make: Callable[[Any], Any], model: str, options: Any) -> Embeddings:
        batch = Batch("Embed", clip_pb2.EmbedRequest(model=model, options=options), "inputs", _vector)
        await self._send(batch, sources, make)
        if len(batch.served) > 1:
            raise ClipError(grpc.StatusCode.ABORTED, f"The model changed during the batch: {sorted(batch.served)}.")
        errors = {index: item for index, item in batch.outcomes.items() if isinstance(item, ClipError)}
        dimensions = next((len(item) for index, item in batch.outcomes.items() if index not in errors), None)
        if dimensions is None:
            known = await self._call("GetModel", clip_pb2.GetModelRequest(name=model))
            dimensions = known.architecture.embedding_dimensions
        vectors = np.full((len(batch.outcomes), dimensions), np.nan, np.float32)
        for index in batch.outcomes.keys() - errors.keys():
            vectors[index] = batch.outcomes[index]
        return Embeddings(vectors, errors, *min(batch.served, default=(model, "")))


class AsyncClient(_Connection):
    """A connection to a server, or to all servers of a DNS name (`dns:///clip.internal:50051`), for asyncio. Create it in
    the event loop that uses it. A call that fails raises ClipError; errors of single items are in its result."""

    _grpc = grpc.aio
    _sleep = staticmethod(asyncio.sleep)

    async def list_models(self) -> clip_pb2.ListModelsResponse:
        """The models, the server's limits and its version."""
        return await self._call("ListModels", clip_pb2.ListModelsRequest())

    async def embed_images(
        self, images: Iterable[ImageSource], *, model: str = "", options: clip_pb2.EmbedOptions | None = None
    ) -> Embeddings:
        """Embeds any number of images, in calls that fit the server's limits."""
        return await self._embed(images, _image_input, model, options)

    async def embed_texts(
        self, texts: Iterable[str], *, model: str = "", options: clip_pb2.EmbedOptions | None = None
    ) -> Embeddings:
        """Embeds any number of texts, in calls that fit the server's limits."""
        return await self._embed(texts, _text_input, model, options)

    async def classify(
        self, images: Iterable[ImageSource], labels: Sequence[str], *, templates: Sequence[str] = (), top_k: int = 0,
        all_scores: bool = False, model: str = "",
    ) -> list[Classification]:
        """Classifies any number of images. Templates are sentences with `{}` for the label; `top_k` 0 means 5."""
        base = clip_pb2.ClassifyRequest(model=model, label_set=_label_set(labels, templates), top_k=top_k)
        base.options.all_scores = all_scores
        batch = Batch("Classify", base, "images", Classification.read)
        await self._send(batch, images, to_image)
        outcomes = (batch.outcomes[index] for index in range(len(batch.outcomes)))
        return [Classification(error=item) if isinstance(item, ClipError) else item for item in outcomes]

    async def rank(
        self, query: str | ImageSource, candidates: Iterable[str | ImageSource], *, top_k: int = 0, model: str = "",
        options: clip_pb2.RankOptions | None = None,
    ) -> Ranking:
        """Orders candidates, in one call. A `str` is a text here; the path of an image is a pathlib.Path."""
        request = clip_pb2.RankRequest(model=model, query=_any_input(query), top_k=top_k, options=options)
        request.candidates.extend(map(_any_input, several(candidates)))
        response = await self._call("Rank", request)
        errors = {item.index: ClipError.from_status(item.error) for item in response.errors}
        return Ranking(response.ranked, errors)

    async def classify_stream(
        self, frames: Iterable[ImageSource] | AsyncIterable[ImageSource], labels: Sequence[str], *,
        timeout: float | None = None, **config: Any,
    ) -> AsyncIterator[Classification]:
        """Classifies frames as they come, with one result per frame, in order. A broken stream is not resumed.
        `config`: templates, and the fields of clipgrpc.v1.ClassifyStreamConfig, such as top_k, smoothing, drop_policy.
        """
        failed: list[Exception] = []
        requests = async_frames_of if isinstance(frames, AsyncIterable) else frames_of
        messages = requests(_stream_config(labels, **config), frames, failed)
        call = self._method("ClassifyStream")(messages, timeout=timeout)
        try:
            async for response in call:
                yield Classification.read(response)
        except grpc.RpcError as error:
            raise (failed or [ClipError.from_call(error)])[0] from None
        except asyncio.CancelledError as error:  # By the caller, or by gRPC because the frames failed.
            raise (failed or [error])[0] from None
        finally:
            call.cancel()

    async def close(self) -> None:
        await self.channel.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    async def _attempt(self, method: str, request: Any, timeout: float) -> Any:
        return await self._method(method)(request, timeout=timeout)

    async def _all(self, operations: Iterator[Coroutine[Any, Any, None]]) -> None:
        # In a thread, because reading files and converting pixels would block the event loop.
        while some := await asyncio.to_thread(lambda: list(islice(operations, _CONCURRENT_CALLS))):
            await asyncio.gather(*some)


def _blocking(
    of: Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Client, P], T]:
    """The method of the client for asyncio as a method of the blocking one."""

    @functools.wraps(of)
    def method(self: Any, *args: P.args, **named: P.kwargs) -> T:
        return _run(of(self, *args, **named))

    return method


def _run(operation: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine whose primitives block, so that it never yields."""
    try:
        operation.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a primitive of the blocking client awaited")


class Client(_Connection):
    """`AsyncClient` for code without asyncio, with the same methods. Thread-safe."""

    _grpc = grpc
    list_models = _blocking(AsyncClient.list_models)
    embed_images = _blocking(AsyncClient.embed_images)
    embed_texts = _blocking(AsyncClient.embed_texts)
    classify = _blocking(AsyncClient.classify)
    rank = _blocking(AsyncClient.rank)

    def classify_stream(
        self, frames: Iterable[ImageSource], labels: Sequence[str], *, timeout: float | None = None, **config: Any
    ) -> Iterator[Classification]:
        """As AsyncClient.classify_stream."""
        failed: list[Exception] = []
        messages = frames_of(_stream_config(labels, **config), frames, failed)
        call = self._method("ClassifyStream")(messages, timeout=timeout)
        try:
            yield from map(Classification.read, call)
        except grpc.RpcError as error:
            raise (failed or [ClipError.from_call(error)])[0] from None
        finally:
            call.cancel()

    def close(self) -> None:
        self.channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    async def _attempt(self, method: str, request: Any, timeout: float) -> Any:
        return self._method(method)(request, timeout=timeout)

    async def _sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def _all(self, operations: Iterator[Coroutine[Any, Any, None]]) -> None:
        with ThreadPoolExecutor(_CONCURRENT_CALLS) as pool:
            while some := list(islice(operations, _CONCURRENT_CALLS)):
                list(pool.map(_run, some))


def _stream_config(labels: Sequence[str], templates: Sequence[str] = (), **fields: Any) -> Any:
    return clip_pb2.ClassifyStreamConfig(label_set=_label_set(labels, templates), **fields)


def _label_set(labels: Sequence[str], templates: Sequence[str]) -> clip_pb2.LabelSet:
    return clip_pb2.LabelSet(labels=several(labels), templates=several(templates))


def _text_input(text: str) -> clip_pb2.Input:
    return clip_pb2.Input(text=text)


def _image_input(image: ImageSource) -> clip_pb2.Input:
    return clip_pb2.Input(image=to_image(image))


def _any_input(source: str | ImageSource) -> clip_pb2.Input:
    return _text_input(source) if isinstance(source, str) else _image_input(source)


def _vector(result: clip_pb2.EmbedResult) -> np.ndarray[Any, Any]:
    half = result.embedding.values_float16
    return np.frombuffer(half, "<f2") if half else np.array(result.embedding.values, np.float32)


def _read(path: str | None) -> bytes | None:
    return Path(path).read_bytes() if path else None
