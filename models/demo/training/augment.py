"""Turns rasterised drawings into pixels for the model: plainly for measuring, varied for training."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from model import CONFIG

SIZE = CONFIG["vision_cfg"]["image_size"]
PATCH = CONFIG["vision_cfg"]["patch_size"]
GRID = SIZE // PATCH
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
_MEAN = torch.tensor(MEAN).view(1, 3, 1, 1)
_STD = torch.tensor(STD).view(1, 3, 1, 1)
# Shares of a batch that are seen at half the resolution, and with few levels of brightness.
COARSE_SHARE, POSTERISED_SHARE = 0.08, 0.06

# Luma, and two axes of chroma: turning the chroma changes the hue.
_TO_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
_FROM_YIQ = torch.linalg.inv(_TO_YIQ)


def to_float(images):
    """uint8 [B, S, S, 4] to float [B, 4, S, S] from 0 to 1."""
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float().div_(255)


def plain(images):
    """Drawings on white, at the model's size and normalised, as the server does it."""
    x = to_float(images)
    x = x[:, :3] + (1 - x[:, 3:])
    x = F.interpolate(x, size=(SIZE, SIZE), mode="bicubic", align_corners=False, antialias=True).clamp(0, 1)
    return (x - _MEAN) / _STD


def _pixel_centres():
    """[patches, PATCH, PATCH, 3]: x, y and 1 for every pixel of every patch, from -1 to 1."""
    centres = (torch.arange(SIZE) + 0.5) * 2 / SIZE - 1
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    xy1 = torch.stack([x, y, torch.ones_like(x)], 2)
    xy1 = xy1.view(GRID, PATCH, GRID, PATCH, 3).permute(0, 2, 1, 3, 4)
    return xy1.reshape(GRID * GRID, PATCH, PATCH, 3).contiguous()


_CENTRES = _pixel_centres()


def augment(images, mono, opaque, no_flip, keep, generator):
    """Drawings moved, turned and zoomed, on any background, with changed colours; normalised and cut into patches.

    images: uint8 [B, S, S, 4], premultiplied. mono, opaque, no_flip: bool [B].
    Only `keep` patches of each are made, as only they are looked at.
    Returns pixels [B, keep, 3 * PATCH * PATCH] and the patches' numbers [B, keep].
    """
    count = len(images)
    x = to_float(images)
    affine = random_affine(count, opaque, no_flip, generator)
    kept = choose_patches(x[:, 3:], affine, keep, generator)
    centres = _CENTRES[kept].view(count, keep * PATCH * PATCH, 3)
    where = torch.bmm(centres, affine.transpose(1, 2)).view(count, keep * PATCH, PATCH, 2)
    coarse = round(count * COARSE_SHARE)
    sharp = F.grid_sample(x[coarse:], where[coarse:], mode="bilinear", padding_mode="zeros", align_corners=False)
    blurred = F.grid_sample(
        F.avg_pool2d(x[:coarse], 2), where[:coarse], mode="bilinear", padding_mode="zeros", align_corners=False
    )
    x = torch.cat([blurred, sharp]).view(count, 4, keep * PATCH * PATCH)
    foreground, alpha = x[:, :3], x[:, 3:]

    mono = mono.view(count, 1, 1)
    ink = random_ink(count, generator)
    foreground = torch.where(mono, alpha * ink, foreground)
    background = random_background(count, centres, generator)
    background = keep_ink_visible(background, ink, mono)
    x = torch.addcmul(foreground, 1 - alpha, background)
    levels = round(count * POSTERISED_SHARE)
    steps = torch.randint(2, 6, (levels, 1, 1), generator=generator)
    x[-levels:] = (x[-levels:] * steps).round() / steps
    matrix, offset = random_colours(count, generator)
    x = torch.baddbmm(offset, matrix, x)
    x += torch.randn(count, 1, x.shape[2], generator=generator) * (0.02 * torch.rand(count, 1, 1, generator=generator))
    x = (x.clamp_(0, 1) - _MEAN.view(1, 3, 1)) / _STD.view(1, 3, 1)
    return x.view(count, 3, keep, PATCH * PATCH).transpose(1, 2).reshape(count, keep, -1), kept


