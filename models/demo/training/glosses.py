"""Pairs of texts from WordNet for the text tower: a word and its gloss, a hypernym or a synonym."""

import re

from wordnet import CONCRETE, WordNet

KINDS = CONCRETE | {"act", "event", "communication", "time", "shape", "feeling"}
PROPER_NAME_KINDS = ("animal", "plant", "person", "object")
TEMPLATES = [
    "{}",
    "a {}",
    "a photo of a {}",
    "a picture of a {}",
    "a drawing of a {}",
    "an icon of a {}",
]


def read_glosses():
    """(words, gloss, hypernyms) of each noun of a kind that can be drawn, without proper names."""
    wordnet = WordNet()
    glosses = []
    for kind, words, hypernyms, gloss in wordnet.synsets.values():
        if kind not in KINDS or kind == "location":
            continue
        if words[0].startswith("genus") or (kind in PROPER_NAME_KINDS and words[0][0].isupper()):
            continue
        short_words = [word.lower() for word in words if len(word.split()) <= 3]
        text = re.sub(r"\(.*?\)", "", gloss.split(";")[0].split('"')[0]).strip()
        parents = [word.lower() for offset in hypernyms for word in wordnet.synsets[offset][1][:2]]
        if short_words and len(text) > 4:
            glosses.append((short_words, text, parents))
    return glosses


def sample_pairs(glosses, count, rng):
    """Two lists of texts of which the ones at the same place belong together."""
    first, second = [], []
    for words, gloss, hypernyms in rng.sample(glosses, count):
        first.append(rng.choice(TEMPLATES).format(rng.choice(words)))
        chance = rng.random()
        if chance < 0.55:
            second.append(gloss)
        elif chance < 0.85 and hypernyms:
            second.append(rng.choice(TEMPLATES).format(rng.choice(hypernyms)))
        elif len(words) > 1:
            second.append(rng.choice(TEMPLATES).format(rng.choice(words)))
        else:
            second.append(gloss)
    return first, second
