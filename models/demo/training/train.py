"""Trains the model: first the text tower alone on WordNet, then both on drawings and captions.

Needs what prepare.py and learn_vocabulary.py wrote. Runs for the given minutes, whatever the machine's speed, as one
process per rank with one thread each; make.sh starts two. Rank 0 writes $DEMO_ROOT/out/clip_demo_fp32.pt.
"""

import argparse
import math
import random
import re
import time

import numpy as np
import torch
import torch.distributed
import torch.nn.functional as F

import folders
from augment import augment
from captions import caption, simple_caption
from dataset import Dataset, TextEncoder
from evaluate import TEMPLATES, Evaluator
from glosses import read_glosses, sample_pairs
from model import Clip

# Pictures a step and rank, and further captions that serve as negatives only.
PICTURES = 96
EXTRA_CAPTIONS = 32
CAPTION_TOKENS = 24
WORD_TOKENS, GLOSS_TOKENS = 16, 22

PEAK_RATE = 8e-4
WARMUP_STEPS = 60
MAX_GRADIENT_NORM = 1.0

GLOSS_RATE = 1e-3
GLOSS_SCALE = 20.0
GLOSS_PAIRS = 256
# In the second phase the glosses stay part of every fourth step.
GLOSS_EVERY = 4
GLOSS_PAIRS_BESIDE = 64
GLOSS_WEIGHT = 0.2

REPORT_STEPS = 25
EVALUATE_SECONDS = 360

# How often a collection is drawn from; 1 where it is not named.
SOURCE_WEIGHTS = {
    "openclipart": 0.7,
    "flat-color-icons": 0.7,
    "streamline-ultimate-color": 0.5,
    "streamline-freehand-color": 0.3,
    "fluent-emoji-high-contrast": 0.3,
    "icon-park": 0.3,
    "ph": 0.1,
    "mdi": 0.1,
    "game-icons": 0.1,
}
# The same for emojibase's groups: things before faces and signs.
GROUP_WEIGHTS = {0: 1.0, 1: 0.5, 3: 1.7, 4: 1.7, 5: 1.4, 6: 1.4, 7: 1.3, 8: 0.5}
PEOPLE, SYMBOLS = 1, 8
JOINER = "-200D"

# Names of drawings that mean something else when mirrored.
NO_FLIP = re.compile(
    r"left|right|arrow|clock|thirty|button|keycap|letter|number|abc|japanese|sign|mark|sound|symbol|read|write|zodiac"
    r"|chart|note|facing|question|copyright|registered|calendar|aries|taurus|gemini|cancer|leo|virgo|libra|scorp"
    r"|sagit|capri|aquar|pisces"
)


def cosine_decay(progress):
    return 0.5 * (1 + math.cos(math.pi * progress))


def patches_kept(progress):
    """Patches of each picture that are looked at, of 64: few at first, because that is fast, all at the end."""
    for end, patches in ((0.5, 20), (0.8, 28), (0.92, 40)):
        if progress < end:
            return patches
    return 64


def sampling_weight(item, emoji):
    weight = SOURCE_WEIGHTS.get(item["source"], 1.0)
    if item.get("emoji"):
        known = emoji[item["emoji"]]
        weight *= GROUP_WEIGHTS.get(known["group"], 1.0)
        combined_person = JOINER in item["emoji"] and known["group"] == PEOPLE
        if combined_person or known["subgroup"] in ("family", "time"):
            weight *= 0.3
    return weight


def must_not_flip(item, emoji):
    is_symbol = item.get("emoji") is not None and emoji[item["emoji"]]["group"] == SYMBOLS
    return bool(NO_FLIP.search(item["concept"])) or is_symbol


def soft_cross_entropy(logits, positives):
    """Cross-entropy with every positive of a row equally likely."""
    targets = positives.float()
    targets = targets / targets.sum(1, keepdim=True)
    return -(targets * logits.log_softmax(1)).sum(1).mean()


