"""Redraws a drawing in other styles, so that the model learns what it shows rather than how it is drawn.

    outlined   every shape of an SVG gets a black outline
    lines      the same, on white shapes
    inked      few flat colours, and black lines where the colours change; works on any picture
"""

import re

import numpy as np
from PIL import Image, ImageFilter

# Widths of outlines in parts of the drawing's side: thin to heavy, as pens and icon sets have them.
LINE_WIDTHS = (0.018, 0.024, 0.03, 0.036)
FEW_COLOURS = (4, 6, 8, 12)
INK_WINDOWS = (3, 5, 5, 7)
# Difference of neighbouring colours, of 255, from which a line is seen, and from which it is black.
INK_FROM, INK_FULL = 50, 100

SHAPES = ("path", "circle", "ellipse", "rect", "polygon")
VIEW_BOX = re.compile(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"')


def outlined(svg, rng, white=False):
    """The SVG with a rule that outlines its shapes, or None where its size is not known."""
    view_box = VIEW_BOX.search(svg)
    if not view_box:
        return None
    width = rng.choice(LINE_WIDTHS) * max(float(side) for side in view_box.groups())
    selector = ",".join(f"{shape}:not([stroke])" for shape in SHAPES)
    rule = f"stroke:#000;stroke-width:{width:.3f};stroke-linejoin:round;vector-effect:non-scaling-stroke"
    fill = ";fill:#fff !important" if white else ""
    end_of_root_tag = svg.index(">") + 1
    return f"{svg[:end_of_root_tag]}<style>{selector}{{{rule}{fill}}}</style>{svg[end_of_root_tag:]}"


def inked(pixels, rng):
    """uint8 [S, S, 4], premultiplied, to the same: colours reduced to a few, lines where they change."""
    alpha = Image.fromarray(pixels[..., 3])
    on_white = pixels[..., :3] + (255 - pixels[..., 3:])
    picture = Image.fromarray(on_white.astype(np.uint8)).filter(ImageFilter.MedianFilter(5))
    flat = picture.quantize(rng.choice(FEW_COLOURS), dither=Image.Dither.NONE).convert("RGB")
    window = rng.choice(INK_WINDOWS)

    def changes(image):
        """How much the values within the window differ."""
        high = np.asarray(image.filter(ImageFilter.MaxFilter(window)), np.float32)
        return high - np.asarray(image.filter(ImageFilter.MinFilter(window)), np.float32)

    change = np.maximum(changes(flat).max(2), changes(alpha))
    ink = np.clip((change - INK_FROM) / (INK_FULL - INK_FROM), 0, 1)[..., None]
    opacity = np.maximum(np.asarray(alpha, np.float32)[..., None], 255 * ink)
    colour = np.asarray(flat, np.float32) * (1 - ink) * opacity / 255
    return np.concatenate([colour, opacity], 2).round().astype(np.uint8)
