"""A small reader of WordNet 3.0's nouns (Debian wordnet-base): senses, synonyms and hypernyms."""

import pathlib

# Numbers of the lexicographer files that hold nouns, as in the second field of data.noun.
LEXICOGRAPHER_FILES = dict(
    enumerate(
        "Tops act animal artifact attribute body cognition communication event feeling food group location motive "
        "object person phenomenon plant possession process quantity relation shape state substance time".split(),
        start=3,
    )
)

# Kinds of things that can be drawn.
CONCRETE = set(
    "animal artifact body food object person phenomenon plant shape substance Tops location".split()
)

# Ancestors too general to say anything about a picture.
TOO_GENERAL = set(
    """
    abstract entity;abstraction;acanthopterygian;aliment;alimentation;amount;angiosperm;animate being;animate thing;
    aquatic vertebrate;artefact;article;artifact;artiodactyl;artiodactyl mammal;attribute;beast;being;bony fish;brute;
    causal agency;causal agent;cause;chordate;commodity;construction;consumer goods;container;conveyance;covering;
    craniate;creation;creature;device;edible fruit;entity;equipment;eutherian;eutherian mammal;even-toed ungulate;
    event;fauna;flora;flowering plant;food product;foodstuff;garden truck;good;goods;green goods;green groceries;
    group;grouping;hoofed mammal;implement;individual;instrumentality;instrumentation;living thing;matter;measure;
    mortal;natural object;nourishment;nutriment;nutrition;object;organism;part;percoid;percoid fish;percoidean;
    phanerogam;physical entity;physical object;piece;placental;placental mammal;plant life;plant organ;plant part;
    plant structure;portion;produce;psychological feature;quantity;relation;reproductive structure;seed plant;
    self-propelled vehicle;solid;somebody;someone;soul;spermatophyte;spiny-finned fish;state;structure;substance;
    sustenance;teleost;teleost fish;teleostan;thing;tracheophyte;trade good;transport;ungulate;unit;vascular plant;
    vertebrate;victuals;ware;way;wheeled vehicle;whole;works
    """.replace("\n    ", "").strip().split(";")
)

# General words that are still good names for a picture. They go to the end, after the nearer ancestors.
GENERAL_NAMES = {"animal", "food", "person", "fruit", "plant", "vehicle"}
NEVER_NEAR = {"animal", "food", "person"}

SUFFIXES = (("ies", "y"), ("ves", "f"), ("es", ""), ("s", ""))


class WordNet:
    """Nouns by offset: `synsets[offset] = (kind, words, hypernym offsets, gloss)`."""

    def __init__(self, folder="/usr/share/wordnet"):
        folder = pathlib.Path(folder)
        self.synsets = dict(self._read_synsets(folder / "data.noun"))
        self.index = dict(self._read_index(folder / "index.noun"))
        self.exceptions = dict(self._read_exceptions(folder / "noun.exc"))

    @staticmethod
    def _lines(path):
        """The lines of a file without its licence, which is indented."""
        with open(path, encoding="latin1") as file:
            return [line for line in file if not line.startswith("  ")]

    def _read_synsets(self, path):
        for line in self._lines(path):
            left, _, gloss = line.partition(" | ")
            fields = left.split()
            word_count = int(fields[3], 16)
            words = [fields[4 + 2 * i].replace("_", " ") for i in range(word_count)]
            pointers = fields[4 + 2 * word_count :]
            hypernyms = []
            for i in range(int(pointers[0])):
                symbol, offset, part_of_speech, _ = pointers[1 + 4 * i : 5 + 4 * i]
                if symbol in ("@", "@i") and part_of_speech == "n":
                    hypernyms.append(offset)
            yield fields[0], (LEXICOGRAPHER_FILES[int(fields[1])], words, hypernyms, gloss.strip())

    def _read_index(self, path):
        for line in self._lines(path):
            fields = line.split()
            yield fields[0].replace("_", " "), fields[-int(fields[2]) :]

    def _read_exceptions(self, path):
        for line in self._lines(path):
            plural, singular = line.split()[:2]
            yield plural.replace("_", " "), singular.replace("_", " ")

    def lemma(self, word):
        """The dictionary form of a word, or None."""
        word = word.lower().strip()
        if word in self.index:
            return word
        if self.exceptions.get(word) in self.index:
            return self.exceptions[word]
        for ending, replacement in SUFFIXES:
            if word.endswith(ending) and word[: -len(ending)] + replacement in self.index:
                return word[: -len(ending)] + replacement
        return None

    def sense(self, word, prefer=None):
        """The offset of the commonest concrete sense of a word, or of one of the preferred kinds; or None."""
        lemma = self.lemma(word)
        if not lemma:
            return None
        kinds, considered = (prefer, 6) if prefer else (CONCRETE, 4)
        for offset in self.index[lemma][:considered]:
            if self.synsets[offset][0] in kinds:
                return offset
        return None

    def names(self, offset, depth=7):
        """Synonyms of a sense, and the names of its ancestors, nearest first."""
        synonyms = [word.lower() for word in self.synsets[offset][1]]
        ancestors = []
        seen = set()
        queue = [(parent, 1) for parent in self.synsets[offset][2]]
        while queue:
            parent, distance = queue.pop(0)
            if parent in seen or distance > depth + 6:
                continue
            seen.add(parent)
            _, words, parents, _ = self.synsets[parent]
            for word in (word.lower() for word in words[:2]):
                wanted = word not in TOO_GENERAL and word not in NEVER_NEAR and distance <= depth
                if wanted and word not in ancestors:
                    ancestors.append(word)
            if words[0] in GENERAL_NAMES and words[0] not in ancestors:
                ancestors.append(words[0])
            queue += [(grandparent, distance + 1) for grandparent in parents]
        return synonyms, ancestors
