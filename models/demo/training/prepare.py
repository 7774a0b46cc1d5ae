"""Collects and rasterises all drawings. About 1 minute on 2 cores.

Reads the packages under $DEMO_ROOT and writes to $DEMO_ROOT/prepared:
    items.json    what is known of each drawing (see collect.py)
    emoji.json    what is known of each emoji, by its code points
    images.npy    uint8 [drawings, 112, 112, 4], RGBA, premultiplied (1 GB)
"""

import collections
import io
import json
import multiprocessing
import pathlib
import signal

import cairo
import gi
import numpy as np
from PIL import Image

import folders
from collect import Collector

gi.require_version("Rsvg", "2.0")
from gi.repository import Rsvg  # noqa: E402  (the version must be chosen first)

SIZE = 112
SUPERSAMPLING = 2
SVG_MARGIN = 6
PNG_MARGIN = 3
SECONDS_PER_DRAWING = 8
WORKERS = 2


def rasterise_svg(data):
    """An SVG, centred with a margin, drawn at twice the size and averaged."""
    handle = Rsvg.Handle.new_from_data(data)
    known, width, height = handle.get_intrinsic_size_in_pixels()
    if not known or width <= 0 or height <= 0:
        width = height = 100
    size = SIZE * SUPERSAMPLING
    scale = (size - 2 * SVG_MARGIN) / max(width, height)
    surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, size, size)
    viewport = Rsvg.Rectangle()
    viewport.width, viewport.height = width * scale, height * scale
    viewport.x, viewport.y = (size - viewport.width) / 2, (size - viewport.height) / 2
    handle.render_document(cairo.Context(surface), viewport)
    surface.flush()
    pixels = np.ndarray((size, size, 4), np.uint8, bytes(surface.get_data())).astype(np.float32)
    pixels = pixels.reshape(SIZE, SUPERSAMPLING, SIZE, SUPERSAMPLING, 4).mean((1, 3))
    blue_green_red_alpha_to_rgba = [2, 1, 0, 3]
    return pixels[..., blue_green_red_alpha_to_rgba].round().astype(np.uint8)


def rasterise_png(data):
    """An opaque picture is cropped to a square; any other is cut to what is visible and centred."""
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    width, height = image.size
    if np.asarray(image)[..., 3].min() > 250:
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        square = image.crop((left, top, left + side, top + side))
        return np.asarray(square.resize((SIZE, SIZE), Image.LANCZOS)).copy()
    visible = image.getchannel("A").getbbox()
    if visible:
        image = image.crop(visible)
    scale = (SIZE - 2 * PNG_MARGIN) / max(image.size)
    image = image.resize([max(1, round(side * scale)) for side in image.size], Image.LANCZOS)
    canvas = Image.new("RGBA", (SIZE, SIZE), (0, 0, 0, 0))
    canvas.paste(image, ((SIZE - image.width) // 2, (SIZE - image.height) // 2))
    pixels = np.asarray(canvas).astype(np.float32)
    pixels[..., :3] *= pixels[..., 3:] / 255
    return pixels.round().astype(np.uint8)


def on_alarm(signal_number, frame):
    raise TimeoutError(f"took longer than {SECONDS_PER_DRAWING} s")


def rasterise(drawing):
    """The pixels of a drawing, or the reason why there are none."""
    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(SECONDS_PER_DRAWING)
    try:
        if "svg" in drawing:
            svg = drawing["svg"]
            return rasterise_svg((svg.replace("currentColor", "#000") if drawing["mono"] else svg).encode())
        data = pathlib.Path(drawing["file"]).read_bytes()
        return rasterise_svg(data) if drawing["file"].endswith(".svg") else rasterise_png(data)
    except Exception as error:
        # Of 20,000 drawings by hundreds of people some are broken. They are left out, and counted.
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)


def is_blank(pixels):
    alpha = pixels[..., 3]
    return alpha.max() < 40 or (alpha > 20).mean() < 0.01


def main():
    collector = Collector()
    collector.collect()
    drawings = collector.drawings
    print(f"{len(drawings)} drawings, {len(collector.emoji)} emoji", flush=True)

    folders.PREPARED.mkdir(parents=True, exist_ok=True)
    items, images = [], []
    left_out = collections.Counter()
    with multiprocessing.Pool(WORKERS) as pool:
        for drawing, pixels in zip(drawings, pool.imap(rasterise, drawings, chunksize=64)):
            if isinstance(pixels, str) or is_blank(pixels):
                left_out[drawing["source"]] += 1
                continue
            images.append(pixels)
            items.append({key: value for key, value in drawing.items() if key not in ("svg", "file")})
            if len(items) % 2000 == 0:
                print(f"{len(items)} rasterised", flush=True)

    np.save(folders.PREPARED / "images.npy", np.stack(images))
    (folders.PREPARED / "items.json").write_text(json.dumps(items), "utf-8")
    (folders.PREPARED / "emoji.json").write_text(json.dumps(collector.emoji), "utf-8")
    print(f"kept {len(items)}: {dict(collections.Counter(item['source'] for item in items))}")
    print(f"left out as broken or blank: {dict(left_out)}")


if __name__ == "__main__":
    main()
