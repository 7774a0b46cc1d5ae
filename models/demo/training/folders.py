"""Where the working files lie. DEMO_ROOT names the folder; without it, it is the current one.

npm/x, deb/x    unpacked packages (made by make.sh)
prepared        items.json, emoji.json, images.npy (made by prepare.py)
vocabulary      vocab.json, merges.txt (copied by make.sh, or made by learn_vocabulary.py)
out             the trained weights (made by train_pictures.py and train_texts.py)
"""

import os
import pathlib

ROOT = pathlib.Path(os.environ.get("DEMO_ROOT", ".")).resolve()
NPM = ROOT / "npm" / "x"
DEB = ROOT / "deb" / "x"
PREPARED = ROOT / "prepared"
VOCABULARY = ROOT / "vocabulary"
OUT = ROOT / "out"
