"""Writes the controls of avatars-1: the map of its latent (latent_map.py) in users' words.

python controls.py > ../../runtime/data/avatars-1.controls.json
"""

from __future__ import annotations

import json
import math
from statistics import NormalDist
from typing import Any

from latent_map import ACCESSORIES, EXPRESSION, FACIAL_HAIR, GROUP, HEAD, Part

MODEL_SHA256 = "f0477c18cdf57f5c22e42e8e45a344c8215061eee02c185e679c32262d396f54"
NAMES = {
    "short4": "quiff", "short1": "crew-cut", "grayShort": "swept", "shaved3": "mullet", "flatTop": "flat-top",
    "pomp": "pompadour", "twists2": "curly-top", "short2": "buzz", "noHair1": "bald", "noHair3": "balding",
    "dreads2": "short-dreads", "dreads1": "dreads", "buns": "space-buns", "bangs": "flip",
    "mediumBangs2": "curly-fringe", "grayMedium": "low-bun", "grayBun": "bun", "medium2": "flipped-ends",
    "medium3": "shoulder-length", "mediumBangs": "fringe", "bun2": "curly-ponytail", "longBangs": "long-fringe",
    "mediumStraight": "straight", "bangs2": "blunt-bob", "hatBeanie": "beanie", "hatHip": "hat",
    "calm": "happy", "cute": "sweet", "smileLOL": "laughing", "smileBig": "big-grin", "smileTeethGap": "gap-toothed",
    "lovingGrin1": "in-love", "driven": "confident", "suspicious": "sceptical", "solemn": "sad", "concerned": "tense",
    "explaining": "talking", "awe": "amazed",
    "full": "beard", "full4": "full-beard", "goatee2": "goatee", "moustache5": "moustache",
    "glasses5": "round", "glasses3": "browline", "glasses4": "bold",
}  # fmt: skip
HAIR_COLOURS = ("soft-black", "brown", "auburn", "red", "dark-blonde", "blonde", "platinum", "white")
BACKGROUNDS = ("pink", "lime", "mint", "sky", "blue", "lilac")  # at angles of 0, 60, ... 300 degrees
CLOTHES = ("pink", "olive", "green", "cyan", "blue", "purple")
TAIL = 0.02  # of the probability at either end of a palette, which is reached at infinity alone


def document() -> dict[str, Any]:
    """What the file holds; the controls as in a spec."""
    controls = [
        choice("hair", "Hairstyle or headwear.", HEAD),
        choice("expression", "Eyes and mouth.", EXPRESSION),
        choice("facial-hair", "Beard or moustache; some hairstyles are drawn without.", FACIAL_HAIR),
        choice("glasses", "Glasses, or none.", ACCESSORIES),
        scalar("skin", "Skin colour.", 15, ("light", "dark"), palette(9)),
        options("hair-color", "Hair colour; most dark hairstyles are ink, and do not take it.", 16, hair_colours()),
        scalar("hair-tint", "A tint of pink in the hair.", 17, ("none", "strong"), [0.0, 2.0]),
        options("background", "Colour of the background.", 18, hues("pale-blue", BACKGROUNDS)),
        scalar("shade-across", "Shade of the background from left to right.", 20, ("left", "right"), [-2.0, 2.0], -1),
        scalar("shade-down", "Shade of the background from top to bottom.", 21, ("top", "bottom"), [-2.0, 2.0], -1),
        options("clothing-color", "Colour of the shirt.", 22, hues("slate", CLOTHES)),
        scalar("clothing-brightness", "Brightness of the shirt.", 24, ("dark", "bright"), [-2.0, 2.0]),
    ]
    return {"model_sha256": MODEL_SHA256, "controls": controls}


def choice(name: str, help: str, part: Part) -> dict[str, Any]:
    """A control for a part: every bit of its code far from the threshold."""
    bits = (len(part.options) - 1).bit_length()
    found = {}
    for number, option in enumerate(part.options):
        code = [1 if number >> (bits - 1 - bit) & 1 else -1 for bit in range(bits)]
        found[NAMES.get(option, option)] = [2.0 * sign for sign in ([1] if part.optional else []) + code]
    if part.optional:
        found = {"none": [-2.0] * (bits + 1), **found}
    return options(name, help, part.first, found)


def options(name: str, help: str, first: int, scores: dict[str, list[float]]) -> dict[str, Any]:
    """A choice, from the scores of the groups from `first` on that each option wants."""
    groups = len(next(iter(scores.values())))
    listed = [{"name": option, "values": values(wanted)} for option, wanted in scores.items()]
    return control(name, "choice", help, first, groups) | {"options": listed}


def scalar(
    name: str, help: str, group: int, ends: tuple[str, str], scores: list[float], low: float = 0.0
) -> dict[str, Any]:
    """A number from `low` to 1, from the group's scores at evenly spaced numbers."""
    knots = [values([score]) for score in scores]
    return control(name, "scalar", help, group, 1) | {"low": low, "high": 1.0, "ends": list(ends), "knots": knots}


def control(name: str, kind: str, help: str, first: int, groups: int) -> dict[str, Any]:
    """What all controls have."""
    positions = list(range(GROUP * first, GROUP * (first + groups)))
    return {"name": name, "kind": kind, "help": help, "positions": positions}


def values(scores: list[float]) -> list[float]:
    """Four equal values for each score: their sum, halved, is the score."""
    return [round(score / 2, 4) + 0.0 for score in scores for _ in range(GROUP)]


def palette(count: int) -> list[float]:
    """Scores at evenly spaced places along a palette, of which every stretch is equally likely."""
    return [NormalDist().inv_cdf(TAIL + (1 - 2 * TAIL) * i / (count - 1)) for i in range(count)]


def hair_colours() -> dict[str, list[float]]:
    """The stops of the palette by name."""
    return {name: [score] for name, score in zip(HAIR_COLOURS, palette(len(HAIR_COLOURS)), strict=True)}


def hues(centre: str, names: tuple[str, ...]) -> dict[str, list[float]]:
    """Around a base colour, which is the centre of the disc."""
    angles = [2 * math.pi * i / len(names) for i in range(len(names))]
    around = {name: [2 * math.cos(a) + 0.0, 2 * math.sin(a) + 0.0] for name, a in zip(names, angles, strict=True)}
    return {centre: [0.0, 0.0], **around}


def text(made: dict[str, Any]) -> str:
    """As JSON, a control a line."""
    lines = ",\n  ".join(json.dumps(one) for one in made["controls"])
    return f'{{\n "model_sha256": "{made["model_sha256"]}",\n "controls": [\n  {lines}\n ]\n}}'


if __name__ == "__main__":
    print(text(document()))
