"""Prepares images with Pillow as CLIP's reference does, one thread, for `loadtest compare --what pillow`.

    pillow_loop.py files|pixels SIZE FOLDER

Each line on stdin is a time in seconds: images are prepared for that long, and the rate (images a second) is
printed. `files` starts from the bytes of the JPEGs, `pixels` from decoded images.
"""
import io
import itertools
import pathlib
import sys
import time

from PIL import Image


def decode(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def resize_crop(image, size):
    width, height = image.size
    if width <= height:
        scaled = size, int(size * height / width)
    else:
        scaled = int(size * width / height), size
    image = image.resize(scaled, Image.BICUBIC, reducing_gap=None)
    left, top = (round((side - size) / 2) for side in scaled)
    return image.crop((left, top, left + size, top + size))


def main(work, size, folder):
    size = int(size)
    files = [path.read_bytes() for path in sorted(pathlib.Path(folder).iterdir())]
    if work == "files":
        steps = [lambda data=data: resize_crop(decode(data), size) for data in files]
    else:
        steps = [lambda image=decode(data): resize_crop(image, size) for data in files]
    for line in sys.stdin:
        seconds = float(line)
        start = time.perf_counter()
        for count, step in enumerate(itertools.cycle(steps), 1):
            step()
            elapsed = time.perf_counter() - start
            if elapsed >= seconds:
                break
        print(count / elapsed, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