class Trainer:
    """One rank's part of the training."""

    def __init__(self, rank, ranks):
        self.rank, self.ranks = rank, ranks
        self.rng = random.Random(1 + rank)
        self.generator = torch.Generator().manual_seed(1 + rank)
        self.sampler = np.random.RandomState(1 + rank)
        torch.manual_seed(1)

        self.dataset = Dataset()
        self.encode_text = TextEncoder()
        self.glosses = read_glosses()
        self.model = Clip()
        self.optimizer = self.make_optimizer()
        self.prepare_items()

    def make_optimizer(self):
        """AdamW with weight decay for matrices only."""
        decayed, others = [], []
        for name, parameter in self.model.named_parameters():
            is_matrix = parameter.ndim >= 2 and "embedding" not in name
            (decayed if is_matrix else others).append(parameter)
        groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
        return torch.optim.AdamW(groups, lr=GLOSS_RATE, betas=(0.9, 0.98), eps=1e-6)

    def prepare_items(self):
        items, emoji = self.dataset.items, self.dataset.emoji
        self.training = np.array(self.dataset.training())
        weights = np.array([sampling_weight(items[i], emoji) for i in self.training])
        self.weights = weights / weights.sum()
        self.mono = torch.tensor([bool(item["mono"]) for item in items])
        self.no_flip = torch.tensor([must_not_flip(item, emoji) for item in items])
        self.opaque = torch.from_numpy(self.dataset.images[..., 3].min((1, 2)) > 250)
        self.concepts = np.array([item["concept"] for item in items], dtype=object)
        lists = ("names", "synonyms", "tags", "hypernyms")
        self.known_as = [{item["concept"]}.union(*(item[key] for key in lists)) for item in items]

    def progress(self, start, minutes):
        """The part of the time that is over, from 0; rank 0's clock counts, so that all ranks stop together."""
        value = torch.tensor([(time.monotonic() - start) / (minutes * 60)])
        torch.distributed.broadcast(value, 0)
        return float(value)

    def step(self, loss, rate):
        """One step of the optimizer with the mean of all ranks' gradients."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss.backward()
        parameters = list(self.model.parameters())
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        torch.distributed.all_reduce(flat)
        flat /= self.ranks
        for parameter, part in zip(parameters, flat.split([p.numel() for p in parameters])):
            parameter.grad = part.view_as(parameter).clone()
        torch.nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT_NORM)
        self.optimizer.step()

    def gloss_loss(self, count):
        """Contrastive loss between words and their glosses, hypernyms or synonyms."""
        first, second = sample_pairs(self.glosses, count, self.rng)
        a = self.model.encode_text(self.encode_text(first, WORD_TOKENS))
        b = self.model.encode_text(self.encode_text(second, GLOSS_TOKENS))
        # The same second text, such as a common hypernym, is not a negative.
        same = torch.tensor([[x == y for y in second] for x in second]).fill_diagonal_(False)
        logits = (GLOSS_SCALE * a @ b.t()).masked_fill(same, -1e4)
        targets = torch.arange(count)
        return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.t(), targets)) / 2

    def train_texts(self, minutes):
        """The first phase."""
        start, steps = time.monotonic(), 0
        while (progress := self.progress(start, minutes)) < 1:
            rate = GLOSS_RATE * min(1, steps / WARMUP_STEPS) * (0.15 + 0.85 * cosine_decay(progress))
            loss = self.gloss_loss(GLOSS_PAIRS)
            self.step(loss, rate)
            steps += 1
            if steps % REPORT_STEPS == 0:
                self.report(f"texts: step {steps}, {progress:.0%}, loss {loss.item():.3f}")
        self.optimizer.state.clear()

    def contrastive_loss(self, progress):
        """Loss of a batch of pictures and captions. A caption that fits several pictures is no negative of any."""
        make_caption = simple_caption if progress < 0.2 else caption
        items = self.dataset.items
        chosen = self.sampler.choice(self.training, PICTURES, p=self.weights, replace=False)
        captions = [make_caption(items[i], self.rng) for i in chosen]
        extra = self.sampler.choice(self.training, EXTRA_CAPTIONS, p=self.weights, replace=False)
        captions += [make_caption(items[i], self.rng) for i in extra]
        texts, keys = zip(*captions)

        pixels = augment(
            self.dataset.images[chosen],
            self.mono[chosen],
            self.opaque[chosen],
            self.no_flip[chosen],
            self.generator,
        )
        concepts = self.concepts[chosen]
        caption_concepts = np.concatenate([concepts, self.concepts[extra]])
        is_name = np.array([[key in self.known_as[i] for key in keys] for i in chosen])
        positive = torch.from_numpy(concepts[:, None] == np.array(keys, dtype=object)[None, :])
        positive[torch.arange(PICTURES), torch.arange(PICTURES)] = True
        fits = torch.from_numpy(is_name | (concepts[:, None] == caption_concepts[None, :]))

        pictures = self.model.encode_image(pixels, patches_kept(progress))
        sentences = self.model.encode_text(self.encode_text(texts, CAPTION_TOKENS))
        logits = self.model.logit_scale.exp() * pictures @ sentences.t()
        logits = logits.masked_fill(fits & ~positive, -1e4)
        by_picture = soft_cross_entropy(logits, positive)
        by_caption = soft_cross_entropy(logits[:, :PICTURES].t(), positive[:, :PICTURES].t())
        return (by_picture + by_caption) / 2

    def train_both(self, minutes):
        """The second phase."""
        start, steps = time.monotonic(), 0
        evaluated = start
        while (progress := self.progress(start, minutes)) < 1:
            rate = PEAK_RATE * min(1, (steps + 1) / WARMUP_STEPS) * max(0.01, cosine_decay(progress))
            loss = total = self.contrastive_loss(progress)
            if steps % GLOSS_EVERY == 0:
                total = loss + GLOSS_WEIGHT * self.gloss_loss(GLOSS_PAIRS_BESIDE)
            self.step(total, rate)
            with torch.no_grad():
                self.model.logit_scale.clamp_(0, math.log(100))
            steps += 1
            if steps % REPORT_STEPS == 0:
                rate_seen = steps * PICTURES * self.ranks / (time.monotonic() - start)
                scale = self.model.logit_scale.exp().item()
                self.report(
                    f"both: step {steps}, {progress:.0%}, loss {loss.item():.3f}, scale {scale:.1f}, "
                    f"rate {rate:.1e}, {rate_seen:.0f} pictures/s"
                )
            if self.rank == 0 and time.monotonic() - evaluated > EVALUATE_SECONDS:
                self.report(self.evaluator(TEMPLATES[:2]).measure())
                evaluated = time.monotonic()

    def evaluator(self, templates):
        return Evaluator(self.model, self.dataset, self.encode_text, templates)

    def report(self, message):
        if self.rank == 0:
            print(message, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text-minutes", type=float, default=1.5, help="for the first phase (default: 1.5)")
    parser.add_argument("--minutes", type=float, default=48, help="for the second phase (default: 48)")
    parser.add_argument("--rank", type=int, default=0, help="this process, from 0 (default: 0)")
    parser.add_argument("--ranks", type=int, default=1, help="processes in all (default: 1)")
    parser.add_argument("--rendezvous", required=True, help="a file, not there yet, by which the ranks find each other")
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{arguments.rendezvous}", rank=arguments.rank, world_size=arguments.ranks
    )
    trainer = Trainer(arguments.rank, arguments.ranks)
    trainer.train_texts(arguments.text_minutes)
    trainer.train_both(arguments.minutes)
    torch.distributed.barrier()
    if arguments.rank == 0:
        folders.OUT.mkdir(parents=True, exist_ok=True)
        torch.save(trainer.model.state_dict(), folders.OUT / "clip_demo_fp32.pt")


if __name__ == "__main__":
    main()
