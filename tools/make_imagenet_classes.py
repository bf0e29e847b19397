"""Writes exporter/families/data/imagenet_classes.txt: the synonyms of ImageNet's 1000 classes, one class a line.

python tools/make_imagenet_classes.py FOLDER

FOLDER holds imagenet_synsets.txt (the classes' WordNet identifiers in order) and imagenet_synset_to_lemma.txt
(identifier, tab, WordNet's words), as the package timm has them in timm/data/_info.
"""

from __future__ import annotations

import sys
from pathlib import Path

OUTPUT = Path(__file__).parents[1] / "exporter" / "families" / "data" / "imagenet_classes.txt"
# WordNet has the same words for both, and a name must be one class's alone.
MORE = {"n02012849": ", wading bird", "n03126707": ", lifting machine"}


def main(folder: Path) -> None:
    """Reads FOLDER and writes the table."""
    lines = (folder / "imagenet_synset_to_lemma.txt").read_text("utf-8").splitlines()
    words = dict(line.split("\t", 1) for line in lines)
    synsets = (folder / "imagenet_synsets.txt").read_text("utf-8").split()
    names = [words[synset] + MORE.get(synset, "") for synset in synsets]
    assert len(set(names)) == 1000, "names must be different"
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text("\n".join(names) + "\n", "utf-8", newline="\n")
    print(OUTPUT)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
