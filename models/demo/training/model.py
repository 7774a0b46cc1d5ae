"""CLIP in PyTorch: a vision transformer and a causal text transformer, with OpenCLIP's tensor names."""

import math

import torch
import torch.nn.functional as F
from torch import nn

CONFIG = {
    "embed_dim": 128,
    "vision_cfg": {"image_size": 96, "layers": 6, "width": 192, "head_width": 64, "patch_size": 12},
    "text_cfg": {"context_length": 32, "vocab_size": 8192, "width": 128, "heads": 2, "layers": 1},
}

# Keeps faint components of patches from being blown up.
WHITENING_FLOOR = 0.02


class Attention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x, mask=None):
        count, length, width = x.shape
        head_width = width // self.heads
        projected = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        projected = projected.view(count, length, 3, self.heads, head_width).permute(2, 0, 3, 1, 4)
        query, key, value = projected.reshape(3, count * self.heads, length, head_width).unbind(0)
        scores = torch.bmm(query * head_width**-0.5, key.transpose(1, 2))
        if mask is not None:
            scores = scores + mask
        mixed = torch.bmm(scores.softmax(-1), value)
        mixed = mixed.view(count, self.heads, length, head_width).transpose(1, 2).reshape(count, length, width)
        return self.out_proj(mixed)


class Block(nn.Module):
    """One transformer layer, normalising before each part."""

    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("gelu", nn.GELU())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))

    def forward(self, x, mask=None):
        x = x + self.attn(self.ln_1(x), mask)
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    """A stack of layers."""

    def __init__(self, width, layers, heads):
        super().__init__()
        self.width = width
        self.resblocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])

    def forward(self, x, mask=None):
        for block in self.resblocks:
            x = block(x, mask)
        return x

    def initialise(self):
        """CLIP's initial weights: residual branches start small, the smaller the deeper the stack."""
        attention = self.width**-0.5
        projection = attention * (2 * len(self.resblocks)) ** -0.5
        for block in self.resblocks:
            nn.init.normal_(block.attn.in_proj_weight, std=attention)
            nn.init.normal_(block.attn.out_proj.weight, std=projection)
            nn.init.zeros_(block.attn.out_proj.bias)
            nn.init.normal_(block.mlp.c_fc.weight, std=(2 * self.width) ** -0.5)
            nn.init.normal_(block.mlp.c_proj.weight, std=projection)


