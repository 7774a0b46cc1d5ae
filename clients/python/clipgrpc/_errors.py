"""The errors of calls and of single items, decoded from google.rpc's details."""

from __future__ import annotations

import random
import re
from typing import Any, Iterable

import grpc
from google.protobuf.message import DecodeError

from .google_rpc import error_details_pb2, status_pb2

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_ATTEMPTS_WITHOUT_HINT = 4


class ClipError(Exception):
    """A call or an item that failed. Branch on `reason`, then on `code`; the message is for people.

    reason       Name of a clipgrpc.v1.ErrorReason; empty if the error is not the server's, as of a broken connection.
    metadata     Depends on the reason: "model", "limit", "value" and others.
    field        Path of the field that is not valid, such as `inputs[3].image`, or empty.
    retry_after  Seconds after which the same call can succeed, or None.
    may_retry    False if the server forbids the retry of a code that is otherwise worth one.
    request_id   Also in the server's log; empty for items.
    """

    def __init__(self, code: grpc.StatusCode, message: str, details: Iterable[Any] = (), trailers: Any = {}) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message
        self.reason, self.field, self.metadata = "", "", dict[str, str]()
        self.request_id = trailers.get("x-request-id", "")
        pushback = trailers.get("grpc-retry-pushback-ms", "")
        self.may_retry = not pushback or pushback.isdecimal()  # Negative and malformed values forbid it.
        self.retry_after = int(pushback) / 1000 if pushback.isdecimal() else None
        for detail in details:
            self._read(detail)

    def _read(self, detail: Any) -> None:
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        retry, request = error_details_pb2.RetryInfo(), error_details_pb2.RequestInfo()
        if detail.Unpack(info) and info.domain == "clipgrpc":
            self.reason, self.metadata = info.reason, dict(info.metadata)
        elif detail.Unpack(bad) and bad.field_violations:
            self.field = bad.field_violations[0].field
        elif detail.Unpack(retry):
            self.retry_after = retry.retry_delay.ToTimedelta().total_seconds()
        elif detail.Unpack(request):
            self.request_id = request.request_id

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}"

    @classmethod
    def from_call(cls, error: Any) -> ClipError:
        trailers = dict(list(error.trailing_metadata() or ()))
        try:
            details = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b"")).details
        except DecodeError:  # A proxy wrote it; the code and the message are still right.
            details = ()
        return cls(error.code(), error.details() or "", details, trailers)

    @classmethod
    def from_status(cls, status: Any, position: int = 0, index: int = 0) -> ClipError:
        """The error of the item at `position` in its call, which is `index` among the caller's items."""
        error = cls(_CODES.get(status.code, grpc.StatusCode.UNKNOWN), status.message, status.details)
        path = re.compile(rf"\b(inputs|images|candidates)\[{position}\]")
        error.field, error.message = (path.sub(rf"\g<1>[{index}]", text) for text in (error.field, error.message))
        return error

    def wait(self, attempt: int) -> float | None:
        """Seconds to wait after this attempt (1 is the first) before the next; None if there should be none."""
        backoff = min(5.0, 0.2 * 2 ** (attempt - 1)) * random.uniform(0.5, 1)
        if self.may_retry and self.code is grpc.StatusCode.UNAVAILABLE:
            return max(backoff, self.retry_after or 0)
        if self.may_retry and self.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return self.retry_after or (backoff if attempt < _ATTEMPTS_WITHOUT_HINT else None)
        return None
