"""Which options of `ganrt bulk run` go on with the run that an output holds, where a command asks for another."""

from __future__ import annotations

import shlex

from ganrt.runtime.bulk.documents import Json
from ganrt.runtime.bulk.manifest import flat

_OPTIONS = {
    "pictures.seeds": "--seeds",
    "pictures.count": "--count",
    "pictures.seed": "--seed",
    "pictures.start": "--start",
    "generator.device": "--device",
    "generator.backend": "--backend",
    "generator.precision": "--precision",
    "drawing.psi": "--truncation",
    "drawing.mode": "--truncation-mode",
    "drawing.threshold": "--threshold",
    "drawing.statistics_truncation": "--statistics-truncation",
    "drawing.class": "--class",
    "drawing.set": "--set",
    "drawing.set_z": "--set-z",
    "layout.format": "--format",
    "layout.picture": "--encode",
    "layout.quality": "--quality",
    "layout.shard_size": "--shard-size",
    "layout.sheet": "--sheet",
    "layout.signatures": "--unique",
    "layout.background": "--background",
    "layout.zoom": "--zoom",
    "layout.size": "--size",
    "layout.mask": "--mask",
}
_FOLLOWING = {  # what differs because something else does, and no option asks for
    "generator.backend": ("generator.form", "generator.batch_sizes", "generator.versions."),
    "generator.precision": ("generator.form", "generator.batch_sizes"),
    "drawing.psi": ("drawing.law",),
    "drawing.mode": ("drawing.law",),
    "drawing.threshold": ("drawing.law",),
    "layout.format": ("layout.picture", "layout.quality", "layout.sheet", "generator.versions.pyarrow"),
    "layout.picture": ("layout.quality",),
    "pictures.seeds": ("pictures.count", "pictures.seed", "pictures.start"),
}
_OF_TUNING = {"generator.form", "generator.batch_sizes"}
_TUNED = "it was drawn as ganrt tune had chosen then, and no option brings a choice back\n"
_OWN = {"generator.versions.ganrt", "generator.versions.numpy", "generator.versions.opencv-python"}


def advice(there: Json, wanted: Json) -> str:
    """A line that says which options go on with what is there; "" where none do.

    A tuned choice is not to be had by naming its backend: that takes the plain graph (`docs/tune.md`).

    Args:
        there, wanted: plans as JSON.
    """
    old, new = dict(flat(there)), dict(flat(wanted))
    other = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    following = tuple(begin for name in other for begin in _FOLLOWING.get(name, ()))
    asked = [name for name in _OPTIONS if name in other and not _follows(name, following, old)]
    others = other.difference(asked)
    engine = {"generator.backend", "generator.precision"} & set(asked)
    if not all(name.startswith(following) and name not in _OWN for name in others):
        return _TUNED if others <= _OF_TUNING else ""
    if engine and old.get("generator.form") != "plain":
        return _TUNED
    if engine:  # `auto` would take what was tuned
        asked = list(dict.fromkeys([*asked, "generator.backend"]))
    return "to go on with that run: " + " ".join(_option(_OPTIONS[name], old.get(name)) for name in asked) + "\n"


def _follows(name: str, following: tuple[str, ...], old: Json) -> bool:
    """Whether an option is not to be named: its value is the default of what is named, or it excludes that."""
    of_seeds = name.startswith("pictures.") and old.get("pictures.seeds") is not None
    return name in following and (old.get(name) in (None, "", "png") or of_seeds)


def _option(name: str, value: object) -> str:
    if value is True:
        return name
    if name == "--set" and value:
        return " ".join(f"--set {pair}" for pair in str(value).split())
    return f"without {name}" if value in (None, False, "") else f"{name} {shlex.quote(str(value))}"
