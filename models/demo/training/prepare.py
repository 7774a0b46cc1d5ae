"""Collects and rasterises all drawings, most of them in several styles. About 4 minutes on 2 cores.

Reads the packages under $DEMO_ROOT and writes to $DEMO_ROOT/prepared:
    items.json    what is known of each drawing (see collect.py)
    emoji.json    what is known of each emoji, by its code points
    images.npy    uint8 [pictures, 112, 112, 4], RGBA, premultiplied (2.5 GB): first each drawing as it is, in the
                  order of items.json, then the other styles of them (variants.py)
"""

import collections
import io
import json
import multiprocessing
import pathlib
import random
import signal

import cairo
import gi
import numpy as np
from PIL import Image

import folders
import variants
from collect import HELD_OUT_STYLE, STAMPS, Collector

gi.require_version("Rsvg", "2.0")
from gi.repository import Rsvg  # noqa: E402  (the version must be chosen first)

SIZE = 112
SUPERSAMPLING = 2
SVG_MARGIN = 6
PNG_MARGIN = 6
SECONDS_PER_DRAWING = 8
WORKERS = 2


def draw_svg(data):
    """An SVG, centred with a margin, at twice the size: uint8 [2 S, 2 S, 4], premultiplied RGBA."""
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
    blue_green_red_alpha_to_rgba = [2, 1, 0, 3]
    return np.ndarray((size, size, 4), np.uint8, bytes(surface.get_data()))[..., blue_green_red_alpha_to_rgba]


def draw_png(data):
    """An opaque picture is cropped to a square; any other is cut to what is visible and centred. As draw_svg."""
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    width, height = image.size
    size = SIZE * SUPERSAMPLING
    if np.asarray(image)[..., 3].min() > 250:
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        square = image.crop((left, top, left + side, top + side))
        return np.asarray(square.resize((size, size), Image.LANCZOS)).copy()
    visible = image.getchannel("A").getbbox()
    if visible:
        image = image.crop(visible)
    scale = (size - 2 * PNG_MARGIN) / max(image.size)
    image = image.resize([max(1, round(side * scale)) for side in image.size], Image.LANCZOS)
    canvas = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    canvas.paste(image, ((size - image.width) // 2, (size - image.height) // 2))
    pixels = np.asarray(canvas).astype(np.float32)
    pixels[..., :3] *= pixels[..., 3:] / 255
    return pixels.round().astype(np.uint8)


def shrink(pixels):
    """From the size of drawing to the size of keeping."""
    pixels = pixels.astype(np.float32).reshape(SIZE, SUPERSAMPLING, SIZE, SUPERSAMPLING, 4)
    return pixels.mean((1, 3)).round().astype(np.uint8)


def on_alarm(signal_number, frame):
    raise TimeoutError(f"took longer than {SECONDS_PER_DRAWING} s")


def draw(drawing, variant):
    """The pixels of a drawing in one variant, or None where the drawing cannot have it."""
    rng = random.Random(f"{drawing['source']} {drawing['concept']} {variant}")
    if "svg" in drawing:
        svg = drawing["svg"].replace("currentColor", "#000") if drawing["mono"] else drawing["svg"]
        if variant in ("outlined", "lines"):
            svg = variants.outlined(svg, rng, white=variant == "lines")
        return shrink(draw_svg(svg.encode())) if svg else None
    data = pathlib.Path(drawing["file"]).read_bytes()
    pixels = draw_svg(data) if drawing["file"].endswith(".svg") else draw_png(data)
    return shrink(variants.inked(pixels, rng) if variant == "inked" else pixels)


def rasterise(task):
    """The pixels of a drawing in one variant, or the reason why there are none."""
    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(SECONDS_PER_DRAWING)
    try:
        return draw(*task)
    except Exception as error:
        # Of 20,000 drawings by hundreds of people some are broken. They are left out, and counted.
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)


def variants_of(drawing):
    """The further styles that a drawing is trained with. What is only measured on has none."""
    if drawing["mono"] or drawing["source"] in (HELD_OUT_STYLE, STAMPS):
        return ()
    if "file" in drawing:
        return ("inked",)
    return ("outlined", "lines") if "emoji" in drawing else ("outlined",)


def is_unusable(pixels):
    """Whether nothing was drawn, or next to nothing."""
    if not isinstance(pixels, np.ndarray):
        return True
    alpha = pixels[..., 3]
    return alpha.max() < 40 or (alpha > 20).mean() < 0.01


def main():
    collector = Collector()
    collector.collect()
    drawings = collector.drawings
    print(f"{len(drawings)} drawings, {len(collector.emoji)} emoji", flush=True)

    folders.PREPARED.mkdir(parents=True, exist_ok=True)
    kept, items, images = [], [], []
    left_out = collections.Counter()
    with multiprocessing.Pool(WORKERS) as pool:
        tasks = [(drawing, "plain") for drawing in drawings]
        for drawing, pixels in zip(drawings, pool.imap(rasterise, tasks, chunksize=64)):
            if is_unusable(pixels):
                left_out[drawing["source"]] += 1
                continue
            images.append(pixels)
            kept.append(drawing)
            items.append({key: value for key, value in drawing.items() if key not in ("svg", "file")} | {"variants": []})
        print(f"{len(items)} drawings rasterised", flush=True)

        tasks = [(i, variant) for i, drawing in enumerate(kept) for variant in variants_of(drawing)]
        drawn = pool.imap(rasterise, [(kept[i], variant) for i, variant in tasks], chunksize=64)
        for (i, variant), pixels in zip(tasks, drawn):
            if not is_unusable(pixels):
                items[i]["variants"].append(len(images))
                images.append(pixels)
        print(f"{len(images) - len(items)} variants rasterised", flush=True)

    np.save(folders.PREPARED / "images.npy", np.stack(images))
    (folders.PREPARED / "items.json").write_text(json.dumps(items), "utf-8")
    (folders.PREPARED / "emoji.json").write_text(json.dumps(collector.emoji), "utf-8")
    print(f"kept {len(items)}: {dict(collections.Counter(item['source'] for item in items))}")
    print(f"left out as broken or blank: {dict(left_out)}")


if __name__ == "__main__":
    main()
