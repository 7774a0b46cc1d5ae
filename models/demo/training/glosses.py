"""What WordNet says about nouns that can be drawn: the vocabulary is learnt from it."""

import re

from wordnet import CONCRETE, WordNet

KINDS = CONCRETE | {"act", "event", "communication", "time", "shape", "feeling"}
PROPER_NAME_KINDS = ("animal", "plant", "person", "object")


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
