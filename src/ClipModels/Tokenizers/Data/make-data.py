"""Writes html-entities.txt and canonical-mappings.txt beside this file from Python's own copies of the HTML
standard's entity list and of the Unicode character database. Run it again to take up a newer Unicode version."""
import html
import html.entities
import itertools
import pathlib
import sys
import unicodedata

FOLDER = pathlib.Path(__file__).parent


def code_points(text):
    return " ".join(f"{ord(c):X}" for c in text)


def entities():
    for name, text in sorted(html.entities.html5.items()):
        yield f"{name} {code_points(text)}"
    # Shouted entities (&EACUTE;), which the reference's text repair knows and the standard does not.
    for name, text in sorted(html.entities.html5.items()):
        shout = "&" + name.upper()
        if name.endswith(";") and name == name.lower() and html.unescape(shout) == shout:
            yield f"~{name.upper()} {code_points(text.upper())}"


def mappings():
    yield f"# Unicode {unicodedata.unidata_version}"
    for c in map(chr, range(sys.maxunicode + 1)):
        mapping = unicodedata.decomposition(c)
        if mapping and not mapping.startswith("<"):
            kept = unicodedata.normalize("NFC", c) == c
            yield f"{'=' if kept else '>'} {ord(c):X} {mapping}"
    classes = ((c, unicodedata.combining(chr(c))) for c in range(sys.maxunicode + 1))
    for value, run in itertools.groupby(classes, key=lambda pair: pair[1]):
        run = list(run)
        if value:
            yield f"@ {run[0][0]:X} {run[-1][0]:X} {value}"
    for c in map(chr, range(0xFF5F, 0xFFF0)):
        wide = unicodedata.normalize("NFKC", c)
        if wide != c:
            yield f"w {ord(c):X} {code_points(wide)}"


for file, lines in ("html-entities.txt", entities()), ("canonical-mappings.txt", mappings()):
    (FOLDER / file).write_text("".join(line + "\n" for line in lines), encoding="ascii")
