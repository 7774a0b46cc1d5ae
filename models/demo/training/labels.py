"""What drawings are called: the rows of the table that the picture tower is trained against.

Each concept is a label, and so is each more general word (dog, vehicle, flower) that fits several concepts.
"""

import collections

import numpy as np
import torch

from evaluate import STAMP_CLASSES

GENERAL_MIN_CONCEPTS = 4
# How much of a label's first vector is its own.
OWN_WEIGHT = 0.7
# Stands in the lists of labels where a drawing has fewer than others.
NONE = -1


def general_words(item):
    """What a drawing may be called: by name, by synonym, by what it is a kind of, by its folder of clip art."""
    words = {item["concept"], *item["names"], *item["synonyms"], *item["hypernyms"]}
    return words | set(item["tags"]) if item["source"] == "openclipart" else words


class Labels:
    """`words`, the labels; and of each drawing its concept, its general words, and concepts that are no mistake."""

    def __init__(self, items, training):
        concepts_of = collections.defaultdict(set)
        for i in training:
            for word in general_words(items[i]):
                concepts_of[word].add(items[i]["concept"])
        concepts = sorted({items[i]["concept"] for i in training})
        general = {word for word, fitting in concepts_of.items() if len(fitting) >= GENERAL_MIN_CONCEPTS}
        general.update(word for word in STAMP_CLASSES if word in concepts_of)
        self.words = concepts + sorted(general - set(concepts))
        self.concepts = len(concepts)
        self.index = {word: i for i, word in enumerate(self.words)}
        self.general = torch.tensor(sorted(self.index[word] for word in general))
        place = {int(label): i for i, label in enumerate(self.general)}

        self.concept = torch.tensor([self.index.get(item["concept"], 0) for item in items])
        also, kinds = [], []
        for item in items:
            words = general_words(item) | set(item["tags"])
            also.append([self.index[w] for w in words if w != item["concept"] and self.index.get(w, 1e9) < len(concepts)])
            kinds.append([place[self.index[w]] for w in general_words(item) if w in general])
        self.known_as = [set() for _ in self.words]
        for i in training:
            words = general_words(items[i]) | set(items[i]["tags"])
            self.known_as[self.index[items[i]["concept"]]] |= words
        self.also = padded(also)
        self.kinds = padded(kinds)

    def first_table(self, width):
        """[labels, width]: a random vector for each word, summed over what a label is known as, rare words most.

        So kinds of dogs start near one another, and near to `dog`.
        """
        counts = collections.Counter(word for words in self.known_as for word in words)
        generator = torch.Generator().manual_seed(3)
        vectors = {word: torch.randn(width, generator=generator) for word in sorted({*counts, *self.words})}
        rows = []
        for word, known_as in zip(self.words, self.known_as):
            row = OWN_WEIGHT * vectors[word]
            for other in sorted(known_as - {word}):
                row = row + vectors[other] * counts[other] ** -0.5
            rows.append(row / row.norm())
        return torch.stack(rows)


def padded(lists):
    """Lists of different lengths as one tensor."""
    result = np.full((len(lists), max(map(len, lists))), NONE)
    for row, values in zip(result, lists):
        row[: len(values)] = values
    return torch.from_numpy(result)
