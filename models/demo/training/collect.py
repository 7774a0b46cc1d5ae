"""Collects the drawings of all packages with what is known of them: names, synonyms, tags, hypernyms.

A drawing is a dict:
    source      the collection, as in the card's table
    svg | file  its SVG text, or the path of its SVG, PNG or WebP file
    mono        it has one colour, `currentColor`, that may be changed
    concept     what it shows; the same in all collections
    names       what it is called, best first
    synonyms, tags, hypernyms
    emoji       the code points, for emoji only
    photo       it is a photograph
    coarse      one of the classes that evaluate.py measures, for the stamps only
"""

import collections
import json
import re

import names
from folders import DEB, NPM
from wordnet import WordNet

HELD_OUT_STYLE = "openmoji"
STAMPS = "tuxpaint"

EMOJI_STYLES = (
    "noto",
    "twemoji",
    HELD_OUT_STYLE,
    "noto-v1",
    "fluent-emoji",
    "fluent-emoji-flat",
    "fluent-emoji-high-contrast",
    "fxemoji",
    "streamline-emojis",
    "emojione",
    "emojione-monotone",
)
MONO_EMOJI_STYLES = ("fluent-emoji-high-contrast", "emojione-monotone")
# Pictures of a three-dimensional scene each, as near to photographs as emoji come.
RENDERED_EMOJI_STYLE = "fluent-emoji-3d"

# Icon collections, and whether they are of one colour.
ICON_COLLECTIONS = {
    "game-icons": True,
    "flat-color-icons": False,
    "streamline-ultimate-color": False,
    "streamline-freehand-color": False,
    "streamline-kameleon-color": False,
    "icon-park": False,
    "ph": True,
    "mdi": True,
}
ICONS_PER_NAME = 3

# Emoji groups of emojibase without pictures of things: none, skin and hair components, flags.
SKIPPED_EMOJI_GROUPS = (None, 2, 9)
# Subgroups whose labels WordNet would misunderstand.
SUBGROUPS_WITHOUT_WORDNET = set(
    "face emotion heart hand arrow zodiac keycap geometric alphanum math av time family".split()
)
# WordNet's kinds for an emoji subgroup's first word.
KINDS_OF_SUBGROUP = {
    "animal": ("animal",),
    "plant": ("plant", "food"),
    "food": ("food", "plant"),
    "drink": ("food",),
    "dishware": ("artifact",),
    "place": ("artifact", "object", "location"),
    "transport": ("artifact",),
    "sky": ("object", "phenomenon", "artifact"),
    "person": ("person",),
    "body": ("body", "person"),
    "hand": ("body",),
    "clothing": ("artifact",),
}
KINDS_OF_STAMPS = {
    "animals": ("animal",),
    "plants": ("plant",),
    "food": ("food", "plant"),
    "vehicles": ("artifact",),
    "household": ("artifact",),
    "clothes": ("artifact",),
}

STAMPS_FOLDER = DEB / "tuxpaint-stamps-default/usr/share/tuxpaint/stamps"
SKIPPED_STAMPS = re.compile(r"alphabets|/math/|asl_|money|flags")
COARSE_STAMPS = {
    "animals/mammals/cats": "cat",
    "animals/mammals/dogs": "dog",
    "animals/birds": "bird",
    "animals/fish": "fish",
    "plants/flowers": "flower",
    "food/fruit": "fruit",
    "vehicles/auto": "car",
    "vehicles/race": "car",
    "vehicles/ship": "boat",
    "town/houses": "house",
    "people": "person",
    "animals/insects": "insect",
    "vehicles/flight/planes": "airplane",
    "plants/trees": "tree",
    "vehicles/locomotive": "train",
}

CLIP_ART_FOLDER = DEB / "openclipart-svg/usr/share/openclipart/svg"
SKIPPED_CLIP_ART = re.compile(
    r"shapes/|special/|/flags/|computer/buttons|spots/|/led/|flowchart|map_symbols|callouts|jigsaw|clocks/"
    r"|geography/|folders|aiga"
)
CLIP_ART_MAX_BYTES = 600_000
CLIP_ART_HEADER_CHARS = 60_000
CLIP_ART_TITLE_CHARS = 60
# A title that stands more often than this is the title of a series, not of a picture.
CLIP_ART_MAX_SAME_TITLE = 6
# Folders whose drawings are what the folder is called, whatever their titles.
CLIP_ART_CATEGORIES = set(
    "bear;big cat;bird;boat;cat;dinosaur;fish;flower;fruit;hat;horse;house;insect;mammal;tree;vegetable".split(";")
)
MEANINGLESS_KEYWORDS = set(
    "clip art;clipart;unsorted;image;media;public domain;png;svg;externalsource".split(";")
)


