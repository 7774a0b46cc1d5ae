"""A small CLIP in NumPy: the second opinion that the server's answers are compared with.

It reads an OpenCLIP folder (open_clip_config.json, open_clip_model.safetensors, vocab.json, merges.txt) and knows
nothing of the server. Arithmetic is float64. It is for small models: there is nothing fast in it.
"""

import html
import json
import math
import pathlib
import re
import struct

import numpy as np
from PIL import Image

SAFETENSORS_TYPES = {"F16": np.float16, "F32": np.float32, "F64": np.float64}
LAYER_NORM_EPSILON = 1e-5

# Letters, single digits, or runs of other signs; Python's re has no \p{L}, so letters are "word signs but _ and digits".
SPLIT = re.compile(
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+",
    re.IGNORECASE,
)

erf = np.vectorize(math.erf, otypes=[np.float64])


def read_safetensors(path):
    """Returns {name: float64 array} of a safetensors file."""
    data = pathlib.Path(path).read_bytes()
    (header_length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + header_length])
    start = 8 + header_length
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[start + begin : start + end], SAFETENSORS_TYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).astype(np.float64)
    return tensors


def byte_symbols():
    """The printable character that stands for each byte in a byte-level vocabulary."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols = {byte: chr(byte) for byte in kept}
    others = (byte for byte in range(256) if byte not in symbols)
    symbols.update({byte: chr(256 + i) for i, byte in enumerate(list(others))})
    return symbols


class Tokenizer:
    """CLIP's byte-level BPE: lower case, folded white space, `</w>` at the end of each word."""

    def __init__(self, folder, context_length):
        folder = pathlib.Path(folder)
        self.context_length = context_length
        self.ids = json.loads((folder / "vocab.json").read_text("utf-8"))
        lines = (folder / "merges.txt").read_text("utf-8").split("\n")[1:]
        self.ranks = {tuple(line.split()): rank for rank, line in enumerate(lines) if line}
        self.symbols = byte_symbols()
        self.start = self.ids["<|startoftext|>"]
        self.end = self.ids["<|endoftext|>"]

    def merge(self, word):
        """Applies the merges to one word, best rank first, and returns its pieces."""
        pieces = [*word[:-1], word[-1] + "</w>"]
        while len(pieces) > 1:
            best = min(zip(pieces, pieces[1:]), key=lambda pair: self.ranks.get(pair, math.inf))
            if best not in self.ranks:
                break
            merged, i = [], 0
            while i < len(pieces):
                if tuple(pieces[i : i + 2]) == best:
                    merged.append(pieces[i] + pieces[i + 1])
                    i += 2
                else:
                    merged.append(pieces[i])
                    i += 1
            pieces = merged
        return pieces

    def tokens(self, text):
        """All token ids of a text with its start and end token, before any cut."""
        text = html.unescape(html.unescape(text))
        text = " ".join(text.split()).lower()
        ids = [self.start]
        for word in SPLIT.findall(text):
            symbols = "".join(self.symbols[byte] for byte in word.encode("utf-8"))
            ids += [self.ids[piece] for piece in self.merge(symbols)]
        return [*ids, self.end]

    def encode(self, text):
        """Token ids, cut to the context length with the end token kept last."""
        ids = self.tokens(text)
        if len(ids) > self.context_length:
            ids = [*ids[: self.context_length - 1], self.end]
        return ids


