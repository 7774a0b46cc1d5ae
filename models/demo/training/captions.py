"""Texts for the text tower, and which labels each of them fits."""

import collections

from labels import general_words
from wordnet import CONCRETE, WordNet

TEMPLATES_EMOJI = [
    "an emoji of {a}",
    "{a} emoji",
    "a drawing of {a}",
    "a picture of {a}",
    "an icon of {a}",
    "an illustration of {a}",
    "a photo of {a}",
    "a cartoon of {a}",
    "an image of {a}",
]
TEMPLATES_ICON = [
    "an icon of {a}",
    "a symbol of {a}",
    "a picture of {a}",
    "a drawing of {a}",
    "a black and white icon of {a}",
    "a photo of {a}",
    "{a} icon",
    "a pictogram of {a}",
    "a silhouette of {a}",
]
TEMPLATES_CLIP_ART = [
    "a clipart of {a}",
    "a drawing of {a}",
    "a picture of {a}",
    "an illustration of {a}",
    "a photo of {a}",
    "a cartoon of {a}",
    "an image of {a}",
]
TEMPLATES_PHOTO = [
    "a photo of {a}",
    "a picture of {a}",
    "a photograph of {a}",
    "an image of {a}",
    "a close-up photo of {a}",
    "a photo of {a}",
    "this is {a}",
]
TEMPLATES = TEMPLATES_EMOJI + TEMPLATES_ICON + TEMPLATES_CLIP_ART + TEMPLATES_PHOTO
WITHOUT_ARTICLE = ("two", "three", "some", "men", "women", "people")

# A tag that more concepts have says too little.
TAG_MAX_CONCEPTS = 12
# How many steps up WordNet's tree a label may be, to stand for a word that is no label.
MAX_STEPS_UP = 5


def with_article(name, rng):
    """A name with `a`, `an`, `the` or nothing before it; sometimes with the wrong one, as templates give it."""
    chance = rng.random()
    if chance < 0.12:
        return name
    if chance < 0.22:
        return "the " + name
    if chance < 0.50:
        return "a " + name
    if name.split()[0] in WITHOUT_ARTICLE:
        return name
    return ("an " if name[0] in "aeiou" else "a ") + name


def sentence(name, rng):
    """A name alone, or in a sentence."""
    if rng.random() < 0.25:
        return name
    return rng.choice(TEMPLATES).replace("{a}", with_article(name, rng))


class Captions:
    """Texts with the labels that they fit, as lists of numbers.

    names      the labels themselves, emoji twice as often as others
    synonyms   other names of drawings, and their tags
    nouns      WordNet's nouns that are a kind of some label
    glosses    what WordNet says about these
    """

    def __init__(self, items, training, labels, rng):
        self.rng = rng
        self.labels = labels
        self.tags = collections.defaultdict(set)
        emoji = set()
        others = collections.defaultdict(set)
        for i in training:
            item = items[i]
            label = labels.index[item["concept"]]
            if "emoji" in item:
                emoji.add(label)
                self.tags[label].update(item["tags"])
            for word in general_words(item) | set(item["tags"]):
                if word not in labels.index:
                    others[word].add(label)
        self.names = [(word, [i]) for i, word in enumerate(labels.words) for _ in range(2 if i in emoji else 1)]
        self.synonyms = [(word, sorted(fit)) for word, fit in sorted(others.items()) if len(fit) <= TAG_MAX_CONCEPTS]
        self.tags = {label: sorted(tags) for label, tags in self.tags.items()}
        self.read_wordnet()

    def read_wordnet(self):
        wordnet = WordNet()
        label_of = {}
        for i in reversed(range(len(self.labels.words))):
            sense = wordnet.sense(self.labels.words[i])
            if sense:
                label_of[sense] = i
        self.nouns, self.glosses = [], []
        for offset, (kind, words, _, gloss) in wordnet.synsets.items():
            if kind not in CONCRETE or words[0][0].isupper():
                continue
            label = nearest_label(wordnet, offset, label_of)
            if label is None:
                continue
            self.nouns += [(w.lower(), [label]) for w in words if w.lower() not in self.labels.index and w.count(" ") < 3]
            self.glosses.append((gloss.split(";")[0], [label]))

    def sample(self, count):
        """Texts for drawings, and the labels of each."""
        rng = self.rng
        texts, fitting = [], []
        for _ in range(count):
            chance = rng.random()
            name, labels = rng.choice(self.names if chance < 0.8 else self.synonyms)
            tags = self.tags.get(labels[0], ()) if chance < 0.08 else ()
            if len(tags) > 1:
                texts.append(", ".join([name, *rng.sample(tags, min(len(tags), rng.randint(1, 3)))]))
            else:
                texts.append(sentence(name, rng))
            fitting.append(labels)
        return texts, fitting

    def sample_wordnet(self, count):
        """The same for nouns and glosses of WordNet."""
        rng = self.rng
        texts, fitting = [], []
        for _ in range(count):
            word, labels = rng.choice(self.nouns if rng.random() < 0.6 else self.glosses)
            texts.append(sentence(word, rng) if len(word) < 40 else word)
            fitting.append(labels)
        return texts, fitting


def nearest_label(wordnet, offset, label_of):
    """The label of a sense, or of its nearest ancestor that has one."""
    level = [offset]
    for _ in range(MAX_STEPS_UP + 1):
        for sense in level:
            if sense in label_of:
                return label_of[sense]
        level = [parent for sense in level for parent in wordnet.synsets[sense][2]]
    return None
