"""What the latent of avatars-2 means: which values choose which part, and which make which colour.

`parts.json` lists parts, options and colours; everything else (drawings, network, card, controls) follows from it.
The latent is a standard normal. Its values, in order:

- for each part, first its presence if it is optional, then one value for each axis of the part. An axis is cut at the
  normal quantiles into bins of equal probability; the bins of all axes number the options, the last axis fastest.
  Every axis has an odd number of bins, so z = 0 is in the middle of a bin.
- then for each colour one value, which moves along the stops of its palette; or three, which are its red, green and
  blue, a level of `centre + spread * z`.

An optional part is there where its presence exceeds `PRESENT`; hairstyles that are rarely bearded have facial hair
only where it exceeds `ALWAYS`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
SIZE = 256
PRESENT, ALWAYS = 0.5, 2.0
# The channels of a layer, by the style's name of the component: its opacity, then the coverage of each colour.
LAYERS = {
    "body": ("opacity", "skin", "clothing", "accent"),
    "head": ("opacity", "skin", "hair", "accent"),
    "expression": ("opacity", "white", "tongue"),
    "facialHair": ("opacity", "hair"),
    "accessories": ("opacity", "glasses"),
}
FIXED = {"white": "ffffff", "tongue": "ff7979"}


@dataclass(frozen=True)
class Option:
    """One option of a part. `mass` is the colour that a mass of ink takes, "" for ink; `pattern` of the clothing."""

    name: str
    drawing: str
    mass: str = ""
    pattern: str = ""
    rarely_bearded: bool = False


@dataclass(frozen=True)
class Part:
    """One discrete choice. The first option of an optional part is its absence."""

    name: str
    help: str
    component: str
    axes: tuple[int, ...]
    options: tuple[Option, ...]
    optional: bool
    first: int  # index of its first value in z

    @property
    def values(self) -> int:
        """How many values of z the part has."""
        return self.optional + len(self.axes)

    @property
    def thresholds(self) -> list[tuple[float, ...]]:
        """Where each of its values is cut."""
        presence = [(PRESENT, ALWAYS)] if self.optional else []
        return presence + [tuple(_quantile(i / bins) for i in range(1, bins)) for bins in self.axes]

    def bins(self) -> list[tuple[int, ...]]:
        """The bins of the axes for each option that is there, in the order of the options."""
        return list(product(*(range(bins) for bins in self.axes)))

    def values_for(self, index: int) -> list[float]:
        """Values of z in the middle of the option's cell (its presence beyond `ALWAYS`)."""
        if self.optional and index == 0:
            return [-0.5, *(0.0 for _ in self.axes)]
        chosen = self.bins()[index - self.optional]
        middles = [_quantile((place + 0.5) / bins) for place, bins in zip(chosen, self.axes, strict=True)]
        return [2.5, *middles] if self.optional else middles


@dataclass(frozen=True)
class Palette:
    """A colour that one value of z, `first`, moves along named stops, every stretch equally likely."""

    name: str
    help: str
    stops: dict[str, str]
    first: int
    values = 1

    @property
    def knots(self) -> list[float]:
        """The value of z at each stop."""
        count = len(self.stops)
        return [_quantile((i + 0.5) / count) for i in range(count)]

    def shades(self, z: F32) -> F32:
        stops = np.stack([rgb(stop) for stop in self.stops.values()])
        along = [np.interp(z[:, self.first], self.knots, stops[:, c]) for c in range(3)]
        return np.stack(along, axis=1).astype(np.float32)


@dataclass(frozen=True)
class Shade:
    """A colour whose red, green and blue are three values of z from `first` on: centre + spread * z in [0, 1]."""

    name: str
    help: str
    centre: str
    spread: float
    first: int
    values = 3

    def shades(self, z: F32) -> F32:
        return np.clip(rgb(self.centre) + np.float32(self.spread) * z[:, self.first : self.first + 3], 0, 1)


def _quantile(probability: float) -> float:
    return 0.0 if probability == 0.5 else NormalDist().inv_cdf(probability)


def _read() -> tuple[tuple[Part, ...], tuple[Palette | Shade, ...]]:
    document: dict[str, Any] = json.loads(Path(__file__).with_name("parts.json").read_text("utf-8"))
    first = 0
    parts: list[Part] = []
    for entry in document["parts"]:
        options = tuple(Option(**option) for option in entry["options"])
        optional, axes = entry.get("optional", False), tuple(entry["axes"])
        assert len(options) == optional + math.prod(axes), entry["name"]
        parts.append(Part(entry["name"], entry["help"], entry["component"], axes, options, optional, first))
        first += parts[-1].values
    colours: list[Palette | Shade] = []
    for entry in document["colours"]:
        colours.append((Palette if "stops" in entry else Shade)(**entry, first=first))
        first += colours[-1].values
    return tuple(parts), tuple(colours)


PARTS, COLOURS = _read()
SCORES = sum(part.values for part in PARTS)  # the values of z that choose parts
LATENT_DIM = SCORES + sum(colour.values for colour in COLOURS)
ORDER = ("clothing", "hair", "expression", "facial-hair", "glasses")  # of the layers, the lowest first


def part(name: str) -> Part:
    """The part of this name."""
    return next(p for p in PARTS if p.name == name)


def choose(z: F32) -> dict[str, NDArray[np.int64]]:
    """z: float32 [n, LATENT_DIM] -> for each part the index of its option, int64 [n]; the plain reference."""
    chosen = {}
    for p in PARTS:
        cuts = [np.array(cut, np.float32) for cut in p.thresholds]
        bins = [(z[:, [p.first + i]] > cut).sum(axis=1) for i, cut in enumerate(cuts)]
        number = np.zeros(len(z), np.int64)
        for place, count in zip(bins[p.optional :], p.axes, strict=True):
            number = number * count + place
        chosen[p.name] = np.where(bins[0] > 0, number + 1, 0) if p.optional else number
    rarely = np.array([option.rarely_bearded for option in part("hair").options])[chosen["hair"]]
    beard = part("facial-hair")
    chosen["facial-hair"][rarely & ~(z[:, beard.first] > np.float32(ALWAYS))] = 0
    return chosen


def rgb(code: str) -> F32:
    """ "ff8000" -> float32 [3] in [0, 1]."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


def colours(z: F32) -> dict[str, F32]:
    """z: float32 [n, LATENT_DIM] -> RGB in [0, 1], float32 [n, 3], of every colour; the plain reference."""
    made = {name: np.broadcast_to(rgb(code), (len(z), 3)) for name, code in FIXED.items()}
    return made | {colour.name: colour.shades(z) for colour in COLOURS}
