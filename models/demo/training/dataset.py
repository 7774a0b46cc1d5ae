"""The prepared drawings: loading, the split into training and measuring, and tokenizing."""

import json

import numpy as np
import torch

import folders
from bpe import Tokenizer
from collect import HELD_OUT_STYLE, STAMPS

CONTEXT_LENGTH = 32


class Dataset:
    """What prepare.py made. `images` is uint8 [pictures, 112, 112, 4], premultiplied RGBA."""

    def __init__(self):
        self.items = json.loads((folders.PREPARED / "items.json").read_text("utf-8"))
        self.emoji = json.loads((folders.PREPARED / "emoji.json").read_text("utf-8"))
        self.images = np.load(folders.PREPARED / "images.npy", mmap_mode="r")

    def training(self):
        """Indices of what is trained on: no OpenMoji, no stamps."""
        return [i for i, x in enumerate(self.items) if x["source"] not in (HELD_OUT_STYLE, STAMPS)]

    def held_out_style(self):
        """Indices of the style that is only measured on."""
        return [i for i, x in enumerate(self.items) if x["source"] == HELD_OUT_STYLE]

    def emoji_name(self, index):
        """The first name of the emoji that a drawing shows."""
        return self.emoji[self.items[index]["emoji"]]["names"][0]


class TextEncoder:
    """Texts to token ids, with a cache of words."""

    def __init__(self, folder=folders.VOCABULARY):
        self.tokenizer = Tokenizer(folder)

    def __call__(self, texts, context_length=CONTEXT_LENGTH):
        """int64 [texts, longest text], cut to the context length and padded with 0 after the end token."""
        tokenizer = self.tokenizer
        rows = []
        for text in texts:
            tokens = [token for word in text.split() for token in tokenizer.encode(word)]
            rows.append([tokenizer.start, *tokens[: context_length - 2], tokenizer.end])
        ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
        return torch.from_numpy(ids)
