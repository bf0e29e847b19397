"""The names of ImageNet's 1000 classes (ILSVRC 2012), in the order that generators trained on them count in."""

from __future__ import annotations

from importlib.resources import files

from ganrt.spec import Labels

COUNT = 1000
_FILE = "imagenet_classes.txt"  # made by tools/make_imagenet_classes.py


def imagenet_names() -> tuple[str, ...]:
    """WordNet's synonyms of each class, separated by commas: "tench, Tinca tinca" is class 0. All are different."""
    text = (files("ganrt.exporter.families") / "data" / _FILE).read_text("utf-8")
    return tuple(text.splitlines())


def class_labels(count: int) -> tuple[Labels, tuple[str, ...]]:
    """The labels of a generator with `count` classes, and a note if names are assumed: ImageNet's where they fit."""
    if count != COUNT:
        return Labels(count=count), ()
    return Labels(count=count, names=imagenet_names()), (f"{COUNT} classes: ImageNet's names assumed",)
