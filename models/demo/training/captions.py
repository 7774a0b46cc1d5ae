"""Makes captions for drawings. A caption comes with its key: what a drawing must be called for it to fit too."""

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
# Not trained with: there are no photographs to train on. The vocabulary is learnt from them too.
TEMPLATES_PHOTO = [
    "a photo of {a}",
    "a picture of {a}",
    "a photograph of {a}",
    "an image of {a}",
    "a close-up photo of {a}",
    "a photo of {a}",
    "this is {a}",
]
WITHOUT_ARTICLE = ("two", "three", "some", "men", "women", "people")


def templates_of(item):
    """The sentences that fit a drawing's collection."""
    if item["source"] == "openclipart":
        return TEMPLATES_CLIP_ART
    if item["mono"] or item["source"] == "icon-park":
        return TEMPLATES_ICON
    return TEMPLATES_EMOJI


def with_article(name, rng):
    """A name with `a`, `an`, `the` or nothing before it."""
    chance = rng.random()
    if chance < 0.25:
        return name
    if chance < 0.38:
        return "the " + name
    if name.split()[0] in WITHOUT_ARTICLE:
        return name
    return ("an " if name[0] in "aeiou" else "a ") + name


def sentence(item, name, rng):
    return rng.choice(templates_of(item)).replace("{a}", with_article(name, rng))


def simple_caption(item, rng):
    """(caption, key): a sentence with the first or, sometimes, the last name."""
    template = rng.choice(templates_of(item))
    last = len(item["names"]) > 1 and rng.random() < 0.3
    name = item["names"][-1 if last else 0]
    return template.replace("{a}", with_article(name, rng)), item["concept"]


def caption(item, rng):
    """(caption, key): mostly a name, else a synonym, a more general word, a tag, or a name with tags."""
    chance = rng.random()
    key = item["concept"]
    name = item["names"][0]
    if len(item["names"]) > 1 and rng.random() < 0.35:
        name = rng.choice(item["names"][1:])
    if chance < 0.60:
        pass
    elif chance < 0.68 and item["synonyms"]:
        name = key = rng.choice(item["synonyms"])
    elif chance < 0.80 and item["hypernyms"]:
        nearer_more_often = int(rng.expovariate(0.5))
        name = key = item["hypernyms"][min(nearer_more_often, len(item["hypernyms"]) - 1)]
    elif chance < 0.88 and item["tags"]:
        name = key = rng.choice(item["tags"])
    elif chance < 0.96 and item["tags"]:
        tags = rng.sample(item["tags"], min(len(item["tags"]), rng.randint(1, 3)))
        return ", ".join([name, *tags]), key
    if rng.random() < 0.3:
        return name, key
    return sentence(item, name, rng), key
