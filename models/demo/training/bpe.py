"""Byte-level BPE in CLIP's manner: end-of-word suffix `</w>`, lower case, `vocab.json` and `merges.txt`."""

import collections
import heapq
import json
import pathlib

import regex

START, END = "<|startoftext|>", "<|endoftext|>"
SPLIT = regex.compile(
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
    regex.IGNORECASE,
)

# A printable character for each byte: itself where it is printable, else one from 256 on.
_PRINTABLE = [*range(33, 127), *range(161, 173), *range(174, 256)]
_OTHERS = [byte for byte in range(256) if byte not in _PRINTABLE]
SYMBOLS = {byte: chr(byte) for byte in _PRINTABLE} | {byte: chr(256 + i) for i, byte in enumerate(_OTHERS)}
ALPHABET = list(SYMBOLS.values())


def words(text):
    """The words of a text, each as a string of byte symbols."""
    for word in SPLIT.findall(" ".join(text.split()).lower()):
        yield "".join(SYMBOLS[byte] for byte in word.encode())


def split_word(word):
    """The pieces that merging starts from."""
    return [*word[:-1], word[-1] + "</w>"]


def apply_merge(pieces, pair):
    """Joins each occurrence of a pair, from the left."""
    merged, i = [], 0
    while i < len(pieces):
        if i + 1 < len(pieces) and (pieces[i], pieces[i + 1]) == pair:
            merged.append(pieces[i] + pieces[i + 1])
            i += 2
        else:
            merged.append(pieces[i])
            i += 1
    return merged


def learn(counts, merge_count):
    """Learns merges from {word: count}: always the commonest pair, the alphabetically first among equals."""
    sequences = []
    pair_counts = collections.Counter()
    places = collections.defaultdict(set)
    for index, (word, count) in enumerate(sorted(counts.items())):
        pieces = split_word(word)
        sequences.append([pieces, count])
        for pair in zip(pieces, pieces[1:]):
            pair_counts[pair] += count
            places[pair].add(index)

    # The heap may hold outdated counts. They are put right when they come up.
    heap = [(-count, pair) for pair, count in pair_counts.items()]
    heapq.heapify(heap)
    merges = []
    while heap and len(merges) < merge_count:
        negative_count, pair = heapq.heappop(heap)
        current = pair_counts.get(pair, 0)
        if current != -negative_count or current == 0:
            if current > 0:
                heapq.heappush(heap, (-current, pair))
            continue
        merges.append(pair)
        changed = _merge_everywhere(pair, sequences, pair_counts, places)
        pair_counts.pop(pair, None)
        for other in changed:
            if pair_counts.get(other, 0) > 0:
                heapq.heappush(heap, (-pair_counts[other], other))
    return merges


def _merge_everywhere(pair, sequences, pair_counts, places):
    """Merges a pair in all words that hold it. Returns the pairs whose counts changed."""
    changed = set()
    for index in list(places.pop(pair)):
        pieces, count = sequences[index]
        for other in zip(pieces, pieces[1:]):
            pair_counts[other] -= count
            changed.add(other)
        merged = apply_merge(pieces, pair)
        sequences[index][0] = merged
        for other in zip(merged, merged[1:]):
            pair_counts[other] += count
            places[other].add(index)
            changed.add(other)
    return changed


def save(merges, folder):
    """Writes vocab.json and merges.txt."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pieces = [*ALPHABET, *(symbol + "</w>" for symbol in ALPHABET), *(a + b for a, b in merges), START, END]
    if len(pieces) != len(set(pieces)):
        raise ValueError("two merges give the same piece")
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    lines = ["#version: 0.2", *(f"{a} {b}" for a, b in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", "utf-8")


class Tokenizer:
    """Encodes words with the vocab.json and merges.txt of a folder."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.ids = json.loads((folder / "vocab.json").read_text("utf-8"))
        lines = (folder / "merges.txt").read_text("utf-8").split("\n")[1:]
        self.ranks = {tuple(line.split()): rank for rank, line in enumerate(lines) if line}
        self.start, self.end = self.ids[START], self.ids[END]
        self.cache = {}

    def encode(self, text):
        """The token ids of a text, without start and end token."""
        return [token for word in words(text) for token in self._encode_word(word)]

    def _encode_word(self, word):
        if word not in self.cache:
            pieces = split_word(word)
            while len(pieces) > 1:
                best = min(zip(pieces, pieces[1:]), key=lambda pair: self.ranks.get(pair, len(self.ranks)))
                if best not in self.ranks:
                    break
                pieces = apply_merge(pieces, best)
            self.cache[word] = [self.ids[piece] for piece in pieces]
        return self.cache[word]
