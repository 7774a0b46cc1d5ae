"""Trains the picture tower: each drawing must come to lie at its concept's vector, in a table learnt with it.

Needs what prepare.py wrote. Runs as one process per rank with one thread each; make.sh starts two. Rank 0 writes
$DEMO_ROOT/out/pictures.pt: the tower (a moving average of its weights), the table, and all that a further run with
--resume needs. With a number of steps in the file $DEMO_ROOT/end-at-step the training ends there instead.
"""

import argparse
import math
import re
import time

import numpy as np
import torch
import torch.nn.functional as F

import folders
import parallel
from augment import augment
from dataset import Dataset
from evaluate import Evaluator, summary
from labels import Labels
from model import CONFIG, Visual
from muon import Muon

# Pictures a step and rank; they go through the tower in parts that fit the caches.
PICTURES = 128
PART = 64

MUON_RATE = 0.012
ADAM_RATE = 1e-3
# The patch embedding starts whitened, and its 432 inputs are much alike: at the full rate it would jump.
PATCH_RATE = 3e-5
TABLE_RATE = 3e-3
FIRST_TABLE_NORM = 2.0
WARMUP_STEPS = 100
# The rate falls to 0 over the last steps of a run.
DECAY_SHARE, DECAY_MAX_STEPS = 0.4, 2400
MAX_GRADIENT_NORM = 5.0
AVERAGE, AVERAGE_FROM_STEP, FIRST_WEIGHT = 0.998, 200, 0.05

# Cosines are multiplied by this before the softmax; it is learnt.
FIRST_SCALE, MAX_SCALE = 14.0, 40.0
LABEL_SMOOTHING = 0.1
GENERAL_WEIGHT = 0.8

REPORT_STEPS = 20
EVALUATE_STEPS = 300
PATCH_SAMPLE = 2000

# How often a collection is drawn from; 1 where it is not named.
SOURCE_WEIGHTS = {
    "openclipart": 1.0,
    "flat-color-icons": 0.7,
    "streamline-ultimate-color": 0.5,
    "streamline-freehand-color": 0.3,
    "streamline-kameleon-color": 0.4,
    "fluent-emoji-high-contrast": 0.35,
    "emojione-monotone": 0.35,
    "fluent-emoji": 0.8,
    "icon-park": 0.3,
    "ph": 0.1,
    "mdi": 0.1,
    "game-icons": 0.1,
}
# The same for emojibase's groups: things before faces and signs.
GROUP_WEIGHTS = {0: 0.9, 1: 0.5, 3: 1.7, 4: 1.7, 5: 1.4, 6: 1.4, 7: 1.3, 8: 0.6}
PEOPLE, SYMBOLS = 1, 8
JOINER = "-200D"
# How often a drawing that has other styles is shown as it is.
PLAIN_SHARE = 0.4

# Names of drawings that mean something else when mirrored.
NO_FLIP = re.compile(
    r"left|right|arrow|clock|thirty|button|keycap|letter|number|abc|japanese|sign|mark|sound|symbol|read|write|zodiac"
    r"|chart|note|facing|question|copyright|registered|calendar|aries|taurus|gemini|cancer|leo|virgo|libra|scorp"
    r"|sagit|capri|aquar|pisces"
)


def sampling_weight(item, emoji):
    """How often a drawing is shown, compared with others."""
    weight = SOURCE_WEIGHTS.get(item["source"], 1.0)
    if "emoji" in item:
        group = emoji[item["emoji"]]["group"]
        weight *= GROUP_WEIGHTS[group]
        if group == PEOPLE and JOINER in item["emoji"]:
            weight *= 0.6
    return weight


def must_not_flip(item, emoji):
    group = emoji[item["emoji"]]["group"] if "emoji" in item else None
    return group == SYMBOLS or bool(NO_FLIP.search(item["concept"]))


