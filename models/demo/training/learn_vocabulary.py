"""Learns the byte-level BPE vocabulary from captions, WordNet glosses and an English word list. About 20 seconds.

Needs what prepare.py wrote, WordNet, and Debian's wamerican. Writes $DEMO_ROOT/vocabulary.
"""

import collections
import json

import bpe
import captions
import folders
import glosses
from model import CONFIG

WORD_LIST = "/usr/share/dict/american-english"
SPECIAL_TOKENS = 2


def count_words():
    """{word: count}, in byte symbols. What names a drawing counts most, so that it stays in few pieces."""
    counts = collections.Counter()

    def add(text, weight):
        for word in bpe.words(text):
            counts[word] += weight

    for item in json.loads((folders.PREPARED / "items.json").read_text("utf-8")):
        for text in [item["concept"], *item["names"]]:
            add(text, 20)
        for text in item["synonyms"] + item["tags"] + item["hypernyms"]:
            add(text, 5)
    for words, gloss, hypernyms in glosses.read_glosses():
        for word in words:
            add(word, 3)
        add(gloss, 1)
        for word in hypernyms:
            add(word, 1)
    for templates in (
        captions.TEMPLATES_EMOJI,
        captions.TEMPLATES_ICON,
        captions.TEMPLATES_CLIP_ART,
        captions.TEMPLATES_PHOTO,
    ):
        for template in templates:
            add(template.replace("{a}", " "), 2000)
    with open(WORD_LIST, encoding="utf-8") as lines:
        for line in lines:
            add(line.strip(), 1)
    return counts


def main():
    counts = count_words()
    merge_count = CONFIG["text_cfg"]["vocab_size"] - 2 * len(bpe.ALPHABET) - SPECIAL_TOKENS
    bpe.save(bpe.learn(counts, merge_count), folders.VOCABULARY)
    print(f"{len(counts)} words, {merge_count} merges")


if __name__ == "__main__":
    main()
