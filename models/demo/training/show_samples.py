"""Draws what a model says about the pictures of a folder: show_samples.py MODEL_FOLDER PICTURES_FOLDER OUT.png"""

import argparse
import pathlib

import torch
from PIL import Image, ImageDraw, ImageFont

from augment import MEAN, SIZE, STD
from dataset import TextEncoder
from evaluate import names_by_text
from export import read_model

LABELS = "cat;dog;penguin;apple;pizza;sunflower;umbrella;fire engine;rocket;guitar;light bulb;cup of coffee".split(";")
ENDINGS = {".png", ".jpg", ".webp"}
COLUMNS, TILE, GAP, LINE = 5, 190, 16, 22
SHOWN = 3
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
INK, BAR, PALE = (30, 30, 30), (86, 156, 214), (232, 238, 244)


def pixels(image):
    """As the server does it: on white, shorter side to the model's size, the middle cut out."""
    scale = SIZE / min(image.size)
    image = image.resize([round(side * scale) for side in image.size], Image.BICUBIC)
    left, top = (image.width - SIZE) // 2, (image.height - SIZE) // 2
    image = image.crop((left, top, left + SIZE, top + SIZE))
    values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(SIZE, SIZE, 3).float() / 255
    return ((values - torch.tensor(MEAN)) / torch.tensor(STD)).permute(2, 0, 1)


def on_white(path):
    image = Image.open(path).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def tile(image, answers, font):
    """A picture with the bars of its likeliest labels below."""
    result = Image.new("RGB", (TILE, TILE + LINE * SHOWN + 6), "white")
    small = image.copy()
    small.thumbnail((TILE, TILE))
    result.paste(small, ((TILE - small.width) // 2, (TILE - small.height) // 2))
    draw = ImageDraw.Draw(result)
    for row, (label, probability) in enumerate(answers):
        top = TILE + 6 + row * LINE
        draw.rectangle((0, top, TILE, top + LINE - 4), fill=PALE)
        draw.rectangle((0, top, TILE * probability, top + LINE - 4), fill=BAR)
        draw.text((5, top + 1), f"{label}", fill=INK, font=font)
        draw.text((TILE - 5, top + 1), f"{probability:.0%}", fill=INK, font=font, anchor="ra")
    return result


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("pictures", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    arguments = parser.parse_args()

    model = read_model(arguments.model)
    names = names_by_text(model, TextEncoder(arguments.model), ["{}"])(LABELS)
    files = sorted(path for path in arguments.pictures.iterdir() if path.suffix in ENDINGS)
    images = [on_white(path) for path in files]
    embedded = model.encode_image(torch.stack([pixels(image) for image in images]))
    probabilities = (model.logit_scale.exp() * embedded @ names.t()).softmax(1)
    font = ImageFont.truetype(FONT, 13)
    tiles = []
    for file, image, row in zip(files, images, probabilities):
        best = row.topk(SHOWN)
        answers = [(LABELS[i], p) for p, i in zip(best.values.tolist(), best.indices.tolist())]
        print(file.name, ", ".join(f"{label} {p:.2f}" for label, p in answers))
        tiles.append(tile(image, answers, font))
    rows = -(-len(tiles) // COLUMNS)
    width, height = tiles[0].size
    sheet = Image.new("RGB", (COLUMNS * (width + GAP) + GAP, rows * (height + GAP) + GAP), "white")
    for i, drawn in enumerate(tiles):
        sheet.paste(drawn, (GAP + i % COLUMNS * (width + GAP), GAP + i // COLUMNS * (height + GAP)))
    sheet.save(arguments.out)


if __name__ == "__main__":
    main()