def package(name):
    """The folder of an unpacked npm package."""
    (folder,) = NPM.glob(f"{name}-[0-9]*")
    return folder / "package"


def read_json(path):
    return json.loads(path.read_text("utf-8"))


def icon_svg(collection, name):
    """The SVG of an icon, or None for unknown names and for turned or mirrored aliases."""
    icon = collection["icons"].get(name)
    if icon is None:
        alias = collection.get("aliases", {}).get(name)
        if not alias or any(key in alias for key in ("rotate", "hFlip", "vFlip")):
            return None
        icon = collection["icons"].get(alias["parent"])
        if icon is None:
            return None
    width = icon.get("width", collection.get("width", 16))
    height = icon.get("height", collection.get("height", 16))
    left = icon.get("left", collection.get("left", 0))
    top = icon.get("top", collection.get("top", 0))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{left} {top} {width} {height}" width="{width}" height="{height}">{icon["body"]}</svg>'
    )


class Collector:
    """Fills `drawings` and `emoji` (what is known of each emoji, by its code points)."""

    def __init__(self):
        self.wordnet = WordNet()
        self.drawings = []
        self.emoji = {}
        self.emoji_by_name = {}

    def collect(self):
        self.read_emoji_names()
        self.collect_emoji()
        for collection, mono in ICON_COLLECTIONS.items():
            self.collect_icons(collection, mono)
        self.collect_stamps()
        self.collect_clip_art()

    # Emoji ----------------------------------------------------------------------------------------------------------

    def read_emoji_names(self):
        """Names, tags and WordNet's words of each emoji."""
        emojibase = package("emojibase-data")
        subgroups = read_json(emojibase / "meta/groups.json")["subgroups"]
        emojilib = read_json(package("emojilib") / "dist/emoji-en-US.json")
        for entry in read_json(emojibase / "en/data.json"):
            if entry.get("group") in SKIPPED_EMOJI_GROUPS:
                continue
            character = entry["emoji"]
            keywords = emojilib.get(character, emojilib.get(character.replace("\ufe0f", ""), []))
            keywords = [keyword.replace("_", " ").lower() for keyword in keywords]
            self.add_emoji_names(entry, subgroups[str(entry["subgroup"])], keywords)

    def add_emoji_names(self, entry, subgroup, keywords):
        code = entry["hexcode"].upper()
        label = names.emoji_label(entry["label"])
        all_names = [label]
        if label.endswith(" face") and subgroup.startswith("animal"):
            all_names.append(label.removesuffix(" face"))
        if keywords and keywords[0] != label:
            all_names.append(keywords[0])
        tags = []
        for tag in [tag.lower() for tag in entry.get("tags", [])] + keywords[1:]:
            if tag not in all_names and tag not in tags and re.match(r"^[a-z0-9 '\-]{2,}$", tag):
                tags.append(tag)
        synonyms, hypernyms = self.emoji_wordnet(label, subgroup, all_names)
        self.emoji[code] = {
            "concept": label,
            "names": all_names,
            "synonyms": synonyms[:3],
            "tags": tags[:14],
            "hypernyms": hypernyms[:6],
            "subgroup": subgroup,
            "group": entry["group"],
        }
        self.emoji_by_name.setdefault(names.squeeze(label), code)
        if len(all_names) > 1:
            self.emoji_by_name.setdefault(names.squeeze(all_names[-1]), code)

    def emoji_wordnet(self, label, subgroup, all_names):
        """Synonyms and hypernyms of an emoji: of its label or, without synonyms, of the label's last word."""
        subject = subgroup.split("-")[0]
        if subject in SUBGROUPS_WITHOUT_WORDNET:
            return [], []
        candidates = [label]
        if label.endswith(" face"):
            candidates.append(label.removesuffix(" face"))
        candidates.append(label.split()[-1])
        for i, candidate in enumerate(candidates):
            sense = self.wordnet.sense(candidate, KINDS_OF_SUBGROUP.get(subject))
            if sense:
                synonyms, hypernyms = self.wordnet.names(sense)
                is_whole_label = i < len(candidates) - 1 or len(label.split()) == 1
                return [s for s in synonyms if s not in all_names] if is_whole_label else [], hypernyms
        return [], []

    def collect_emoji(self):
        """Every style's drawing of every emoji, found by its character or else by its name."""
        codes = {names.code_without_variation(code): code for code in self.emoji}
        folders = {style: package(f"iconify-json-{style}") for style in EMOJI_STYLES}
        characters = {}
        codes_by_slug = {}
        for style, folder in folders.items():
            path = folder / "chars.json"
            characters[style] = read_json(path) if path.exists() else {}
            for character, slug in characters[style].items():
                code = codes.get(names.code_without_variation(character))
                if code:
                    codes_by_slug.setdefault(names.squeeze(slug), code)
        for style, folder in folders.items():
            collection = read_json(folder / "icons.json")
            done = set()
            for character, slug in characters[style].items():
                code = codes.get(names.code_without_variation(character))
                svg = icon_svg(collection, slug)
                if code and code not in done and svg:
                    self.add_emoji(style, code, svg=svg)
                    done.add(code)
            for slug in collection["icons"]:
                name = names.without_number(slug) if style == "streamline-emojis" else slug
                key = names.squeeze(name)
                code = codes_by_slug.get(key) or self.emoji_by_name.get(key)
                if code and code not in done:
                    self.add_emoji(style, code, svg=icon_svg(collection, slug))
                    done.add(code)
        for file in sorted((package(f"lobehub-{RENDERED_EMOJI_STYLE}") / "assets").glob("*.webp")):
            code = codes.get(names.code_without_variation(file.stem))
            if code:
                self.add_emoji(RENDERED_EMOJI_STYLE, code, file=str(file))

    def add_emoji(self, style, code, **picture):
        known = self.emoji[code]
        words = {key: known[key] for key in ("concept", "names", "synonyms", "tags", "hypernyms")}
        self.drawings.append(
            {"source": style, "mono": style in MONO_EMOJI_STYLES, "emoji": code, **picture, **words}
        )

    # Drawings with a name -------------------------------------------------------------------------------------------

    def named(self, name, tags, kinds=None, must_be_known=False):
        """What is known of a drawing by its name. None where it must be known and is not."""
        name = re.sub(r"\s+", " ", name).strip().lower()
        sense = self.wordnet.sense(name, kinds) if len(name) > 1 else None
        code = self.emoji_by_name.get(names.squeeze(name))
        if sense is None and code:
            emoji = self.emoji[code]
            return {
                "concept": emoji["concept"],
                "names": [name, *(other for other in emoji["names"] if other != name)],
                "synonyms": emoji["synonyms"],
                "tags": tags,
                "hypernyms": emoji["hypernyms"],
            }
        if sense is None and must_be_known:
            return None
        synonyms, hypernyms = self.wordnet.names(sense) if sense else ([], self.hypernyms_of_head(name, kinds))
        return {
            "concept": name,
            "names": [name],
            "synonyms": [synonym for synonym in synonyms if synonym != name][:3],
            "tags": tags,
            "hypernyms": hypernyms[:6],
        }

    def hypernyms_of_head(self, name, kinds):
        """For a name that WordNet does not have: its last word and that word's ancestors."""
        head = name.split()[-1] if name else ""
        sense = self.wordnet.sense(head, kinds) if head else None
        return [head, *self.wordnet.names(sense)[1]] if sense else []

    def collect_icons(self, source, mono):
        """The icons whose names WordNet or the emoji know."""
        collection = read_json(package(f"iconify-json-{source}") / "icons.json")
        taken = collections.Counter()
        for slug in collection["icons"]:
            name = names.icon_name(source, slug)
            if name is None or len(name) < 3 or taken[name] >= ICONS_PER_NAME:
                continue
            known = self.named(name, [], must_be_known=True)
            if known:
                self.drawings.append({"source": source, "svg": icon_svg(collection, slug), "mono": mono, **known})
                taken[name] += 1

    def collect_stamps(self):
        """Tux Paint's stamps, each with its description. They are only measured on, never trained on."""
        for text in sorted(STAMPS_FOLDER.glob("**/*.txt"), key=str):
            relative = text.relative_to(STAMPS_FOLDER)
            file = next((p for p in (text.with_suffix(".png"), text.with_suffix(".svg")) if p.exists()), None)
            if SKIPPED_STAMPS.search(str(relative)) or file is None:
                continue
            with open(text, encoding="utf8") as lines:
                description = names.clean(lines.readline())
            if not description or len(description) > 90:
                continue
            folders = relative.parent.parts
            coarse = [v for k, v in COARSE_STAMPS.items() if f"{relative.parent}/".startswith(f"{k}/")]
            tags = names.categories(folders)
            known = self.named(description, tags, KINDS_OF_STAMPS.get(folders[0]))
            nearest = [tag for tag in reversed(tags) if tag not in known["names"]]
            known["hypernyms"] = list(dict.fromkeys(nearest + known["hypernyms"]))[:7]
            self.drawings.append(
                {
                    "source": STAMPS,
                    "file": str(file),
                    "mono": False,
                    "coarse": coarse[-1] if coarse else None,
                    "photo": file.suffix == ".png" and "cartoon" not in folders,
                    **known,
                }
            )

    def collect_clip_art(self):
        """Openclipart, each with a name from its title or its file name."""
        files = []
        titles = collections.Counter()
        for file in sorted(CLIP_ART_FOLDER.glob("**/*.svg"), key=str):
            relative = str(file.relative_to(CLIP_ART_FOLDER))
            if SKIPPED_CLIP_ART.search(f"/{relative}") or file.stat().st_size > CLIP_ART_MAX_BYTES:
                continue
            title, keywords = read_clip_art(file)
            files.append((file, relative, title, keywords))
            titles[title] += 1
        for file, relative, title, keywords in files:
            if titles[title] > CLIP_ART_MAX_SAME_TITLE or len(title) > CLIP_ART_TITLE_CHARS:
                title = ""
            name = self.clip_art_name(relative, title)
            if name is None:
                continue
            tags = list(dict.fromkeys(names.categories(relative.split("/")[:-1]) + keywords))[:8]
            known = self.named(name, [tag for tag in tags if tag != name])
            self.drawings.append(
                {
                    "source": "openclipart",
                    "file": str(file),
                    "mono": False,
                    **known,
                }
            )

    def clip_art_name(self, relative, title):
        """The title, or the first words of the file's name, whichever is a known thing; else a title of known words,
        or what the folder holds."""
        candidates = [re.sub(r"\s*\d+$", "", title).strip()] if title else []
        stem = re.sub(r"[_\-]+", " ", relative.split("/")[-1].removesuffix(".svg").lower())
        stem_words = re.sub(r"\b\d+\b|\d+$", "", stem).split()
        candidates += [" ".join(stem_words[:count]) for count in (3, 2, 1) if len(stem_words) >= count]
        for candidate in candidates:
            if candidate and (self.wordnet.sense(candidate) or names.squeeze(candidate) in self.emoji_by_name):
                return candidate
        if title and not relative.startswith("computer/icons"):
            words = candidates[0].split()
            if len(words) <= 7 and any(self.wordnet.sense(word) for word in words):
                return candidates[0]
        categories = names.categories(relative.split("/")[:-1])
        return categories[-1] if categories and categories[-1] in CLIP_ART_CATEGORIES else None


def read_clip_art(file):
    """Title and keywords from the metadata of an SVG."""
    with open(file, encoding="utf8", errors="ignore") as text:
        head = text.read(CLIP_ART_HEADER_CHARS)
    title = re.search(r"<dc:title[^>]*>(.*?)</dc:title>", head, re.S)
    title = names.clean(re.sub(r"&\w+;", " ", title.group(1))) if title else ""
    subject = re.search(r"<dc:subject>(.*?)</dc:subject>", head, re.S)
    found = re.findall(r"<rdf:li[^>]*>(.*?)</rdf:li>", subject.group(1), re.S) if subject else []
    keywords = [names.clean(keyword) for keyword in found]
    return title, [
        keyword
        for keyword in keywords
        if 2 <= len(keyword) <= 24 and "hash" not in keyword and keyword not in MEANINGLESS_KEYWORDS
    ]