def choose_patches(alpha, affine, keep, generator):
    """[B, keep]: numbers of patches, at random, but rather of those where something is drawn."""
    count = len(alpha)
    if keep == GRID * GRID:
        return torch.arange(GRID * GRID).expand(count, -1)
    middles = _CENTRES.mean((1, 2)).expand(count, -1, -1)
    where = torch.bmm(middles, affine.transpose(1, 2))[:, None]
    drawn = F.grid_sample(F.avg_pool2d(alpha, 8), where, padding_mode="zeros", align_corners=False).view(count, -1)
    chance = torch.rand(count, GRID * GRID, generator=generator)
    return (chance + 0.6 * (drawn > 0.05)).topk(keep, 1).indices.sort(1).values


def random_affine(count, opaque, no_flip, generator):
    """[B, 2, 3]: zoom, aspect, rotation, shear, mirroring and shift. Opaque pictures are only zoomed into."""

    def uniform(low, high):
        return torch.empty(count).uniform_(low, high, generator=generator)

    def normal(deviation):
        return torch.empty(count).normal_(0, deviation, generator=generator)

    # Half the window's side; below 1 zooms in. Some styles fill their square, others leave a wide margin.
    window = torch.exp(uniform(-0.14, 0.42))
    window_opaque = uniform(0.62, 1.0)
    window = torch.where(opaque, window_opaque, window)
    aspect = torch.exp(uniform(-0.12, 0.12))
    angle = normal(0.09).clamp(-0.3, 0.3)
    shear = normal(0.04)
    mirrored = (torch.rand(count, generator=generator) < 0.3) & ~no_flip
    flip = torch.where(mirrored, -1.0, 1.0)
    max_shift = torch.where(opaque, 1 - window, (window - 0.9).clamp(min=0.06))
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
    """[B, 3, 1]: a colour for drawings of one colour: mostly dark, often black, sometimes any."""
    ink = torch.rand(count, 3, 1, generator=generator)
    kind = torch.rand(count, 1, 1, generator=generator)
    return torch.where(kind < 0.45, ink * 0.25, torch.where(kind < 0.75, torch.zeros_like(ink), ink))


def random_background(count, centres, generator):
    """[B, 3, pixels]: mostly white, else black, one colour or a gradient."""

    def chance(*shape):
        return torch.rand(count, *shape, generator=generator)

    kind = chance(1, 1)
    colour, other = chance(3, 1), chance(3, 1)
    colour = torch.where(chance(1, 1) < 0.5, 0.75 + 0.25 * colour, colour)
    other = torch.where(kind < 0.93, colour, other)
    colour = torch.where(kind < 0.73, torch.zeros(1), colour)
    other = torch.where(kind < 0.73, torch.zeros(1), other)
    colour = torch.where(kind < 0.70, torch.ones(1), colour)
    other = torch.where(kind < 0.70, torch.ones(1), other)
    angle = 2 * math.pi * chance(1)
    direction = torch.stack([angle.cos(), angle.sin()], 1)
    ramp = (torch.bmm(centres[..., :2], direction).transpose(1, 2) * 0.5 + 0.5).clamp_(0, 1)
    return torch.addcmul(colour, ramp, other - colour)


def keep_ink_visible(background, ink, mono):
    """Under ink of nearly the background's brightness, makes the background white or black."""
    ink_brightness = ink.mean(1, keepdim=True)
    brightness = background.mean((1, 2), keepdim=True)
    too_close = mono & ((brightness - ink_brightness).abs() < 0.3)
    contrast = torch.where(ink_brightness < 0.5, torch.ones(1), torch.zeros(1))
    return torch.where(too_close, contrast, background)


def random_colours(count, generator):
    """[B, 3, 3] and [B, 3, 1]: what colours are multiplied by and what is added.

    Changes hue, saturation, gain per channel, brightness and contrast; a few pictures become grey.
    """

    def normal(*shape):
        return torch.randn(count, *shape, generator=generator)

    def chance():
        return torch.rand(count, generator=generator)

    saturation = torch.exp(0.25 * normal())
    saturation = torch.where(chance() < 0.08, torch.zeros(1), saturation)
    any_hue = chance() < 0.05
    hue = torch.where(any_hue, 2 * math.pi * chance(), 0.12 * normal())
    cos, sin = saturation * hue.cos(), saturation * hue.sin()
    zero, one = torch.zeros(count), torch.ones(count)
    turn = torch.stack([one, zero, zero, zero, cos, -sin, zero, sin, cos], 1).view(count, 3, 3)
    matrix = _FROM_YIQ @ turn @ _TO_YIQ
    contrast = torch.exp(0.2 * normal(1, 1))
    gain = contrast * (1 + 0.08 * normal(3, 1)) * (1 + 0.15 * normal(1, 1)).clamp(0.5, 1.5)
    return matrix * gain, (0.5 * (1 - contrast)).expand(count, 3, 1)