class Visual(nn.Module):
    """The picture tower: [B, 3, size, size] to [B, embed_dim]."""

    def __init__(self, image_size, layers, width, head_width, patch_size, embed_dim):
        super().__init__()
        self.patch = patch_size
        self.grid = image_size // patch_size
        scale = width**-0.5
        self.conv1 = nn.Conv2d(3, width, patch_size, patch_size, bias=False)
        self.class_embedding = nn.Parameter(scale * torch.randn(width))
        self.positional_embedding = nn.Parameter(scale * torch.randn(self.grid**2 + 1, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, width // head_width)
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(scale * torch.randn(width, embed_dim))

    @torch.no_grad()
    def initialise(self, patches):
        """Starts from what patches [N, 3 * patch * patch] look like, and from where they lie.

        The patch embedding starts as the principal components of patches, whitened; positions as waves; and keys as
        queries, so that patches first attend to those that are like them or near.
        """
        count, width = self.grid**2, len(self.conv1.weight)
        variances, components = torch.linalg.eigh(patches.t() @ patches / len(patches))
        strongest = components[:, -width:] / (variances[-width:] + WHITENING_FLOOR).sqrt()
        self.conv1.weight.copy_(strongest.t().reshape(self.conv1.weight.shape))
        frequencies = 0.5 * math.pi * torch.arange(1, width // 4 + 1) / (width // 4)
        angles = torch.arange(self.grid)[:, None] * frequencies
        waves = torch.cat([angles.sin(), angles.cos()], 1)
        rows = waves[:, None].expand(-1, self.grid, -1)
        columns = waves[None].expand(self.grid, -1, -1)
        self.positional_embedding[1:].copy_(torch.cat([rows, columns], 2).reshape(count, width))
        for block in self.transformer.resblocks:
            query = 0.6 * block.attn.in_proj_weight[:width]
            block.attn.in_proj_weight[: 2 * width].copy_(torch.cat([query, query]))

    def forward(self, x):
        return self.forward_patches(self.cut(x))

    def cut(self, x):
        """[B, 3, size, size] to patches [B, grid * grid, 3 * patch * patch]."""
        count, grid, patch = len(x), self.grid, self.patch
        x = x.reshape(count, 3, grid, patch, grid, patch).permute(0, 2, 4, 1, 3, 5)
        return x.reshape(count, grid * grid, 3 * patch * patch)

    def forward_patches(self, x, kept=None):
        """Any patches of each picture, with their numbers in `kept` where they are not all of them."""
        positions = self.positional_embedding[1:]
        if kept is not None:
            positions = F.embedding(kept, positions)
        # A convolution whose stride is its kernel's size is a matrix product over the patches.
        x = F.linear(x, self.conv1.weight.flatten(1)) + positions
        class_token = (self.class_embedding + self.positional_embedding[0]).expand(len(x), 1, -1)
        x = self.ln_pre(torch.cat([class_token, x], 1))
        x = self.transformer(x)
        return self.ln_post(x[:, 0]) @ self.proj


class Clip(nn.Module):
    """Both towers. Embeddings are L2-normalised."""

    def __init__(self, config=CONFIG):
        super().__init__()
        text, embed_dim = config["text_cfg"], config["embed_dim"]
        width, context_length = text["width"], text["context_length"]
        self.visual = Visual(**config["vision_cfg"], embed_dim=embed_dim)
        self.transformer = Transformer(width, text["layers"], text["heads"])
        self.token_embedding = nn.Embedding(text["vocab_size"], width)
        self.positional_embedding = nn.Parameter(torch.empty(context_length, width))
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.empty(width, embed_dim))
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        causal = torch.full((context_length, context_length), -1e9).triu(1)
        self.register_buffer("mask", causal, persistent=False)

        nn.init.normal_(self.token_embedding.weight, std=0.02)
        nn.init.normal_(self.positional_embedding, std=0.01)
        nn.init.normal_(self.text_projection, std=width**-0.5)
        self.transformer.initialise()
        self.visual.transformer.initialise()

    def encode_image(self, pixels):
        return F.normalize(self.visual(pixels), dim=-1)

    def encode_text_by_last_row(self, tokens):
        """What encode_text gives with a single layer, of which only the end token's row is computed."""
        length, last = tokens.shape[1], tokens.argmax(1)
        rows = torch.arange(len(tokens), device=tokens.device)
        x = self.token_embedding(tokens) + self.positional_embedding[:length]
        block, count, width = self.transformer.resblocks[0], len(tokens), x.shape[2]
        heads = block.attn.heads
        normalised = block.ln_1(x)
        x = x[rows, last]
        weights, biases = block.attn.in_proj_weight, block.attn.in_proj_bias
        query = F.linear(normalised[rows, last], weights[:width], biases[:width])
        key, value = F.linear(normalised, weights[width:], biases[width:]).chunk(2, 2)
        query = query.view(count, 1, heads, -1).transpose(1, 2)
        key, value = (part.view(count, length, heads, -1).transpose(1, 2) for part in (key, value))
        scores = query @ key.transpose(2, 3) * query.shape[3] ** -0.5
        after_end = torch.arange(length, device=tokens.device) > last[:, None]
        scores = scores.masked_fill(after_end[:, None, None], -1e9)
        x = x + block.attn.out_proj((scores.softmax(-1) @ value).transpose(1, 2).reshape(count, width))
        x = self.ln_final(x + block.mlp(block.ln_2(x)))
        return F.normalize(x @ self.text_projection, dim=-1)

    def encode_text(self, tokens):
        """`tokens` are padded with 0 after the end token, which has the highest id."""
        length = tokens.shape[1]
        x = self.token_embedding(tokens) + self.positional_embedding[:length]
        x = self.ln_final(self.transformer(x, self.mask[:length, :length]))
        x = x[torch.arange(len(tokens)), tokens.argmax(1)]
        return F.normalize(x @ self.text_projection, dim=-1)
