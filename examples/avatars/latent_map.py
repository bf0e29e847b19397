"""What the latent of the avatars model means: z -> parts and colours of one avatar.

The training pictures are drawn from this map, so that every latent has one right picture: the generator
learns a renderer, and a game designer can edit a latent by meaning (the model card has the table).

The 100 dimensions are 25 groups of four. A group's score is the sum of its four values, halved: again a
standard normal. Discrete parts are binary codes of scores compared with a threshold, colours are smooth
functions of one to three scores. Half-spaces are what a small network separates best: of all ways to cut a
normal distribution they have the least probability near the cut, where two pictures blend. All thresholds are
positive, so the neighbourhood of z = 0, which truncation approaches, is inside one cell: one clean avatar.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

LATENT_DIM = 100
GROUP = 4


@dataclass(frozen=True)
class Part:
    """One discrete choice. An optional part is there only if its first score exceeds `PRESENT`."""

    name: str
    first: int
    options: tuple[str, ...]  # 2^k of them, numbered by k scores, the most significant first
    optional: bool = False

    def choose(self, scores: torch.Tensor) -> torch.Tensor:
        """scores: float32 [n, groups] -> int64 [n], index into `choices`."""
        number = torch.zeros(len(scores), dtype=torch.int64)
        first_bit = self.first + self.optional
        for group in range(first_bit, first_bit + (len(self.options) - 1).bit_length()):
            number = 2 * number + (scores[:, group] > CUT)
        if self.optional:
            number = torch.where(scores[:, self.first] > PRESENT, number + 1, torch.zeros_like(number))
        return number

    @property
    def choices(self) -> tuple[str, ...]:
        """The options, after "none" for an optional part."""
        return ("none", *self.options) if self.optional else self.options


CUT = 0.2
PRESENT = 0.5
HEAD = Part(
    "head",
    0,
    (
        "short4", "short1", "grayShort", "shaved3", "flatTop", "pomp", "twists2", "short2",
        "noHair1", "noHair3", "mohawk", "cornrows", "dreads2", "dreads1", "afro", "buns",
        "bangs", "mediumBangs2", "grayMedium", "grayBun", "medium2", "medium3", "mediumBangs", "bun2",
        "long", "longBangs", "mediumStraight", "bangs2", "hijab", "turban", "hatBeanie", "hatHip",
    ),
)  # fmt: skip
EXPRESSION = Part(
    "expression",
    5,
    (
        "smile", "calm", "cute", "cheeky", "smileLOL", "smileBig", "smileTeethGap", "lovingGrin1",
        "serious", "driven", "suspicious", "tired", "solemn", "concerned", "explaining", "awe",
    ),
)  # fmt: skip
FACIAL_HAIR = Part("facialHair", 9, ("full", "full4", "goatee2", "moustache5"), optional=True)
ACCESSORIES = Part("accessories", 12, ("glasses5", "glasses3", "glasses4", "sunglasses"), optional=True)
PARTS = (HEAD, EXPRESSION, FACIAL_HAIR, ACCESSORIES)
SKIN, HAIR, HAIR_TINT = 15, 16, 17
BACKGROUND, BACKGROUND_SLOPE, CLOTHING = (18, 19), (20, 21), (22, 23, 24)

# Hairstyles that are drawn without facial hair, whatever the scores say.
_WITHOUT_FACIAL_HAIR = (
    "buns", "cornrows", "bangs", "mediumBangs2", "grayMedium", "grayBun", "medium2", "medium3", "mediumBangs", "bun2",
    "long", "longBangs", "mediumStraight", "bangs2", "hijab",
)  # fmt: skip
# The stops of DiceBear's own palettes for the style, put in an order in which neighbours resemble each other.
_SKIN_STOPS = ("ffdbb4", "edb98a", "d08b5b", "ae5d29", "694d3d")
_HAIR_STOPS = ("2c1b18", "724133", "a55728", "c93305", "b58143", "d6b370", "ecdcbf", "e8e1e1")


def group_scores(z: torch.Tensor) -> torch.Tensor:
    """z: float32 [n, LATENT_DIM] -> float32 [n, LATENT_DIM / GROUP], standard normal if z is."""
    return z.unflatten(1, (-1, GROUP)).sum(dim=2) / GROUP**0.5


def combinations() -> int:
    """How many combinations of discrete parts there are."""
    total = 1
    for part in PARTS:
        total *= len(part.choices)
    return total


def combination(z: torch.Tensor) -> torch.Tensor:
    """z: float32 [n, LATENT_DIM] -> int64 [n]: the mixed-radix number of the chosen parts."""
    scores = group_scores(z)
    chosen = {part.name: part.choose(scores) for part in PARTS}
    shaven = torch.tensor([option in _WITHOUT_FACIAL_HAIR for option in HEAD.options])
    chosen[FACIAL_HAIR.name][shaven[chosen[HEAD.name]]] = 0
    number = torch.zeros(len(z), dtype=torch.int64)
    for part in PARTS:
        number = number * len(part.choices) + chosen[part.name]
    return number


def parts_of(number: int) -> dict[str, str]:
    """The part names behind a combination number (the inverse of the mixed radix)."""
    chosen = {}
    for part in reversed(PARTS):
        number, index = divmod(number, len(part.choices))
        chosen[part.name] = part.choices[index]
    return chosen


def is_held_out(number: torch.Tensor) -> torch.Tensor:
    """Every 20th combination, scattered: never trained on, kept to measure generalisation."""
    return (number * 2654435761 % 2**32) % 20 == 0


def _rgb(stops: tuple[str, ...]) -> torch.Tensor:
    return torch.tensor([[int(stop[i : i + 2], 16) / 255 for i in (0, 2, 4)] for stop in stops])


def _along(stops: tuple[str, ...], score: torch.Tensor) -> torch.Tensor:
    """Piecewise-linear path through the stops; the normal quantile makes every stretch equally likely."""
    palette = _rgb(stops)
    position = torch.special.ndtr(score) * (len(palette) - 1)
    low = position.floor().clamp(0, len(palette) - 2).long()
    fraction = (position - low)[:, None]
    return palette[low] * (1 - fraction) + palette[low + 1] * fraction


def _around(base: tuple[float, float, float], chroma: float, pair: torch.Tensor) -> torch.Tensor:
    """A disc of hues around a base colour: the angle is the hue, the radius the saturation."""
    u, v = (pair / (1 + pair.square().sum(dim=1, keepdim=True)).sqrt()).unbind(dim=1)
    hue = torch.stack((u, -0.5 * u + 0.866 * v, -0.5 * u - 0.866 * v), dim=1)
    return torch.tensor(base) + chroma * hue


def colours(z: torch.Tensor) -> dict[str, torch.Tensor]:
    """z: float32 [n, LATENT_DIM] -> RGB in [0, 1], float32 [n, 3] each; and `slope` [n, 2]."""
    scores = group_scores(z)
    clothing = _around((0.56, 0.62, 0.80), 0.33, scores[:, CLOTHING[:2]])
    tint = 0.25 * torch.relu(torch.tanh(scores[:, [HAIR_TINT]]))
    return {
        "skin": _along(_SKIN_STOPS, scores[:, SKIN]),
        "hair": _along(_HAIR_STOPS, scores[:, HAIR]) * (1 - tint) + tint * _rgb(("f59797",)),
        "clothing": (clothing + 0.10 * torch.tanh(scores[:, [CLOTHING[2]]])).clamp(0, 1),
        "background": _around((0.78, 0.86, 0.92), 0.20, scores[:, BACKGROUND]),
        "slope": 0.10 * torch.tanh(scores[:, BACKGROUND_SLOPE]),
    }
