"""Images in all the forms that a program has them in, as messages."""

from __future__ import annotations

import os
from typing import Any, Union

import numpy as np

from .v1 import clip_pb2

#: A path, the bytes of an image file, an array of uint8 ([h, w], [h, w, 3] RGB or [h, w, 4] RGBA), or a PIL image.
ImageSource = Union[str, "os.PathLike[str]", bytes, "np.ndarray[Any, Any]", Any]

_FORMATS = {1: clip_pb2.PIXEL_FORMAT_GRAY8, 3: clip_pb2.PIXEL_FORMAT_RGB24, 4: clip_pb2.PIXEL_FORMAT_RGBA32}


def to_image(source: ImageSource) -> clip_pb2.Image:
    """Raises OSError if a file cannot be read, and TypeError or ValueError for what is no image."""
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            return clip_pb2.Image(encoded=file.read())
    if isinstance(source, (bytes, bytearray, memoryview)):
        return clip_pb2.Image(encoded=bytes(source))
    if hasattr(source, "getbands"):
        source = _pixels(source)
    if not isinstance(source, np.ndarray):
        raise TypeError(f"an image is a path, bytes, a numpy array or a PIL image, not {type(source).__name__}")
    channels = 1 if source.ndim == 2 else source.shape[-1] if source.ndim == 3 else 0
    if source.dtype != np.uint8 or channels not in _FORMATS:
        raise ValueError(f"an array must be uint8 [h, w], [h, w, 3] or [h, w, 4], not {source.dtype} {source.shape}")
    height, width = source.shape[:2]
    raw = clip_pb2.RawImage(width=width, height=height, format=_FORMATS[channels], data=source.tobytes())
    return clip_pb2.Image(raw=raw)


def _pixels(image: Any) -> np.ndarray[Any, Any]:
    """Of a PIL image: the pixels as the server would decode them from its file, turned upright."""
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    transparent = "A" in image.getbands() or "transparency" in image.info
    return np.asarray(image.convert("RGBA" if transparent else "L" if image.mode in ("1", "L") else "RGB"))