class Trainer:
    """One rank's part of the training."""

    def __init__(self, rank, ranks, steps, device):
        self.rank, self.ranks, self.steps, self.device = rank, ranks, steps, device
        self.generator = torch.Generator().manual_seed(1 + rank)
        self.sampler = np.random.RandomState(1 + rank)
        torch.manual_seed(1)
        self.dataset = Dataset()
        self.prepare_items()
        self.visual = Visual(**CONFIG["vision_cfg"], embed_dim=CONFIG["embed_dim"])
        self.visual.transformer.initialise()
        self.visual.initialise(self.batch(self.sampler.choice(self.training, PATCH_SAMPLE), 8)[0].flatten(0, 1))
        self.table = torch.nn.Parameter(FIRST_TABLE_NORM * self.labels.first_table(CONFIG["embed_dim"]))
        self.scales = torch.nn.Parameter(torch.tensor([FIRST_SCALE, FIRST_SCALE]).log())
        self.to_device()
        self.make_optimizers()
        self.step_number = 0

    def prepare_items(self):
        items, emoji = self.dataset.items, self.dataset.emoji
        self.training = np.array(self.dataset.training())
        self.labels = Labels(items, self.training)
        weights = np.array([sampling_weight(items[i], emoji) for i in self.training])
        self.weights = weights / weights.sum()
        self.mono = torch.tensor([bool(item["mono"]) for item in items])
        self.no_flip = torch.tensor([must_not_flip(item, emoji) for item in items])
        self.opaque = torch.tensor([bool(self.dataset.images[i, ..., 3].min() > 250) for i in range(len(items))])

    def to_device(self):
        self.visual.to(self.device)
        self.table.data = self.table.data.to(self.device)
        self.scales.data = self.scales.data.to(self.device)
        labels = self.labels
        for name in ("general", "concept", "also", "kinds"):
            setattr(labels, name, getattr(labels, name).to(self.device))

    def make_optimizers(self):
        """Muon for the layers' matrices, AdamW for all else."""
        matrices = [p for p in self.visual.transformer.parameters() if p.ndim == 2]
        chosen = {id(p) for p in matrices}
        patches = self.visual.conv1.weight
        others = [p for p in self.visual.parameters() if id(p) not in chosen and p is not patches]
        self.muon = Muon(matrices)
        groups = [
            {"params": [patches], "base": PATCH_RATE},
            {"params": others, "base": ADAM_RATE},
            {"params": [self.table, self.scales], "base": TABLE_RATE},
        ]
        self.adam = torch.optim.AdamW(groups, lr=ADAM_RATE, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.01)
        self.parameters = [*self.visual.parameters(), self.table, self.scales]
        self.average = [p.detach().clone() for p in self.parameters]

    def rate(self):
        """The part of the full rate at this step."""
        decay = min(DECAY_SHARE * self.steps, DECAY_MAX_STEPS)
        return max(0.0, min(1.0, (self.step_number + 1) / WARMUP_STEPS, (self.steps - self.step_number) / decay))

    def patches_kept(self):
        """Few patches for most of the training, all of them at its end."""
        rate = self.rate() if self.step_number > WARMUP_STEPS else 1.0
        return 20 if rate > 0.45 else 32 if rate > 0.15 else 64

    def batch(self, chosen, keep):
        """Pixels and patch numbers of drawings, many of them in another style."""
        variants = [self.dataset.items[i]["variants"] for i in chosen]
        plain = self.sampler.rand(len(chosen)) < PLAIN_SHARE
        # Of two other styles the first is shown three times as often as the second.
        pictures = [
            i if shown_plain or not others else others[self.sampler.randint(4) // 3 % len(others)]
            for i, others, shown_plain in zip(chosen, variants, plain)
        ]
        pixels, kept = augment(
            self.dataset.images[pictures],
            self.mono[chosen],
            self.opaque[chosen],
            self.no_flip[chosen],
            keep,
            self.generator,
        )
        return pixels.to(self.device), kept.to(self.device)

    def loss(self, chosen, keep):
        """How far drawings are from their concepts, and from the more general words that fit them."""
        labels = self.labels
        pixels, kept = self.batch(chosen, keep)
        with torch.autocast(self.device.type, torch.bfloat16):
            pictures = self.visual.forward_patches(pixels, kept)
        pictures = F.normalize(pictures.float(), dim=1)
        similarity = pictures @ F.normalize(self.table, dim=1).t()
        scales = self.scales.exp()

        logits = scales[0] * similarity[:, : labels.concepts]
        # A concept that is also a name of the drawing is neither right nor wrong.
        also = labels.also[chosen]
        rows, places = (also >= 0).nonzero(as_tuple=True)
        logits = logits.index_put((rows, also[rows, places]), torch.tensor(-1e4, device=self.device))
        concept = labels.concept[chosen]
        log_probabilities = logits.log_softmax(1)
        right = log_probabilities.gather(1, concept[:, None]).mean()
        # Smoothed with the mean of the logits, without those that were taken out.
        spread = (scales[0] * similarity[:, : labels.concepts]).mean(1) - logits.logsumexp(1)
        exact = -(1 - LABEL_SMOOTHING) * right - LABEL_SMOOTHING * spread.mean()

        kinds = labels.kinds[chosen]
        rows, places = (kinds >= 0).nonzero(as_tuple=True)
        log_probabilities = (scales[1] * similarity[:, labels.general]).log_softmax(1)
        counts = (kinds >= 0).sum(1).clamp(min=1).float()
        general = -(log_probabilities[rows, kinds[rows, places]] / counts[rows]).sum() / len(chosen)
        accuracy = (logits.detach().argmax(1) == concept).float().mean()
        return exact + GENERAL_WEIGHT * general, torch.stack([exact.detach(), general.detach(), accuracy])

    def step(self):
        """One step of both optimizers with the mean of all ranks' gradients. Returns what to report."""
        keep, rate = self.patches_kept(), self.rate()
        chosen = self.sampler.choice(self.training, PICTURES, p=self.weights)
        parts = [chosen[i : i + PART] for i in range(0, PICTURES, PART)]
        for p in self.parameters:
            p.grad = None
        measured = 0
        for part in parts:
            loss, numbers = self.loss(part, keep)
            (loss / len(parts)).backward()
            measured = measured + numbers / len(parts)
        parallel.average_gradients(self.parameters, self.ranks)
        torch.nn.utils.clip_grad_norm_(self.parameters, MAX_GRADIENT_NORM)
        for group in self.adam.param_groups:
            group["lr"] = rate * group["base"]
        self.adam.step()
        self.muon.step(rate * MUON_RATE, self.rank, self.ranks)
        with torch.no_grad():
            self.scales.clamp_(max=math.log(MAX_SCALE))
            weight = 1 - AVERAGE if self.step_number > AVERAGE_FROM_STEP else FIRST_WEIGHT
            torch._foreach_mul_(self.average, 1 - weight)
            torch._foreach_add_(self.average, [p.detach() for p in self.parameters], alpha=weight)
        self.step_number += 1
        return measured

    def train(self):
        clock, seen, total = time.process_time(), 0, 0
        start = time.monotonic()
        while self.step_number < self.steps:
            keep = self.patches_kept()
            total = total + self.step()
            seen += PICTURES * self.ranks
            if self.step_number % REPORT_STEPS == 0:
                exact, general, accuracy = (total / REPORT_STEPS).tolist()
                speed, speed_cpu = seen / (time.monotonic() - start), seen / (time.process_time() - clock)
                self.report(
                    f"step {self.step_number} of {self.steps}, loss {exact:.3f} + {general:.3f}, right {accuracy:.1%}, "
                    f"rate {self.rate():.2f}, patches {keep}, scales {self.scales.exp().tolist()[0]:.1f} "
                    f"{self.scales.exp().tolist()[1]:.1f}, {speed:.0f} pictures/s ({speed_cpu:.0f} undisturbed)"
                )
                clock, seen, total, start = time.process_time(), 0, 0, time.monotonic()
                self.steps = self.wanted_steps()
            if self.step_number % EVALUATE_STEPS == 0 or self.step_number >= self.steps:
                if self.rank == 0:
                    self.evaluate()
                    self.save()
                parallel.wait_for_all(self.ranks)
                clock, start, seen = time.process_time(), time.monotonic(), 0

    def wanted_steps(self):
        """The number of steps of this run, which a file can change; the same for all ranks."""
        path = folders.ROOT / "end-at-step"
        steps = int(path.read_text()) if self.rank == 0 and path.exists() else self.steps
        return parallel.from_first(steps, self.ranks)

    @torch.no_grad()
    def evaluate(self):
        """Measures the averaged tower, with the table in the place of texts."""
        current = [p.detach().clone() for p in self.parameters]
        for p, average in zip(self.parameters, self.average):
            p.copy_(average)
        table = F.normalize(self.table, dim=1).cpu()
        encode = lambda x: F.normalize(self.visual(x.to(self.device)), dim=1).cpu()  # noqa: E731
        names = lambda words: table[[self.labels.index[word] for word in words]]  # noqa: E731
        accuracy = Evaluator(encode, names, self.dataset).measure()
        self.report(f"  after {self.step_number * PICTURES * self.ranks} pictures: {summary(accuracy)}")
        for p, value in zip(self.parameters, current):
            p.copy_(value)

    def save(self):
        folders.OUT.mkdir(parents=True, exist_ok=True)
        names = [*(f"visual.{name}" for name, _ in self.visual.named_parameters()), "table", "scales"]
        state = {
            "step": self.step_number,
            "words": self.labels.words,
            "average": dict(zip(names, self.average)),
            "current": [p.detach() for p in self.parameters],
            "adam": self.adam.state_dict(),
            "muon": self.muon.state_dict(),
        }
        torch.save(state, folders.OUT / "pictures.tmp")
        (folders.OUT / "pictures.tmp").rename(folders.OUT / "pictures.pt")

    @torch.no_grad()
    def resume(self):
        state = torch.load(folders.OUT / "pictures.pt", map_location=self.device)
        for p, saved in zip(self.parameters, state["current"]):
            p.copy_(saved)
        for p, saved in zip(self.average, state["average"].values()):
            p.copy_(saved)
        self.adam.load_state_dict(state["adam"])
        self.muon.load_state_dict(state["muon"])
        self.step_number = state["step"]
        # Other drawings than in the steps before.
        self.generator.manual_seed(1000 * self.step_number + self.rank)
        self.sampler.seed(1000 * self.step_number + self.rank)

    def report(self, message):
        if self.rank == 0:
            print(message, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2800, help="steps in all (default: 2800)")
    parser.add_argument("--resume", action="store_true", help="go on from what is in $DEMO_ROOT/out")
    parallel.add_arguments(parser)
    arguments = parser.parse_args()
    parallel.start(arguments)
    trainer = Trainer(arguments.rank, arguments.ranks, arguments.steps, torch.device(arguments.device))
    if arguments.resume:
        trainer.resume()
    trainer.train()


if __name__ == "__main__":
    main()
