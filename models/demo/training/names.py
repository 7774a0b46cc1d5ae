"""Turns labels, slugs, file names and descriptions of drawings into plain English names."""

import re

# English for the folders of Tux Paint's stamps and of Openclipart.
CATEGORIES = {
    "amphibians": "amphibian",
    "animals": "animal",
    "apes": "ape",
    "auto": "car",
    "bears": "bear",
    "birds": "bird",
    "bovines": "cow",
    "big_cats": "big cat",
    "boating": "boat",
    "brass": "brass instrument",
    "bugs": "insect",
    "cats": "cat",
    "christmas": "christmas",
    "clothes": "clothing",
    "coins": "coin",
    "construction": "construction vehicle",
    "deer": "deer",
    "dessert": "dessert",
    "dinosaur": "dinosaur",
    "dishes": "dish",
    "dogs": "dog",
    "electronics": "electronics",
    "emergency": "emergency vehicle",
    "equines": "horse",
    "fish": "fish",
    "flowers": "flower",
    "food": "food",
    "fruit": "fruit",
    "halloween": "halloween",
    "hats": "hat",
    "homes": "house",
    "horses": "horse",
    "housecats": "cat",
    "household": "household object",
    "houses": "house",
    "insects": "insect",
    "lizards": "lizard",
    "locomotive": "train",
    "mammals": "mammal",
    "marsupials": "marsupial",
    "money": "money",
    "monuments": "monument",
    "mushrooms": "mushroom",
    "music": "music",
    "nuts": "nut",
    "people": "person",
    "percussion": "percussion instrument",
    "planes": "airplane",
    "planets": "planet",
    "plants": "plant",
    "roadsigns": "road sign",
    "rodents": "rodent",
    "shapes": "shape",
    "shellfish": "shellfish",
    "ship": "boat",
    "space": "space",
    "sports": "sports",
    "string": "string instrument",
    "tools": "tool",
    "town": "town",
    "trees": "tree",
    "utensils": "utensil",
    "vegetables": "vegetable",
    "vehicles": "vehicle",
    "wind": "wind instrument",
}

PERSON_LABEL = re.compile(r"^(man|woman|person|men|women|people|kiss|couple with heart|family): (.*)$")
# Variants of Material Design icons that show more than the thing itself.
MDI_VARIANT = re.compile(
    r"-(off|variant|plus|minus|check|alert|remove|edit|lock|arrow|circle|box|multiple)"
)


def squeeze(text):
    """Lower-case letters and digits only, to compare names that differ in spaces and signs."""
    return re.sub("[^a-z0-9]", "", text.lower())


def code_without_variation(code):
    """An emoji's code points without the variation selector."""
    return "-".join(part for part in code.upper().split("-") if part != "FE0F")


def without_number(slug):
    """A slug without its number: house-2 is house."""
    return re.sub(r"-\d+$", "", slug)


def straight_quotes(text):
    return text.replace("“", "").replace("”", "").replace("’", "'")


def emoji_label(label):
    """`man: beard` is `man with beard`, `family: man, boy` is `family man, boy`."""
    label = straight_quotes(label.lower())
    match = PERSON_LABEL.match(label)
    if match:
        person, rest = match.groups()
        label = f"{person} with {rest}" if person in ("man", "woman", "person") else f"{person} {rest}"
    return label.replace(":", "").replace("(", "").replace(")", "")


def icon_name(source, slug):
    """The name of an icon, or None for a variant that is not wanted."""
    if source == "ph":
        if re.search(r"-(bold|light|thin)$", slug):
            return None
        slug = re.sub(r"-(fill|duotone)$", "", slug)
    elif source == "mdi":
        if MDI_VARIANT.search(slug):
            return None
        slug = slug.removesuffix("-outline")
    elif source.startswith("streamline"):
        slug = without_number(slug).removesuffix("-duo")
    return slug.replace("-", " ")


def clean(text):
    """A description without article, quotes, brackets and final stop, in lower case."""
    text = straight_quotes(text.strip().lower()).replace('"', "")
    text = re.sub(r"\(.*?\)", "", text)
    text = re.sub(r"[.!?…]+\s*$", "", text).strip()
    text = re.sub(r"^(this is |these are )", "", text)
    text = re.sub(r"^(an?|the|some|one) ", "", text)
    return re.sub(r"[^a-z0-9 ,'\-]", " ", text).strip()


def categories(folders):
    """What the folders say that a drawing is."""
    return [CATEGORIES[folder] for folder in folders if folder in CATEGORIES]
