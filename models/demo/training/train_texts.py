"""Trains the text tower: each text must come to lie at the vectors of the labels that it fits, which stay as they are.

The tower has a single layer, so that only one row of it has to be computed: ten times as many texts a second as with
four, which after the same time were no better.

Needs what prepare.py and train_pictures.py wrote, and the vocabulary. Rank 0 writes $DEMO_ROOT/out/clip.pt, both
towers.
"""

import argparse
import random
import time

import torch
import torch.nn.functional as F

import folders
import parallel
from captions import Captions
from dataset import Dataset, TextEncoder
from evaluate import Evaluator, names_by_text, summary
from labels import Labels, padded
from model import Clip
from muon import Muon

TEXTS = 1024
# Every sixth step is about WordNet's nouns and glosses.
WORDNET_EVERY = 6
NAME_TOKENS, GLOSS_TOKENS = 20, 28

MUON_RATE = 0.02
ADAM_RATE = 2e-3
WARMUP_STEPS = 50


SCALE = 25.0
# How much the distance to the labels' mean counts beside the choice among all labels.
DISTANCE_WEIGHT = 6.0

REPORT_STEPS = 50


class Trainer:
    """One rank's part of the training."""

    def __init__(self, rank, ranks, steps, device, resume=False):
        self.rank, self.ranks, self.steps, self.device = rank, ranks, steps, device
        torch.manual_seed(2)
        self.dataset = Dataset()
        training = self.dataset.training()
        labels = Labels(self.dataset.items, training)
        pictures = torch.load(folders.OUT / "pictures.pt", map_location="cpu")
        if pictures["words"] != labels.words:
            raise ValueError("pictures.pt was made from other drawings")
        self.captions = Captions(self.dataset.items, training, labels, random.Random(2 + rank))
        self.encode_text = TextEncoder()
        average = pictures["average"]
        self.table = F.normalize(average["table"].float(), dim=1).to(device)

        self.model = Clip()
        if resume:
            self.model.load_state_dict(torch.load(folders.OUT / "clip.pt", map_location="cpu"))
        tower = {name: value for name, value in average.items() if name.startswith("visual.")}
        self.model.load_state_dict(tower, strict=False)
        with torch.no_grad():
            self.model.logit_scale.copy_(average["scales"][0])
        self.model.to(device)
        self.parameters = [p for name, p in self.model.named_parameters() if is_of_texts(name)]
        matrices = [p for p in self.model.transformer.parameters() if p.ndim == 2]
        chosen = {id(p) for p in matrices}
        self.muon = Muon(matrices)
        others = [p for p in self.parameters if id(p) not in chosen]
        self.adam = torch.optim.AdamW(others, lr=ADAM_RATE, betas=(0.9, 0.98), weight_decay=0.01)

    def loss(self, texts, fitting, tokens):
        ids = self.encode_text(texts, tokens).to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            embedded = self.model.encode_text_by_last_row(ids)
        embedded = F.normalize(embedded.float(), dim=1)
        fitting = padded(fitting).to(self.device)
        rows, places = (fitting >= 0).nonzero(as_tuple=True)
        columns = fitting[rows, places]
        share = 1 / (fitting >= 0).sum(1).float()[rows]
        log_probabilities = (SCALE * embedded @ self.table.t()).log_softmax(1)
        choice = -(log_probabilities[rows, columns] * share).sum() / len(texts)
        mean = torch.zeros_like(embedded).index_add_(0, rows, self.table[columns])
        distance = 1 - (embedded * F.normalize(mean, dim=1)).sum(1).mean()
        return choice + DISTANCE_WEIGHT * distance, torch.stack([choice.detach(), distance.detach()])

    def step(self, number):
        rate = min(1.0, (number + 1) / WARMUP_STEPS) * (1 - number / self.steps)
        about_wordnet = number % WORDNET_EVERY == WORDNET_EVERY - 1
        sample = self.captions.sample_wordnet if about_wordnet else self.captions.sample
        loss, measured = self.loss(*sample(TEXTS), GLOSS_TOKENS if about_wordnet else NAME_TOKENS)
        for p in self.parameters:
            p.grad = None
        loss.backward()
        parallel.average_gradients(self.parameters, self.ranks)
        self.adam.param_groups[0]["lr"] = rate * ADAM_RATE
        self.adam.step()
        self.muon.step(rate * MUON_RATE, self.rank, self.ranks)
        return measured

    def train(self):
        start = time.monotonic()
        for number in range(self.steps):
            measured = self.step(number)
            if self.rank == 0 and (number + 1) % REPORT_STEPS == 0:
                choice, distance = measured.tolist()
                speed = (number + 1) * TEXTS * self.ranks / (time.monotonic() - start)
                print(f"step {number + 1}, loss {choice:.3f}, distance {distance:.3f}, {speed:.0f} texts/s", flush=True)
        if self.rank == 0:
            model = self.model.cpu()
            torch.save(model.state_dict(), folders.OUT / "clip.pt")
            names = names_by_text(model, self.encode_text)
            print(summary(Evaluator(model.encode_image, names, self.dataset).measure()), flush=True)


def is_of_texts(name):
    return not name.startswith("visual.") and name != "logit_scale"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1400, help="steps in all (default: 1400)")
    parser.add_argument("--resume", action="store_true", help="start from the text tower in $DEMO_ROOT/out")
    parallel.add_arguments(parser)
    arguments = parser.parse_args()
    parallel.start(arguments)
    device = torch.device(arguments.device)
    Trainer(arguments.rank, arguments.ranks, arguments.steps, device, arguments.resume).train()
    parallel.wait_for_all(arguments.ranks)


if __name__ == "__main__":
    main()
