"""Image files of every kind that the server accepts, made with a fixed seed: corpus(folder) writes them."""

import io
import pathlib
import random
import struct
import zlib

import numpy as np
from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
SIZES = [(1, 1), (2, 3), (7, 5), (17, 16), (61, 43), (224, 224), (225, 223), (400, 3), (3, 400), (320, 240), (517, 389)]
TYPES = {"byte": 1, "ascii": 2, "short": 3, "long": 4, "rational": 5, "sbyte": 6, "undefined": 7, "sshort": 8,
         "slong": 9, "float": 11, "double": 12}


def pixels(width, height, channels, seed):
    """A smooth image with noise, so that lossy formats have something to do."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range(channels):
        a, b, phase = generator.uniform(0.01, 0.2, 3)
        planes.append(127 + 100 * np.sin(a * x + b * y + 10 * phase) + generator.normal(0, 12, (height, width)))
    values = np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)
    return values[..., 0] if channels == 1 else values


def picture(mode, size, seed):
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}
    if mode == "1":
        return Image.fromarray(pixels(*size, 1, seed)).convert("1")
    if mode == "P":
        return Image.fromarray(pixels(*size, 3, seed)).quantize(64)
    return Image.fromarray(pixels(*size, channels[mode], seed), mode)


def encode(image, form, **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def tiff(orientation, kind="short", endian=">", count=1, before=(), next_directory=0, entries=None):
    """A TIFF of one directory that has an orientation."""
    entry = {
        "byte": lambda: struct.pack("B", orientation & 255), "ascii": lambda: b"%d\0" % orientation,
        "short": lambda: struct.pack(endian + "H", orientation & 0xFFFF),
        "long": lambda: struct.pack(endian + "L", orientation),
        "sbyte": lambda: struct.pack("b", orientation), "undefined": lambda: struct.pack("B", orientation),
        "sshort": lambda: struct.pack(endian + "h", orientation), "slong": lambda: struct.pack(endian + "l", orientation),
        "float": lambda: struct.pack(endian + "f", orientation),
        "double": lambda: struct.pack(endian + "d", orientation),
        "rational": lambda: struct.pack(endian + "LL", orientation * 2, 2),
    }[kind]()
    rows = [*before, (0x112, TYPES[kind], count, entry)]
    tail_at = 8 + 2 + 12 * len(rows) + 4
    table, tail = b"", b""
    for tag, number, length, data in rows:
        if len(data) > 4:
            value, tail = struct.pack(endian + "L", tail_at + len(tail)), tail + data
        else:
            value = data.ljust(4, b"\0")
        table += struct.pack(endian + "HHL", tag, number, length) + value
    order = b"MM" if endian == ">" else b"II"
    return (order + struct.pack(endian + "HL", 42, 8)
            + struct.pack(endian + "H", len(rows) if entries is None else entries) + table
            + struct.pack(endian + "L", next_directory) + tail)


def segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg_with(jpeg, *segments):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def chunk(kind, data):
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def png(width, height, depth, color, rows, *chunks, interlace=0, after=()):
    header = struct.pack(">LLBBBBB", width, height, depth, color, 0, 0, interlace)
    body = b"".join(b"\0" + row for row in rows)
    return (PNG_SIGNATURE + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IDAT", zlib.compress(body))
            + b"".join(after) + chunk(b"IEND", b""))


def png_with(data, *chunks, last=False):
    """Chunks behind the header, or before the end."""
    at = len(data) - 12 if last else 33
    return data[:at] + b"".join(chunks) + data[at:]


def adam7(values):
    """The rows of an interlaced 8-bit image [height, width, channels]."""
    rows = []
    for x, y, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        part = values[y::dy, x::dx]
        rows += [row.tobytes() for row in part if row.size]
    return rows


def webp_with(data, kind, body, flag):
    """A WebP with one more chunk; a simple file becomes an extended one."""
    if data[12:16] != b"VP8X":
        image = Image.open(io.BytesIO(data))
        alpha = 16 if image.mode == "RGBA" else 0
        size = b"".join(struct.pack("<L", side - 1)[:3] for side in image.size)
        data = data[:12] + b"VP8X" + struct.pack("<LL", 10, alpha) + size + data[12:]
    data = bytearray(data)
    data[20] |= flag
    data += kind + struct.pack("<L", len(body)) + body + b"\0" * (len(body) % 2)
    data[4:8] = struct.pack("<L", len(data) - 8)
    return bytes(data)


def xmp(orientation, element=False):
    if element:
        body = f"<rdf:Description><tiff:Orientation>{orientation}</tiff:Orientation></rdf:Description>"
    else:
        body = f'<rdf:Description tiff:Orientation="{orientation}"/>'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>{body}</rdf:RDF></x:xmpmeta>'.encode()


def raw_profile(data, name=b"exif"):
    """A profile as ImageMagick writes it: its name, its length and hexadecimal digits in lines of 72."""
    digits = data.hex().encode()
    lines = b"\n".join(digits[i:i + 72] for i in range(0, len(digits), 72))
    return b"\n" + name + b"\n" + b"%8d" % len(data) + b"\n" + lines + b"\n"


def gif_frame(image, at=(0, 0), local=None, transparency=None, disposal=0, interlace=False, extra=b""):
    """One image block of a GIF, from a P image; `local` is a palette."""
    plain = encode(Image.fromarray(np.asarray(image), "L"), "GIF", interlace=interlace, optimize=False)
    start = plain.index(b"\x2c\0\0\0\0", 13 + 3 * 256)
    descriptor = plain[start:start + 10]
    flags = descriptor[9] & 0x40
    if local is not None:
        flags |= 0x80 | ((len(local) // 3).bit_length() - 2)
    control = b""
    if transparency is not None or disposal:
        control = bytes([0x21, 0xF9, 4, disposal << 2 | (transparency is not None), 0, 0, transparency or 0, 0])
    block = plain[start + 10:-1]
    if descriptor[9] & 0x80:
        block = plain[start + 10 + (3 << ((descriptor[9] & 7) + 1)):-1]
    return control + extra + b"\x2c" + struct.pack("<HH", *at) + descriptor[5:9] + bytes([flags]) + (local or b"") + block


def gif(canvas, *frames, palette=None, background=0, version=b"89a"):
    flags = 0x70 | (0x80 | ((len(palette) // 3).bit_length() - 2) if palette else 0)
    return (b"GIF" + version + struct.pack("<HHBBB", *canvas, flags, background, 0) + (palette or b"")
            + b"".join(frames) + b";")


def bmp(width, height, bits, rows, palette=b"", compression=0, masks=b"", header=40, top_down=False, colors=0,
        data=None):
    body = b"".join(row + b"\0" * (-len(row) % 4) for row in (rows if top_down else rows[::-1])) if data is None else data
    if header == 12:
        info = struct.pack("<LHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<LlllHHLLllLL"[:1] + "LllHHLLllLL", header, width, -height if top_down else height, 1, bits,
                           compression, len(body), 2835, 2835, colors, 0)
        if header > 40:
            info += masks.ljust(header - 40, b"\0")
            masks = b""
    offset = 14 + len(info) + len(masks) + len(palette)
    return b"BM" + struct.pack("<LHHL", offset + len(body), 0, 0, offset) + info + masks + palette + body


def jpeg_with_restarts(channels, width, rows, seed, marks=None):
    """A baseline JPEG of one restart interval for each row of blocks, put together from JPEGs of one row each."""
    values = pixels(width, rows * 8, channels, seed)
    strips = [encode(Image.fromarray(values[y:y + 8]), "JPEG", quality=85, subsampling=0)
              for y in range(0, rows * 8, 8)]
    scan = strips[0].index(b"\xff\xda")
    start = scan + 2 + int.from_bytes(strips[0][scan + 2:scan + 4], "big")
    header = bytearray(strips[0][:start])
    frame = header.index(b"\xff\xc0")
    header[frame + 5:frame + 7] = struct.pack(">H", rows * 8)
    header[scan:scan] = segment(0xDD, struct.pack(">H", (width + 7) // 8))
    marks = [0xD0 + i % 8 for i in range(rows - 1)] if marks is None else marks
    body = strips[0][start:-2]
    for mark, strip in zip(marks, strips[1:]):
        body += bytes([0xFF, mark]) + strip[start:-2]
    return bytes(header) + body + b"\xff\xd9"


def jpegs():
    for number, size in enumerate(SIZES):
        for subsampling in (0, 1, 2):
            yield f"s{subsampling}-{size[0]}x{size[1]}", encode(
                picture("RGB", size, number), "JPEG", quality=85, subsampling=subsampling)
        yield f"progressive-{size[0]}x{size[1]}", encode(picture("RGB", size, number), "JPEG", progressive=True)
        yield f"gray-{size[0]}x{size[1]}", encode(picture("L", size, number), "JPEG", progressive=number % 2 == 1)
        yield f"cmyk-{size[0]}x{size[1]}", encode(picture("CMYK", size, number), "JPEG")
    base = encode(picture("RGB", (160, 120), 50), "JPEG", quality=90)
    for quality in (1, 30, 75, 100):
        yield f"quality-{quality}", encode(picture("RGB", (97, 81), quality), "JPEG", quality=quality)
    yield "optimized", encode(picture("RGB", (97, 81), 3), "JPEG", optimize=True)
    cmyk = encode(picture("CMYK", (120, 90), 51), "JPEG")
    adobe = cmyk.index(b"Adobe")
    for transform in (0, 1, 2):
        changed = bytearray(cmyk)
        changed[adobe + 11] = transform
        yield f"cmyk-transform-{transform}", bytes(changed)
    plain = encode(picture("RGB", (120, 90), 52), "JPEG", subsampling=0)
    for transform in (0, 1):
        yield f"adobe-rgb-{transform}", jpeg_with(
            plain.replace(b"JFIF", b"XXXX"), segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, transform)))
    yield "no-jfif", plain[:2] + plain[20:]
    yield "two-ends", base + base
    yield "junk-behind", base + b"junk" * 9
    for channels in (1, 3):
        yield f"restarts-{channels}", jpeg_with_restarts(channels, 90, 12, channels)
        for name, marks in {"missing": [0xD0, 0xD1, 0xD3, 0xD4], "again": [0xD0, 0xD1, 0xD1, 0xD2, 0xD3],
                            "old": [0xD0, 0xD1, 0xD7, 0xD2], "far": [0xD0, 0xD5, 0xD1], "other": [0xD0, 0x45, 0xD1],
                            "segment": [0xD0, 0xE3, 0xD1], "image": [0xD0, 0xD8, 0xD1], "end": [0xD0, 0xD9, 0xD1],
                            "scan": [0xD0, 0xDA], "frame": [0xD0, 0xC0], "unknown": [0xD0, 0xF3]}.items():
            yield f"restarts-{channels}-{name}", jpeg_with_restarts(channels, 90, 6, channels, marks)
    xmp_segment = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(6))
    yield "xmp", jpeg_with(base, xmp_segment)
    yield "xmp-element", jpeg_with(base, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(6, True)))
    yield "xmp-behind-exif-without-orientation", jpeg_with(
        base, segment(0xE1, b"Exif\0\0" + tiff(3).replace(b"\1\x12", b"\1\x13")), xmp_segment)
    yield "no-end", base[:-2]
    yield "end-only", base[:len(base) // 2] + b"\xff\xd9"
    yield "thumbnail", jpeg_with(base, segment(0xE1, b"Exif\0\0" + tiff(6) + encode(picture("RGB", (16, 16), 1), "JPEG")))
    yield from orientations(lambda exif: jpeg_with(base, segment(0xE1, b"Exif\0\0" + exif)))
    yield "exif-without-second-zero", jpeg_with(base, segment(0xE1, b"Exif\0" + tiff(6)))
    yield "exif-odd-pad", jpeg_with(base, segment(0xE1, b"Exif\0\xff" + tiff(6)))
    yield "exif-second", jpeg_with(base, segment(0xE1, b"Exif\0\0" + tiff(3)), segment(0xE1, b"Exif\0\0" + tiff(6)))
    yield "exif-empty-first", jpeg_with(base, segment(0xE1, b"Exif\0\0"), segment(0xE1, b"Exif\0\0" + tiff(6)))
    yield "exif-after-xmp", jpeg_with(
        base, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(3)), segment(0xE1, b"Exif\0\0" + tiff(6)))
    yield "exif-before-end", base[:-2] + segment(0xE1, b"Exif\0\0" + tiff(6)) + base[-2:]


def orientations(wrap):
    for orientation in range(0, 10):
        for endian in "<>":
            order = "le" if endian == "<" else "be"
            yield f"orientation-{orientation}-{order}", wrap(tiff(orientation, endian=endian))
    for kind in TYPES:
        for endian in "<>":
            yield f"orientation-6-{kind}-{'le' if endian == '<' else 'be'}", wrap(tiff(6, kind, endian))
    yield "orientation-two-values", wrap(tiff(6 << 16 | 3, "long", ">")[:14] + b"\0\3" + struct.pack(">L", 2)
                                         + struct.pack(">HH", 6, 3) + bytes(4))
    before = [(0x10F, 2, 9, b"A camera\0"), (0x110, 2, 3, b"xy\0")]
    yield "orientation-third-entry", wrap(tiff(6, before=before))
    yield "orientation-unknown-type-before", wrap(tiff(6, before=[(0x112, 77, 1, b"\0\3\0\0")]))
    yield "orientation-twice", wrap(tiff(6, before=[(0x112, 3, 1, b"\0\3")]))
    yield "orientation-huge-value-before", wrap(tiff(6, before=[(0x10F, 2, 1 << 30, b"abcd")]))
    yield "orientation-more-entries-than-bytes", wrap(tiff(6, entries=900))
    yield "orientation-cut", wrap(tiff(6)[:20])
    yield "orientation-count-0", wrap(tiff(6, count=0))
    yield "tiff-bad-order", wrap(b"XX" + tiff(6)[2:])
    yield "tiff-bad-magic", wrap(tiff(6)[:2] + b"\0\x2b" + tiff(6)[4:])
    yield "tiff-offset-behind-end", wrap(tiff(6)[:4] + struct.pack(">L", 5000) + tiff(6)[8:])
    yield "tiff-short", wrap(b"MM\0")


def pngs():
    generator = np.random.default_rng(7)
    for number, size in enumerate(SIZES):
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
            yield f"{mode.lower()}-{size[0]}x{size[1]}", encode(picture(mode, size, number), "PNG")
    width, height = 61, 43
    for color, channels in ((0, 1), (2, 3), (4, 2), (6, 4)):
        values = generator.integers(0, 256, (height, width, channels), np.uint8)
        yield f"interlaced-{color}", png(width, height, 8, color, adam7(values), interlace=1)
        for name, rows in (("noise", generator.integers(0, 65536, (height, width * channels)).astype(">u2")),
                           ("dark", generator.integers(0, 300, (height, width * channels)).astype(">u2"))):
            yield f"16bit-{color}-{name}", png(width, height, 16, color, [row.tobytes() for row in rows])
    for depth in (1, 2, 4, 8):
        row_bytes = (width * depth + 7) // 8
        rows = [generator.bytes(row_bytes) for _ in range(height)]
        yield f"gray-depth-{depth}", png(width, height, depth, 0, rows)
        yield f"gray-trns-depth-{depth}", png(width, height, depth, 0, rows, chunk(b"tRNS", b"\0\1"))
        palette = generator.bytes(3 << depth)
        yield f"palette-depth-{depth}", png(width, height, depth, 3, rows, chunk(b"PLTE", palette))
        yield f"palette-trns-depth-{depth}", png(
            width, height, depth, 3, rows, chunk(b"PLTE", palette), chunk(b"tRNS", generator.bytes(1 << depth)))
        yield f"palette-one-trns-depth-{depth}", png(
            width, height, depth, 3, rows, chunk(b"PLTE", palette), chunk(b"tRNS", b"\xff\0"))
        yield f"palette-short-depth-{depth}", png(width, height, depth, 3, rows, chunk(b"PLTE", palette[:3]))
    rows = [generator.bytes(width * 3) for _ in range(height)]
    yield "rgb-trns", png(width, height, 8, 2, rows, chunk(b"tRNS", b"\0\1\0\2\0\3"))
    yield "gamma", png(width, height, 8, 2, rows, chunk(b"gAMA", struct.pack(">L", 100000)))
    yield "srgb", png(width, height, 8, 2, rows, chunk(b"sRGB", b"\0"))
    base = encode(picture("RGB", (61, 43), 60), "PNG")
    yield from orientations(lambda exif: png_with(base, chunk(b"eXIf", exif)))
    yield "exif-late", png_with(base, chunk(b"eXIf", tiff(6)), last=True)
    yield "exif-prefix", png_with(base, chunk(b"eXIf", b"Exif\0\0" + tiff(6)))
    yield "exif-twice", png_with(base, chunk(b"eXIf", tiff(3)), chunk(b"eXIf", tiff(6)))
    yield "exif-before-and-after", png_with(png_with(base, chunk(b"eXIf", tiff(3))), chunk(b"eXIf", tiff(6)), last=True)
    for name in (b"Raw profile type exif", b"Raw profile type APP1", b"exif", b"EXIF"):
        label = name.decode().replace(" ", "-").lower() if name != b"EXIF" else "exif-upper"
        for prefix in (b"", b"Exif\0\0"):
            profile = raw_profile(prefix + tiff(6, endian="<"), b"exif")
            kind = f"{label}-{'prefix' if prefix else 'plain'}"
            yield f"text-{kind}", png_with(base, chunk(b"tEXt", name + b"\0" + profile))
            yield f"ztxt-{kind}", png_with(base, chunk(b"zTXt", name + b"\0\0" + zlib.compress(profile)))
            yield f"itxt-{kind}", png_with(base, chunk(b"iTXt", name + b"\0\0\0\0\0" + profile))
            yield f"itxt-compressed-{kind}", png_with(base, chunk(b"iTXt", name + b"\0\1\0\0\0" + zlib.compress(profile)))
    yield "text-exif-binary", png_with(base, chunk(b"tEXt", b"exif\0" + tiff(6)))
    yield "profile-late", png_with(
        base, chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw_profile(tiff(6)))), last=True)
    yield "profile-and-exif", png_with(
        base, chunk(b"eXIf", tiff(3)), chunk(b"tEXt", b"Raw profile type exif\0" + raw_profile(tiff(6))))
    yield "profile-not-hex", png_with(base, chunk(b"tEXt", b"Raw profile type exif\0\nexif\n  4\nzz\n"))
    yield "profile-short", png_with(base, chunk(b"tEXt", b"Raw profile type exif\0\nexif"))
    yield "profile-broken-zlib", png_with(base, chunk(b"zTXt", b"Raw profile type exif\0\0" + b"\x78\x9c\1\2\3"))
    yield "profile-cut-zlib", png_with(
        base, chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw_profile(tiff(6)))[:-9]))
    yield "profile-method-1", png_with(
        base, chunk(b"zTXt", b"Raw profile type exif\0\1" + zlib.compress(raw_profile(tiff(6)))))
    yield "profile-bomb", png_with(
        base, chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n1\n" + b"0" * (4 << 20))))
    yield "profile-1mib", png_with(
        base, chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw_profile(tiff(6) + bytes(400000)))))
    for element in (False, True):
        form = "element" if element else "attribute"
        for orientation in (1, 3, 6, 8, 9):
            packet = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(orientation, element)
            yield f"xmp-{form}-{orientation}", png_with(base, chunk(b"iTXt", packet))
        packet = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp(6, element))
        yield f"xmp-{form}-compressed", png_with(base, chunk(b"iTXt", packet))
        yield f"xmp-{form}-text", png_with(base, chunk(b"tEXt", b"XML:com.adobe.xmp\0" + xmp(6, element)))
    packet = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6)
    yield "xmp-and-exif", png_with(base, chunk(b"eXIf", tiff(3)), chunk(b"iTXt", packet))
    yield "xmp-and-exif-without-orientation", png_with(
        base, chunk(b"eXIf", tiff(3).replace(b"\1\x12", b"\1\x13")), chunk(b"iTXt", packet))
    yield "xmp-and-exif-1", png_with(base, chunk(b"eXIf", tiff(1)), chunk(b"iTXt", packet))
    yield "xmp-quote", png_with(base, chunk(b"iTXt", packet.replace(b'"6"', b"'6'")))
    yield "xmp-bad-utf8", png_with(base, chunk(b"iTXt", packet + b"\xff"))
    yield "xmp-late", png_with(base, chunk(b"iTXt", packet), last=True)
    damaged = bytearray(png_with(base, chunk(b"tEXt", b"Comment\0hello")))
    damaged[45] ^= 1
    yield "damage-ancillary-crc", bytes(damaged)
    late = bytearray(png_with(base, chunk(b"tEXt", b"Comment\0hello"), last=True))
    late[-22] ^= 1
    yield "damage-late-crc", bytes(late)
    yield "no-end", base[:-12]
    yield "junk-behind", base + b"junk" * 9
    frames = [picture("RGB", (40, 30), n) for n in range(3)]
    yield "animated", encode(frames[0], "PNG", save_all=True, append_images=frames[1:])
    yield "animated-default", encode(
        frames[0], "PNG", save_all=True, default_image=True, append_images=frames[1:])


def webps():
    for number, size in enumerate(SIZES):
        for mode in ("RGB", "RGBA"):
            for lossless in (False, True):
                name = f"{mode.lower()}-{'lossless' if lossless else 'lossy'}-{size[0]}x{size[1]}"
                yield name, encode(picture(mode, size, number), "WEBP", lossless=lossless, quality=80)
    yield "exact", encode(picture("RGBA", (61, 43), 70), "WEBP", lossless=True, exact=True)
    base = encode(picture("RGB", (60, 44), 71), "WEBP", quality=80)
    yield from orientations(lambda exif: webp_with(base, b"EXIF", exif, 8))
    for orientation in range(1, 9):
        yield f"exif-prefix-{orientation}", webp_with(base, b"EXIF", b"Exif\0\0" + tiff(orientation), 8)
    lossless = encode(picture("RGBA", (60, 44), 72), "WEBP", lossless=True)
    yield "exif-lossless", webp_with(lossless, b"EXIF", b"Exif\0\0" + tiff(6, endian="<"), 8)
    yield "exif-without-flag", webp_with(base, b"EXIF", tiff(6), 0)
    yield "exif-twice", webp_with(webp_with(base, b"EXIF", tiff(3), 8), b"EXIF", tiff(6), 8)
    yield "xmp", webp_with(base, b"XMP ", xmp(6), 4)
    yield "xmp-without-flag", webp_with(base, b"XMP ", xmp(6), 0)
    yield "xmp-and-exif", webp_with(webp_with(base, b"XMP ", xmp(6), 4), b"EXIF", tiff(3), 8)
    yield "exif-empty", webp_with(base, b"EXIF", b"", 8)
    yield "junk-behind", base + b"junk" * 9
    frames = [picture("RGBA", (40, 30), n) for n in range(3)]
    yield "animated", encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=50)
    yield "animated-lossless", encode(
        frames[0].convert("RGB"), "WEBP", save_all=True, append_images=frames[1:], duration=50, lossless=True)
    yield "animated-background", encode(
        frames[0], "WEBP", save_all=True, append_images=frames[1:], background=(9, 99, 199, 255))


def gifs():
    generator = np.random.default_rng(8)
    for number, size in enumerate(SIZES):
        yield f"p-{size[0]}x{size[1]}", encode(picture("P", size, number), "GIF")
        yield f"l-{size[0]}x{size[1]}", encode(picture("L", size, number), "GIF", interlace=number % 2)
    colors = generator.bytes(3 * 64)
    other = generator.bytes(3 * 32)
    gray = bytes(i for i in range(64) for _ in range(3))
    image = generator.integers(0, 32, (20, 30), np.uint8)
    places = {"whole": ((30, 20), (0, 0)), "offset": ((50, 40), (11, 7)), "corner": ((50, 40), (20, 20)),
              "beyond": ((25, 15), (3, 2)), "wide": ((60, 20), (0, 0)), "tall": ((30, 60), (0, 40))}
    tables = {"global": (colors, None), "local": (None, other), "both": (colors, other), "none": (None, None),
              "gray": (gray, None), "gray-local": (colors, gray), "gray-global-local": (gray, other)}
    for place, (canvas, at) in places.items():
        for table, (palette, local) in tables.items():
            for transparency in (None, 0, 5, 200):
                for background in (0, 3):
                    name = f"{place}-{table}-t{transparency}-b{background}"
                    yield name, gif(canvas, gif_frame(image, at, local, transparency), palette=palette,
                                    background=background)
    for disposal in (1, 2, 3):
        for transparency in (None, 5):
            frame = gif_frame(image, (11, 7), None, transparency, disposal)
            yield f"disposal-{disposal}-t{transparency}", gif((50, 40), frame, frame, palette=colors, background=3)
    yield "interlaced-offset", gif((50, 40), gif_frame(image, (11, 7), interlace=True), palette=colors)
    yield "87a", gif((50, 40), gif_frame(image, (1, 1)), palette=colors, version=b"87a")
    two = bytes([0x21, 0xF9, 4, 1, 0, 0, 3, 0])
    yield "two-controls", gif((50, 40), gif_frame(image, (1, 1), transparency=5, extra=two), palette=colors)
    none = bytes([0x21, 0xF9, 4, 0, 0, 0, 3, 0])
    yield "control-cleared", gif((50, 40), gif_frame(image, (1, 1), transparency=5, extra=none), palette=colors)
    comment = b"\x21\xfe\x03abc\x02de\0"
    yield "comment", gif((50, 40), gif_frame(image, (1, 1), extra=comment), palette=colors)
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    yield "loop", gif((50, 40), gif_frame(image, (1, 1), extra=loop), palette=colors)
    yield "junk-between", gif((50, 40), b"abc", gif_frame(image, (1, 1)), palette=colors)
    yield "no-frame", gif((50, 40), palette=colors)
    yield "frame-of-nothing", gif((50, 40), b"\x2c" + bytes(8) + b"\0\x02\x02\x4c\x01\0", palette=colors)
    yield "index-behind-palette", gif((30, 20), gif_frame(image + 50), palette=colors[:3 * 16])
    yield "short-palette", gif((30, 20), gif_frame(image), palette=colors[:6])
    yield "no-trailer", gif((30, 20), gif_frame(image), palette=colors)[:-1]
    yield "no-terminator", gif((30, 20), gif_frame(image), palette=colors)[:-2]
    yield "junk-behind", gif((30, 20), gif_frame(image), palette=colors) + b"junk" * 9
    frames = [picture("P", (40, 30), n) for n in range(3)]
    yield "animated", encode(frames[0], "GIF", save_all=True, append_images=frames[1:])


def bmps():
    generator = np.random.default_rng(9)
    for number, size in enumerate(SIZES):
        for mode in ("1", "L", "P", "RGB", "RGBA"):
            yield f"{mode.lower()}-{size[0]}x{size[1]}", encode(picture(mode, size, number), "BMP")
    width, height = 61, 43

    def rows(bits):
        return [generator.bytes((width * bits + 7) // 8) for _ in range(height)]

    masks = {"555": (16, 0x7C00, 0x3E0, 0x1F, 0), "565": (16, 0xF800, 0x7E0, 0x1F, 0),
             "4444": (16, 0xF00, 0xF0, 0xF, 0xF000), "1555": (16, 0x7C00, 0x3E0, 0x1F, 0x8000),
             "bgr565": (16, 0x1F, 0x7E0, 0xF800, 0),
             "bgrx": (32, 0xFF0000, 0xFF00, 0xFF, 0), "xbgr": (32, 0xFF000000, 0xFF0000, 0xFF00, 0),
             "abgr": (32, 0xFF000000, 0xFF0000, 0xFF00, 0xFF), "rgba": (32, 0xFF, 0xFF00, 0xFF0000, 0xFF000000),
             "bgra": (32, 0xFF0000, 0xFF00, 0xFF, 0xFF000000), "zero": (32, 0, 0, 0, 0),
             "rgb10": (32, 0x3FF00000, 0xFFC00, 0x3FF, 0), "rgbx": (32, 0xFF, 0xFF00, 0xFF0000, 0)}
    for name, (bits, *values) in masks.items():
        for header in (40, 56, 108, 124):
            packed = struct.pack("<LLLL", *values)
            yield f"masks-{name}-{header}", bmp(width, height, bits, rows(bits), compression=3, header=header,
                                                masks=packed[:12] if header == 40 else packed)
    for bits in (1, 4, 8):
        palette = b"".join(generator.bytes(3) + b"\0" for _ in range(1 << bits))
        for header in (12, 40, 64, 108, 124):
            table = palette if header != 12 else b"".join(palette[i:i + 3] for i in range(0, len(palette), 4))
            yield f"palette-{bits}-{header}", bmp(width, height, bits, rows(bits), palette=table, header=header)
        gray = b"".join(bytes([value, value, value, 0]) for value in np.linspace(0, 255, 1 << bits).astype(int).tolist())
        yield f"gray-{bits}", bmp(width, height, bits, rows(bits), palette=gray)
        ramp = b"".join(bytes([value, value, value, 0]) for value in range(1 << bits))
        yield f"ramp-{bits}", bmp(width, height, bits, rows(bits), palette=ramp)
        few = palette[:4 * max(1, (1 << bits) // 2)]
        yield f"few-colors-{bits}", bmp(
            width, height, bits, rows(bits), palette=few, colors=len(few) // 4)
    for bits in (16, 24, 32):
        yield f"raw-{bits}", bmp(width, height, bits, rows(bits))
        yield f"raw-{bits}-top-down", bmp(width, height, bits, rows(bits), top_down=True)
        yield f"raw-{bits}-v5", bmp(width, height, bits, rows(bits), header=124)
    yield "raw-24-os2", bmp(width, height, 24, rows(24), header=12)
    palette = b"".join(generator.bytes(3) + b"\0" for _ in range(256))
    data = b"".join(bytes([60, generator.integers(0, 256)]) + b"\1" + generator.bytes(1) + b"\0\0"
                    for _ in range(height)) + b"\0\1"
    yield "rle8", bmp(width, height, 8, [], palette=palette, compression=1, data=data)
    absolute = b"".join(b"\0\x3c" + generator.bytes(60) + b"\1\7\0\0" for _ in range(height)) + b"\0\1"
    yield "rle8-absolute", bmp(width, height, 8, [], palette=palette, compression=1, data=absolute)
    delta = b"\x0a\5\0\2\3\2\x0a\7\0\0" + b"\x3d\3\0\0" * 30 + b"\0\1"
    yield "rle8-delta", bmp(width, height, 8, [], palette=palette, compression=1, data=delta)
    yield "rle8-no-end", bmp(width, height, 8, [], palette=palette, compression=1, data=data[:-2])
    yield "rle8-short", bmp(width, height, 8, [], palette=palette, compression=1, data=data[:90])
    data4 = b"".join(bytes([61, generator.integers(0, 256)]) + b"\0\0" for _ in range(height)) + b"\0\1"
    yield "rle4", bmp(width, height, 4, [], palette=palette[:64], compression=2, data=data4)
    yield "junk-behind", bmp(width, height, 24, rows(24)) + b"junk" * 9
    yield "one-byte-short", bmp(width, height, 24, rows(24))[:-4]


FORMS = {"jpg": jpegs, "png": pngs, "webp": webps, "gif": gifs, "bmp": bmps}


def corpus(folder):
    """Writes all files; returns how many."""
    folder = pathlib.Path(folder)
    count = 0
    for extension, make in FORMS.items():
        for name, data in make():
            (folder / f"{extension}-{name}.{extension}").write_bytes(data)
            count += 1
    return count


def mutations(count, seed=1):
    """Yields (name, bytes): damaged copies of a few small files of each format."""
    generator = random.Random(seed)
    base = dict(bases())
    names = sorted(base)
    for number in range(count):
        name = names[number % len(names)]
        yield f"{number:05}-{name}", mutate(base[name], generator)


def bases():
    """Small intact files that the mutations start from."""
    yield "baseline.jpg", encode(picture("RGB", (64, 48), 80), "JPEG", quality=85)
    yield "progressive.jpg", encode(picture("RGB", (64, 48), 81), "JPEG", progressive=True)
    yield "restarts.jpg", jpeg_with_restarts(3, 64, 6, 94)
    yield "gray.jpg", encode(picture("L", (64, 48), 82), "JPEG")
    yield "cmyk-exif.jpg", jpeg_with(encode(picture("CMYK", (64, 48), 83), "JPEG"), segment(0xE1, b"Exif\0\0" + tiff(6)))
    rgb = png_with(encode(picture("RGB", (32, 24), 84), "PNG"), chunk(b"eXIf", tiff(6)), chunk(b"tEXt", b"Comment\0hi"))
    yield "rgb.png", png_with(rgb, chunk(b"tEXt", b"Software\0x"), last=True)
    yield "palette.png", encode(picture("P", (32, 24), 85), "PNG", transparency=3)
    yield "rgba.png", encode(picture("RGBA", (32, 24), 86), "PNG")
    yield "lossy.webp", webp_with(encode(picture("RGB", (64, 48), 87), "WEBP"), b"EXIF", b"Exif\0\0" + tiff(6), 8)
    yield "lossless.webp", encode(picture("RGBA", (32, 24), 88), "WEBP", lossless=True)
    yield "alpha.webp", encode(picture("RGBA", (64, 48), 89), "WEBP")
    yield "global.gif", encode(picture("P", (40, 30), 90), "GIF")
    generator = np.random.default_rng(91)
    frame = gif_frame(generator.integers(0, 32, (20, 30), np.uint8), (3, 4), generator.bytes(96), 5, 2)
    yield "frames.gif", gif((40, 30), frame, frame, palette=generator.bytes(96), background=2)
    yield "rgb.bmp", encode(picture("RGB", (24, 18), 92), "BMP")
    yield "palette.bmp", encode(picture("P", (40, 30), 93), "BMP")


def mutate(data, generator):
    """Bit flips, a cut, a piece removed, doubled, zeroed or overwritten, or a mark put in; one of them or some."""
    form = data[:4]
    data = bytearray(data)
    for _ in range(generator.choice((1, 1, 1, 2, 4))):
        length = len(data)
        if length < 8:
            break
        at = generator.randrange(length)
        size = min(generator.choice((1, 2, 4, 16, 64, 300)), length - at)
        kind = generator.randrange(9)
        if kind < 3:
            # The headers are a small part of a file: every second flip is there.
            at = generator.randrange(min(length, 200)) if generator.random() < 0.5 else at
            data[at] ^= 1 << generator.randrange(8)
        elif kind == 3:
            del data[at:]
        elif kind == 4:
            del data[at:at + size]
        elif kind == 5:
            data[at:at] = data[at:at + size]
        elif kind == 6:
            data[at:at + size] = bytes(size)
        elif kind == 7:
            data[at:at + size] = generator.randbytes(size)
        else:
            data[at:at] = bytes([0xFF, generator.randrange(256)])
    # With checksums and lengths as they were, most damage is found before anything is decoded.
    if form == PNG_SIGNATURE[:4] and generator.random() < 0.7:
        data = with_checksums(data)
    if form == b"RIFF" and len(data) >= 8 and generator.random() < 0.7:
        data[4:8] = struct.pack("<L", len(data) - 8)
    return bytes(data)


def with_checksums(data):
    """A PNG whose chunks have the right checksums, as far as there are chunks."""
    at = 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at:at + 4], "big")
        if end + 4 > len(data):
            break
        data[end:end + 4] = struct.pack(">L", zlib.crc32(data[at + 4:end]))
        at = end + 4
    return data