def normalize(vectors):
    """Divides each vector by its L2 norm."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def softmax(values):
    """Softmax over the last axis."""
    shifted = np.exp(values - values.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


class Clip:
    """Both towers of an OpenCLIP folder. Embeddings are L2-normalised float64 arrays [items, dimensions]."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        config = json.loads((folder / "open_clip_config.json").read_text("utf-8"))
        self.model = config["model_cfg"]
        self.preprocess = config["preprocess_cfg"]
        self.weights = read_safetensors(folder / "open_clip_model.safetensors")
        self.tokenizer = Tokenizer(folder, self.model["text_cfg"]["context_length"])
        self.logit_scale = float(np.exp(self.weights["logit_scale"]))

    def embed_images(self, images):
        """Embeds PIL images."""
        pixels = np.stack([self.prepare(image) for image in images])
        vision = self.model["vision_cfg"]
        patch, width = vision["patch_size"], vision["width"]
        grid = vision["image_size"] // patch

        # A convolution whose stride is its kernel's size is a matrix product over the patches.
        count = len(pixels)
        patches = pixels.reshape(count, 3, grid, patch, grid, patch).transpose(0, 2, 4, 1, 3, 5)
        patches = patches.reshape(count, grid * grid, -1)
        tokens = patches @ self.weights["visual.conv1.weight"].reshape(width, -1).T
        class_token = np.broadcast_to(self.weights["visual.class_embedding"], (count, 1, width))
        x = np.concatenate([class_token, tokens], axis=1) + self.weights["visual.positional_embedding"]

        x = self.layer_norm(x, "visual.ln_pre")
        heads = width // vision.get("head_width", 64)
        x = self.transformer(x, "visual.transformer", vision["layers"], heads)
        x = self.layer_norm(x[:, 0], "visual.ln_post")
        return normalize(x @ self.weights["visual.proj"])

    def embed_texts(self, texts):
        """Embeds texts, one at a time, without padding."""
        return np.concatenate([self.embed_tokens(self.tokenizer.encode(text)) for text in texts])

    def embed_tokens(self, ids):
        text = self.model["text_cfg"]
        length = len(ids)
        x = self.weights["token_embedding.weight"][ids] + self.weights["positional_embedding"][:length]
        causal = np.triu(np.full((length, length), -np.inf), 1)
        x = self.transformer(x[None], "transformer", text["layers"], text["heads"], causal)
        x = self.layer_norm(x, "ln_final")
        return normalize(x[:, -1] @ self.weights["text_projection"])

    def embed_labels(self, labels, templates):
        """One vector per label: the normalised mean of its normalised sentence embeddings."""
        rows = []
        for label in labels:
            sentences = [template.replace("{}", label) for template in templates] or [label]
            rows.append(self.embed_texts(sentences).mean(axis=0))
        return normalize(np.stack(rows))

    def prepare(self, image):
        """Resizes the shorter side, crops the centre and normalises: a float64 array [3, size, size]."""
        size = self.model["vision_cfg"]["image_size"]
        image = image.convert("RGB")
        width, height = image.size
        if width <= height:
            target = (size, int(size * height / width))
        else:
            target = (int(size * width / height), size)
        image = image.resize(target, Image.BICUBIC)
        left = round((image.width - size) / 2.0)
        top = round((image.height - size) / 2.0)
        image = image.crop((left, top, left + size, top + size))
        values = np.asarray(image, np.float64) / 255
        values = (values - self.preprocess["mean"]) / self.preprocess["std"]
        return values.transpose(2, 0, 1)

    def layer_norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        variance = (centred**2).mean(-1, keepdims=True)
        scaled = centred / np.sqrt(variance + LAYER_NORM_EPSILON)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def linear(self, x, name):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def transformer(self, x, prefix, layers, heads, mask=None):
        for layer in range(layers):
            name = f"{prefix}.resblocks.{layer}"
            x = x + self.attention(self.layer_norm(x, f"{name}.ln_1"), f"{name}.attn", heads, mask)
            hidden = self.linear(self.layer_norm(x, f"{name}.ln_2"), f"{name}.mlp.c_fc")
            x = x + self.linear(self.activation(hidden), f"{name}.mlp.c_proj")
        return x

    def attention(self, x, name, heads, mask):
        count, length, width = x.shape
        projected = x @ self.weights[f"{name}.in_proj_weight"].T + self.weights[f"{name}.in_proj_bias"]
        split = projected.reshape(count, length, 3, heads, width // heads).transpose(2, 0, 3, 1, 4)
        query, key, value = split
        scores = query @ key.swapaxes(-1, -2) / math.sqrt(width // heads)
        if mask is not None:
            scores = scores + mask
        mixed = (softmax(scores) @ value).transpose(0, 2, 1, 3).reshape(count, length, width)
        return self.linear(mixed, f"{name}.out_proj")

    def activation(self, x):
        if self.model.get("quick_gelu", False):
            return x / (1 + np.exp(-1.702 * x))
        return 0.5 * x * (1 + erf(x / math.sqrt(2)))
