"""Compares the server's image preprocessing with Pillow's: every byte over a generated corpus, and damaged files.

    image_parity.py --loadtest PATH [--mutations 2000] [--seed 1] [--keep DIR] [--verbose]

PATH is the built loadtest.dll, whose hidden command `prepare` writes what the server's preprocessing makes of a
folder of files. Prints `ok - NAME` or `not ok - NAME` for each check.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import io
import multiprocessing
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import PIL
from PIL import Image, ImageOps

import image_corpus

SIZE = 224
MUTATION_SIZE = 48

# Where scans of a progressive JPEG are missing, versions of libjpeg-turbo smooth the blocks a little differently.
SMOOTHING = 4


# The filters beside bicubic, with what the shortest edge is resized to.
FILTERS = {"bilinear": 224, "lanczos": 224, "box": 256, "hamming": 300}


def resize_crop(image, size, name="bicubic", edge=None):
    edge = edge or size
    width, height = image.size
    if width <= height:
        scaled = edge, int(edge * height / width)
    else:
        scaled = int(edge * width / height), edge
    image = image.resize(scaled, Image.Resampling[name.upper()])
    left, top = (round((side - size) / 2) for side in scaled)
    return image.crop((left, top, left + size, top + size))


def reference(data, size, *resize):
    """Size × size × 3 bytes, or the exception with which Pillow refuses the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data))
            image.load()
            return resize_crop(upright(image).convert("RGB"), size, *resize).tobytes()
    except Exception as exception:
        return exception


def scalar_reference(path):
    """For another process, which takes no exception of Pillow's back."""
    result = reference(path.read_bytes(), MUTATION_SIZE)
    return Exception(str(result)) if isinstance(result, Exception) else result


def scalar_references(paths):
    """What Pillow makes of damaged files without vector instructions; {name: as of reference}.

    Damage can make coefficients that no encoder writes. What the inverse transform makes of them depends on the
    processor: vector instructions saturate where the others wrap around, so that Pillow itself has two results.
    """
    os.environ["JSIMD_FORCENONE"] = "1"
    try:
        with concurrent.futures.ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            return {path.name: result for path, result in zip(paths, pool.map(scalar_reference, paths, chunksize=50))}
    finally:
        del os.environ["JSIMD_FORCENONE"]


def is_smoothed_differently(data, expected, actual):
    difference = np.abs(np.frombuffer(expected, np.uint8).astype(int) - np.frombuffer(actual, np.uint8))
    return b"\xff\xc2" in data and difference.max() <= SMOOTHING


def upright(image):
    """As Pillow turns an image, but metadata that it cannot read does not count, as in the server."""
    try:
        if 0x112 not in image.getexif():
            # Pillow 9.4 reads XMP of PNG only, current versions that of JPEG and WebP too.
            match = re.search(rb'tiff:Orientation(="|>)([0-9])', xmp(image))
            if match:
                image.getexif()[0x112] = int(match[2])
    except (SyntaxError, TypeError, ValueError, struct.error):
        return image
    return ImageOps.exif_transpose(image)


def xmp(image):
    """The XMP packet of a JPEG or WebP."""
    name = b"http://ns.adobe.com/xap/1.0/\0"
    packets = [body[len(name):] for kind, body in getattr(image, "applist", ()) if body.startswith(name)]
    return packets[-1] if packets else image.info.get("xmp", b"")


def server(loadtest, folder, out, size, *options):
    """Prepares all files of a folder; returns {name: bytes or message}."""
    command = ["dotnet", str(loadtest), "prepare", str(folder), str(out), "--size", str(size), *options]
    subprocess.run(command, check=True)
    return {
        path.name.rpartition(".")[0]: path.read_bytes() if path.suffix == ".rgb" else path.read_text("utf-8")
        for path in pathlib.Path(out).iterdir()
    }


class Report:
    def __init__(self, verbose):
        self.verbose = verbose
        self.failures = 0

    def check(self, name, wrong):
        for line in wrong if self.verbose else wrong[:20]:
            print(f"#   {line}")
        if len(wrong) > 20 and not self.verbose:
            print(f"#   … and {len(wrong) - 20} more")
        print(f"{'not ok' if wrong else 'ok'} - images: {name}", flush=True)
        self.failures += bool(wrong)


# Intact files that the server treats differently on purpose: docs/guide/parity.md has each kind and its reason.
DIFFERENT_ON_PURPOSE = (
    r"^png-16bit-0-",  # 16-bit gray stays gray
    r"^png-exif-prefix",  # an eXIf chunk with the prefix of other formats is read
    r"^bmp-masks-(?!4444|bgr565|rgb10).*-56",  # the header of 56 bytes, which later versions of Pillow read
    r"^bmp-masks-(rgbx|rgba-40)",  # masks of whole bytes in any order
    r"^bmp-ramp-4",  # 16 grays in order, which Pillow takes for a byte each
)


# What Pillow 9.4 says of intact BMPs of those kinds. A mutation may make one.
UNKNOWN_TO_PILLOW = re.compile(r"Unsupported BMP (header type \((52|56)\)|bitfields layout)|codec configuration error")


