"""Measures a model: on what it was never trained on, and on everyday emoji of a style it was trained on."""

import numpy as np
import torch
import torch.nn.functional as F

from augment import plain
from collect import STAMPS

BATCH = 128
TEMPLATES = [
    "a picture of a {}",
    "an icon of a {}",
    "a drawing of a {}",
    "an emoji of a {}",
    "a photo of a {}",
]
STAMP_CLASSES = (
    "cat dog bird fish flower fruit car boat house person insect tree train airplane".split()
)
EVERYDAY_NAMES = set(
    """
    cat face;dog face;horse;elephant;fish;butterfly;rose;red apple;banana;pizza;hamburger;bread;house;airplane;
    bicycle;bus;fire engine;sailboat;rocket;train;guitar;trumpet;umbrella;scissors;key;light bulb;soccer ball;
    basketball;snowman;telephone;camera;television;laptop;book;pencil;hammer;bed;chair;t-shirt;jeans;crown;ring;
    moon;sun;cloud;star;fire;tree;cactus;mushroom
    """.replace("\n    ", "").strip().split(";")
)
TRAINED_STYLE = "noto"
TRAINED_NAMES = (
    "cat face;dog face;horse;elephant;fish;butterfly;rose;red apple;banana;pizza;hamburger;house;airplane;bicycle;bus;"
    "sailboat;rocket;guitar;umbrella;scissors;key;light bulb;soccer ball;snowman"
).split(";")


def names_by_text(model, encode_text, templates=TEMPLATES):
    """A function that embeds names with the text tower, averaged over the templates."""

    @torch.no_grad()
    def embed(names):
        total = 0
        for template in templates:
            texts = [template.format(name) for name in names]
            batches = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
            total = total + torch.cat([model.encode_text(encode_text(batch)) for batch in batches])
        return F.normalize(total, dim=1)

    return embed


class Evaluator:
    """Zero-shot classification: the right name has the embedding that is nearest to the picture's."""

    def __init__(self, encode_image, embed_names, dataset):
        self.encode_image = encode_image
        self.embed_names = embed_names
        self.dataset = dataset

    @torch.no_grad()
    def measure(self):
        """All measurements, as accuracy.json holds them."""
        style = self.dataset.held_out_style()
        style_pictures = self.embed_pictures(style)
        return {
            "held_out_style": self.measure_style(style, style_pictures),
            "held_out_style_everyday": self.measure_everyday(style, style_pictures),
            "tuxpaint_14_classes": self.measure_stamps(),
            "trained_style_everyday": self.measure_trained(),
        }

    def measure_style(self, style, pictures):
        names = [self.dataset.emoji_name(i) for i in style]
        similarity = pictures @ self.embed_names(names).t()
        best = similarity.topk(5, 1).indices
        # Every emoji stands once in the style, so a picture's own name is at its own place.
        right = best == torch.arange(len(style))[:, None]
        return {
            "style": self.dataset.items[style[0]]["source"],
            "pictures": len(style),
            "names": len(names),
            "top1": right[:, 0].float().mean().item(),
            "top5": right.any(1).float().mean().item(),
        }

    def measure_everyday(self, style, pictures):
        chosen = [k for k, i in enumerate(style) if self.dataset.emoji_name(i) in EVERYDAY_NAMES]
        wanted = [self.dataset.emoji_name(style[k]) for k in chosen]
        right = self.right(pictures[chosen], sorted(set(wanted)), wanted)
        return {"pictures": len(chosen), "names": len(set(wanted)), "top1": float(np.mean(right))}

    def measure_stamps(self):
        items = self.dataset.items
        stamps = [i for i, x in enumerate(items) if x["source"] == STAMPS and x["coarse"] in STAMP_CLASSES]
        wanted = [items[i]["coarse"] for i in stamps]
        right = self.right(self.embed_pictures(stamps), STAMP_CLASSES, wanted)
        right_photos = [r for r, i in zip(right, stamps) if items[i]["photo"]]
        return {
            "pictures": len(stamps),
            "top1": float(np.mean(right)),
            "photographs": len(right_photos),
            "top1_photographs": float(np.mean(right_photos)),
        }

    def measure_trained(self):
        items = self.dataset.items
        chosen = [i for i, x in enumerate(items) if x["source"] == TRAINED_STYLE and x["concept"] in TRAINED_NAMES]
        wanted = [items[i]["concept"] for i in chosen]
        right = self.right(self.embed_pictures(chosen), TRAINED_NAMES, wanted)
        return {"style": TRAINED_STYLE, "pictures": len(chosen), "names": len(TRAINED_NAMES), "right": sum(right)}

    def right(self, pictures, names, wanted):
        """For each picture, whether the most similar name is the wanted one."""
        best = (pictures @ self.embed_names(names).t()).argmax(1).tolist()
        return [names[index] == name for index, name in zip(best, wanted)]

    def embed_pictures(self, indices):
        batches = [indices[i : i + BATCH] for i in range(0, len(indices), BATCH)]
        return torch.cat([self.encode_image(plain(self.dataset.images[batch])) for batch in batches])


def summary(accuracy):
    """The measurements in one line."""
    style, everyday = accuracy["held_out_style"], accuracy["held_out_style_everyday"]
    stamps, trained = accuracy["tuxpaint_14_classes"], accuracy["trained_style_everyday"]
    return (
        f"style {style['top1']:.1%} (top-5 {style['top5']:.1%}), everyday {everyday['top1']:.1%}, "
        f"stamps {stamps['top1']:.1%} (photographs {stamps['top1_photographs']:.1%}), "
        f"trained style {trained['right']} of {trained['pictures']}"
    )
