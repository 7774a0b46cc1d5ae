"""Turns rasterised drawings into pixels for the model: plainly for measuring, varied for training."""

import numpy as np
import torch
import torch.nn.functional as F

SIZE = 96
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
_MEAN = torch.tensor(MEAN).view(1, 3, 1, 1)
_STD = torch.tensor(STD).view(1, 3, 1, 1)


def to_float(images):
    """uint8 [B, S, S, 4] to float [B, 4, S, S] from 0 to 1."""
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float().div_(255)


def plain(images):
    """Drawings on white, at the model's size and normalised."""
    x = to_float(images)
    x = x[:, :3] + (1 - x[:, 3:])
    x = F.interpolate(x, size=(SIZE, SIZE), mode="bicubic", align_corners=False, antialias=True).clamp(0, 1)
    return (x - _MEAN) / _STD


def augment(images, mono, opaque, no_flip, generator):
    """Drawings moved, turned and zoomed, on any background, with changed colours; normalised.

    images: uint8 [B, S, S, 4], premultiplied. mono, opaque, no_flip: bool [B].
    """
    count = len(images)
    grid = F.affine_grid(random_affine(count, opaque, no_flip, generator), (count, 4, SIZE, SIZE), align_corners=False)
    x = F.grid_sample(to_float(images), grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    foreground, alpha = x[:, :3], x[:, 3:]
    ink = random_ink(count, generator)
    mono = mono.view(count, 1, 1, 1)
    foreground = torch.where(mono, alpha * ink, foreground)
    background = random_background(count, generator)
    background = keep_ink_visible(background, ink, mono)
    x = random_colours(foreground + (1 - alpha) * background, generator)
    x = blur_some(x)
    x = x + 0.015 * torch.randn(count, 1, SIZE, SIZE, generator=generator)
    return (x.clamp_(0, 1) - _MEAN) / _STD


def random_affine(count, opaque, no_flip, generator):
    """[B, 2, 3]: zoom, aspect, rotation, shear, mirroring and shift. Opaque pictures are only zoomed into."""

    def uniform(low, high):
        return torch.empty(count).uniform_(low, high, generator=generator)

    def normal(deviation):
        return torch.empty(count).normal_(0, deviation, generator=generator)

    # Half the window's side; below 1 zooms in.
    window = torch.exp(uniform(-0.30, 0.26))
    window_opaque = uniform(0.62, 1.0)
    window = torch.where(opaque, window_opaque, window * 0.98)
    aspect = torch.exp(uniform(-0.18, 0.18))
    angle = normal(0.12).clamp(-0.35, 0.35)
    shear = normal(0.06)
    mirrored = (torch.rand(count, generator=generator) < 0.5) & ~no_flip
    flip = torch.where(mirrored, -1.0, 1.0)
    max_shift = torch.where(opaque, 1 - window, (window - 0.86).abs().clamp(min=0.05) + 0.04)
    shift_x = (torch.rand(count, generator=generator) * 2 - 1) * max_shift
    shift_y = (torch.rand(count, generator=generator) * 2 - 1) * max_shift
    cos, sin = torch.cos(angle), torch.sin(angle)
    x, y = window * aspect, window / aspect
    rows = [
        torch.stack([cos * x * flip, (-sin + shear) * y, shift_x], 1),
        torch.stack([sin * x * flip, cos * y, shift_y], 1),
    ]
    return torch.stack(rows, 1)


def random_ink(count, generator):
    """[B, 3, 1, 1]: a colour for drawings of one colour: mostly dark, often black, sometimes any."""
    ink = torch.rand(count, 3, 1, 1, generator=generator)
    kind = torch.rand(count, 1, 1, 1, generator=generator)
    return torch.where(kind < 0.55, ink * 0.25, torch.where(kind < 0.75, torch.zeros_like(ink), ink))


def random_background(count, generator):
    """[B, 3, S, S]: white, black, one colour, a gradient or soft noise."""

    def chance(*shape):
        return torch.rand(count, *shape, generator=generator)

    kind = chance(1, 1, 1)
    colour, other = chance(3, 1, 1), chance(3, 1, 1)
    colour = torch.where(chance(1, 1, 1) < 0.5, 0.75 + 0.25 * colour, colour)
    ramp = torch.linspace(0, 1, SIZE)
    down = ramp.view(1, 1, -1, 1).expand(count, 1, SIZE, SIZE)
    right = ramp.view(1, 1, 1, -1).expand(count, 1, SIZE, SIZE)
    ramp = torch.where(chance(1, 1, 1) < 0.5, down, right)
    gradient = colour * (1 - ramp) + other * ramp
    cells = int(torch.randint(2, 9, (1,), generator=generator))
    noise = F.interpolate(chance(3, cells, cells), size=(SIZE, SIZE), mode="bilinear", align_corners=False)
    background = torch.where(kind < 0.85, gradient, noise)
    background = torch.where(kind < 0.70, colour.expand(count, 3, SIZE, SIZE), background)
    background = torch.where(kind < 0.50, torch.zeros(1), background)
    return torch.where(kind < 0.45, torch.ones(1), background)


def keep_ink_visible(background, ink, mono):
    """Under ink of nearly the background's brightness, makes the background white or black."""
    ink_brightness = ink.mean(1, keepdim=True)
    brightness = background.mean(1, keepdim=True).mean((2, 3), keepdim=True)
    too_close = mono & ((brightness - ink_brightness).abs() < 0.3)
    contrast = torch.where(ink_brightness < 0.5, torch.ones(1), torch.zeros(1))
    return torch.where(too_close, contrast, background)


def random_colours(x, generator):
    """Changes gain per channel, brightness, contrast and saturation; every tenth picture becomes grey."""
    count = len(x)

    def normal(channels):
        return torch.randn(count, channels, 1, 1, generator=generator)

    gain = 1 + 0.10 * normal(3)
    brightness = 1 + 0.2 * normal(1)
    x = x * gain * brightness.clamp(0.5, 1.5)
    mean = x.mean((1, 2, 3), keepdim=True)
    x = (x - mean) * torch.exp(0.2 * normal(1)) + mean
    grey = x.mean(1, keepdim=True)
    saturation = torch.exp(0.25 * normal(1))
    make_grey = torch.rand(count, 1, 1, 1, generator=generator) < 0.1
    saturation = torch.where(make_grey, torch.zeros(1), saturation)
    return grey + (x - grey) * saturation


def blur_some(x):
    """Halves the resolution of the first sixth."""
    count = len(x) // 6
    small = F.interpolate(x[:count], size=(SIZE // 2, SIZE // 2), mode="area")
    x[:count] = F.interpolate(small, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
    return x