def is_different_on_purpose(name):
    return any(re.search(pattern, name) for pattern in DIFFERENT_ON_PURPOSE)


def describe(expected, actual):
    if same(expected, actual):
        return "no longer different, but listed"
    if isinstance(actual, str):
        return f"the server refuses what Pillow accepts: {actual}"
    if isinstance(expected, Exception):
        return f"the server accepts what Pillow refuses: {expected!r}"
    difference = np.abs(np.frombuffer(expected, np.uint8).astype(int) - np.frombuffer(actual, np.uint8))
    return f"{np.count_nonzero(difference)} of {difference.size} bytes differ, by up to {difference.max()}"


def same(expected, actual):
    return isinstance(actual, str) if isinstance(expected, Exception) else expected == actual


def compare_corpus(report, loadtest, folder):
    files, out = folder / "corpus", folder / "corpus-out"
    files.mkdir()
    count = image_corpus.corpus(files)
    actual = server(loadtest, files, out, SIZE)
    by_form = collections.defaultdict(list)
    for path in sorted(files.iterdir()):
        expected = reference(path.read_bytes(), SIZE)
        form = path.suffix[1:]
        by_form[form]
        if same(expected, actual[path.name]) == is_different_on_purpose(path.name):
            by_form[form].append(f"{path.name}: {describe(expected, actual[path.name])}")
    print(f"# {count} files of the corpus")
    for form, wrong in by_form.items():
        report.check(f"{form} files of the corpus equal Pillow {PIL.__version__}", wrong)


def compare_filters(report, loadtest, folder):
    """All filters over noise of all sizes of the corpus."""
    files = folder / "resize"
    files.mkdir()
    for size in image_corpus.SIZES:
        image = image_corpus.picture("RGB", size, sum(size))
        (files / f"{size[0]}x{size[1]}.bmp").write_bytes(image_corpus.encode(image, "BMP"))
    for name, edge in FILTERS.items():
        actual = server(loadtest, files, folder / f"resize-{name}", SIZE, "--filter", name, "--edge", str(edge))
        wrong = []
        for path in sorted(files.iterdir()):
            expected = reference(path.read_bytes(), SIZE, name, edge)
            if not same(expected, actual[path.name]):
                wrong.append(f"{path.name}: {describe(expected, actual[path.name])}")
        report.check(f"{name} to {edge} pixels, cropped to {SIZE}, equals Pillow {PIL.__version__}", wrong)


def compare_mutations(report, loadtest, folder, count, seed):
    files, out = folder / "mutations", folder / "mutations-out"
    files.mkdir()
    intact = dict(image_corpus.bases())
    for name, data in intact.items():
        # The first and the last of all files: damage in between must not change what the intact ones become.
        (files / f"0-{name}").write_bytes(data)
        (files / f"z-{name}").write_bytes(data)
    for name, data in image_corpus.mutations(count, seed):
        (files / name).write_bytes(data)
    actual = server(loadtest, files, out, MUTATION_SIZE)
    wrong, different = [], []
    kinds = collections.defaultdict(collections.Counter)
    references = scalar_references(sorted(files.iterdir()))
    for path in sorted(files.iterdir()):
        expected, got = references[path.name], actual[path.name]
        form = path.suffix[1:]
        if isinstance(got, str):
            kinds[form]["both refuse" if isinstance(expected, Exception) else "only the server refuses"] += 1
        elif isinstance(expected, Exception) and form == "bmp" and UNKNOWN_TO_PILLOW.match(str(expected)):
            kinds[form]["of a kind that Pillow does not know"] += 1
        elif isinstance(expected, Exception):
            kinds[form]["ONLY PILLOW REFUSES"] += 1
            wrong.append(f"{path.name}: {describe(expected, got)}")
        elif expected == got:
            kinds[form]["equal"] += 1
        elif form == "jpg" and is_smoothed_differently(path.read_bytes(), expected, got):
            kinds[form]["without all scans, smoothed differently"] += 1
        else:
            kinds[form]["DIFFERENT"] += 1
            different.append(f"{path.name}: {describe(expected, got)}")
    for form, counts in sorted(kinds.items()):
        print(f"# {form}: " + ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())))
    report.check(f"no embedding of {count} damaged files where Pillow refuses", wrong)
    report.check("damaged files that both accept are equal", different)
    changed = [
        name for name, data in intact.items()
        for place in "0z" if actual[f"{place}-{name}"] != reference(data, MUTATION_SIZE)
    ]
    report.check("intact files before and after the damaged ones equal Pillow", changed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loadtest", type=pathlib.Path, required=True)
    parser.add_argument("--mutations", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1, help="of the mutations")
    parser.add_argument("--keep", type=pathlib.Path, help="a new folder for the files, which then stay")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    report = Report(arguments.verbose)
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        if arguments.keep:
            shutil.rmtree(arguments.keep, ignore_errors=True)
            arguments.keep.mkdir(parents=True)
            folder = arguments.keep
        else:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        compare_corpus(report, arguments.loadtest, folder)
        compare_filters(report, arguments.loadtest, folder)
        compare_mutations(report, arguments.loadtest, folder, arguments.mutations, arguments.seed)
    print(f"# {time.monotonic() - start:.0f} s")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
