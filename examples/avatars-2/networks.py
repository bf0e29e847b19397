"""The generator of avatars-2: z -> quantiser and colours; a decoder draws the layer of each part; layers are laid over
each other. Everything is made of dense layers, convolutions, comparisons, products and sums.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import torch
from parts import COLOURS, FIXED, LATENT_DIM, LAYERS, ORDER, PARTS, SCORES, SIZE, Palette, Part, Shade, part, rgb
from torch import nn

# Where the layer of each component lies: left, top, width, height in pixels, multiples of 8.
BOXES = {
    "body": (16, 184, 224, 72),
    "head": (0, 0, 256, 256),
    "expression": (120, 104, 88, 104),
    "facialHair": (88, 136, 152, 112),
    "accessories": (64, 96, 160, 80),
}
FEATURES = {"body": 24, "head": 40, "expression": 32, "facialHair": 24, "accessories": 24}
CODE = 12  # channels of an option's code, one vector for 4 x 4 pixels
BLOCK = 4
# Sigmoids come near 0 and 1 and never reach them; stretched by this on both sides and clipped, they do.
STRETCH = 0.02
FAINT = 1 / 16  # the least opacity that a premultiplied colour is divided by


# One output of a dense layer: the weights of its inputs, by name, and its bias.
Row = tuple[dict[str, float], float]


def dense(rows: dict[str, Row], inputs: Iterable[str]) -> nn.Linear:
    """A dense layer that is not trained; inputs that a row does not name have weight 0."""
    index = {name: i for i, name in enumerate(inputs)}
    layer = nn.Linear(len(index), len(rows)).requires_grad_(False)
    layer.weight.zero_()
    for output, (weights, bias) in enumerate(rows.values()):
        layer.bias[output] = bias
        for name, weight in weights.items():
            layer.weight[output, index[name]] = weight
    return layer


def one_of_each(*groups: list[str]) -> Row:
    """Before a ReLU: 1 if every group has a 1, else 0. Inputs are 0 or 1, and at most one of a group is 1."""
    return {name: 1.0 for group in groups for name in group}, 1.0 - len(groups)


def one_of(names: list[str]) -> Row:
    """1 if one of them is; at most one may be."""
    return dict.fromkeys(names, 1.0), 0.0


def none_of(names: list[str]) -> Row:
    """1 if none of them is; at most one may be."""
    return dict.fromkeys(names, -1.0), 1.0


class Quantiser(nn.Module):
    """z [n, LATENT_DIM] -> for each part a one-hot choice [n, options], exactly one option whatever z is.

    Values are compared with thresholds. After that there are only zeros and ones, which dense layers and ReLUs turn
    into bins, cells of bins, and options. All of it is exact in every precision, so long as the comparison is made in
    float32. A value that is not a number exceeds nothing, and so lies in the lowest bin.
    """

    def __init__(self) -> None:
        super().__init__()
        cuts = [cut for p in PARTS for cut in p.thresholds]
        columns = max(map(len, cuts))
        padded = [[*cut, *[1e30] * (columns - len(cut))] for cut in cuts]
        self.register_buffer("thresholds", torch.tensor(padded, dtype=torch.float32))
        exceeds = [f"z{i} exceeds {k}" for i in range(len(cuts)) for k in range(columns)]
        bins, cells, options = self._bins(cuts), self._cells(), self._options()
        self.to_bins = dense(bins, exceeds)
        self.to_cells = dense(cells, bins)
        self.to_options = dense(options, cells)
        self.to_choices = nn.ModuleDict({p.name: dense(self._choices(p), options) for p in PARTS})

    def _bins(self, cuts: list[tuple[float, ...]]) -> dict[str, Row]:
        """A value is in a bin if it exceeds the threshold below it, and not the one above it."""
        rows: dict[str, Row] = {}
        for i, cut in enumerate(cuts):
            for k in range(len(cut) + 1):
                below: dict[str, float] = {f"z{i} exceeds {k - 1}": 1.0} if k else {}
                above: dict[str, float] = {f"z{i} exceeds {k}": -1.0} if k < len(cut) else {}
                rows[f"z{i} in {k}"] = (below | above, 0.0 if k else 1.0)
        return rows

    def _cells(self) -> dict[str, Row]:
        """The cells of the axes of each part; and whether an optional one may be there, or must be."""
        rows: dict[str, Row] = {}
        for p in PARTS:
            if p.optional:
                rows[f"{p.name} may"], rows[f"{p.name} must"] = (
                    one_of([f"z{p.first} in 1"]),
                    one_of([f"z{p.first} in 2"]),
                )
            for i, chosen in enumerate(p.bins()):
                axes = [[f"z{p.first + p.optional + axis} in {k}"] for axis, k in enumerate(chosen)]
                rows[f"{p.name} cell {i}"] = one_of_each(*axes)
        return rows

    def _options(self) -> dict[str, Row]:
        """A cell of an optional part counts if the part must be there, or may be and nothing speaks against it."""
        bearded = [f"hair cell {i}" for i, option in enumerate(part("hair").options) if not option.rarely_bearded]
        rows: dict[str, Row] = {}
        for p in PARTS:
            for i in range(len(p.bins())):
                cell = [f"{p.name} cell {i}"]
                if not p.optional:
                    rows[f"{p.name} {i}"] = one_of(cell)
                    continue
                allowed = [bearded] if p.name == "facial-hair" else []
                rows[f"{p.name} {i} may"] = one_of_each(cell, [f"{p.name} may"], *allowed)
                rows[f"{p.name} {i} must"] = one_of_each(cell, [f"{p.name} must"])
        return rows

    def _choices(self, p: Part) -> dict[str, Row]:
        count = len(p.bins())
        if not p.optional:
            return {str(i): one_of([f"{p.name} {i}"]) for i in range(count)}
        ways = [[f"{p.name} {i} may", f"{p.name} {i} must"] for i in range(count)]
        return {"none": none_of([way for both in ways for way in both])} | {
            str(i): one_of(w) for i, w in enumerate(ways)
        }

    def forward(self, z: torch.Tensor) -> dict[str, torch.Tensor]:
        exceeds = (z[:, :SCORES, None] > self.thresholds).float().flatten(1)
        cells = torch.relu(self.to_cells(self.to_bins(exceeds)))
        options = torch.relu(self.to_options(cells))
        return {name: layer(options) for name, layer in self.to_choices.items()}


class Colouring(nn.Module):
    """z [n, LATENT_DIM] -> for each part the matrix [n, 4, colours] from the shares of its colours to RGB and 0.

    A dense layer, clipped to [0, 1], says how far z has come on each stretch of a palette and in each free level; a
    second one adds up what these contribute.
    """

    def __init__(self) -> None:
        super().__init__()
        ways: dict[str, Row] = {}
        channels: dict[str, list[Row]] = {  # red, green and blue of every colour
            name: [({}, float(level)) for level in rgb(code)] for name, code in FIXED.items()
        }
        for colour in COLOURS:
            made = self._free(colour) if isinstance(colour, Shade) else self._palette(colour)
            ways |= made[0]
            channels[colour.name] = made[1]
        self.along = dense(ways, [f"z{i}" for i in range(LATENT_DIM)])
        self.mix = nn.ModuleDict({p.name: dense(self._matrix(p, channels), ways) for p in PARTS})

    def _free(self, colour: Shade) -> tuple[dict[str, Row], list[Row]]:
        centre = rgb(colour.centre)
        ways = {f"{colour.name} {c}": ({f"z{colour.first + c}": colour.spread}, float(centre[c])) for c in range(3)}
        return ways, [one_of([name]) for name in ways]

    def _palette(self, colour: Palette) -> tuple[dict[str, Row], list[Row]]:
        z = f"z{colour.first}"
        ways = {
            f"{colour.name} {i}": ({z: 1 / (high - low)}, -low / (high - low))
            for i, (low, high) in enumerate(pairwise(colour.knots))
        }
        stops = np.stack([rgb(code) for code in colour.stops.values()]).astype(float)
        steps = np.diff(stops, axis=0)
        return ways, [(dict(zip(ways, steps[:, c].tolist(), strict=True)), stops[0, c]) for c in range(3)]

    def _matrix(self, p: Part, channels: dict[str, list[Row]]) -> dict[str, Row]:
        names = LAYERS[p.component][1:]
        rgb_rows = {f"{name} {c}": channels[name][c] for c in range(3) for name in names}
        return rgb_rows | {f"{name} opacity": ({}, 0.0) for name in names}

    def forward(self, z: torch.Tensor) -> dict[str, torch.Tensor]:
        way = self.along(z.clamp(-8, 8)).clamp(0, 1)
        return {p.name: self.mix[p.name](way).unflatten(1, (4, len(LAYERS[p.component]) - 1)) for p in PARTS}


class Decoder(nn.Module):
    """One-hot choice [n, options] -> logits [n, channels, height, width]: of opacity, and of each colour's share in it.

    Each option has a small picture of codes, 4 times smaller than the layer, which convolutions turn into pixels.
    """

    def __init__(self, part: Part) -> None:
        super().__init__()
        _, _, width, height = BOXES[part.component]
        self.shape = (CODE, height // BLOCK, width // BLOCK)
        self.channels = len(LAYERS[part.component])
        features = FEATURES[part.component]
        self.codes = nn.Linear(len(part.options), math.prod(self.shape))
        self.body = nn.Sequential(
            nn.Conv2d(CODE, features, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(features, features, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(features, BLOCK**2 * self.channels, 3, padding=1),
            nn.PixelShuffle(BLOCK),
        )

    def forward(self, choice: torch.Tensor) -> torch.Tensor:
        return self.body(self.codes(choice).unflatten(1, self.shape))


class Generator(nn.Module):
    """z float32 [n, LATENT_DIM] -> straight RGBA float32 [n, 4, SIZE, SIZE] in [0, 1]; colour is 0 where opacity is."""

    def __init__(self) -> None:
        super().__init__()
        self.quantiser = Quantiser()
        self.colouring = Colouring()
        self.decoders = nn.ModuleDict({p.name: Decoder(p) for p in PARTS})
        self.register_buffer("opaque", torch.tensor([0.0, 0.0, 0.0, 1.0])[:, None, None])

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        choices, colours = self.quantiser(z), self.colouring(z)
        picture = self._layer(ORDER[0], choices, colours)
        for name in ORDER[1:]:
            layer = self._layer(name, choices, colours)
            picture = layer + picture * (1 - layer[:, 3:])
        return straight(picture)

    def _layer(self, name: str, choices: dict[str, torch.Tensor], colours: dict[str, torch.Tensor]) -> torch.Tensor:
        """Premultiplied RGBA [n, 4, SIZE, SIZE]."""
        left, top, width, height = BOXES[part(name).component]
        levels = (self.decoders[name](choices[name]).sigmoid() * (1 + 2 * STRETCH) - STRETCH).clamp(0, 1)
        opaque = (colours[name] @ levels[:, 1:].flatten(2)).unflatten(2, (height, width)) + self.opaque
        return nn.functional.pad(opaque * levels[:, :1], (left, SIZE - left - width, top, SIZE - top - height))


def straight(picture: torch.Tensor) -> torch.Tensor:
    """Premultiplied RGBA [n, 4, h, w] -> straight; colour is 0 wherever the opacity will round to 0 of 255 levels.

    A faint colour is divided by `FAINT` at most: what is left of its error stays small, and outlines are ink anyway.
    """
    opacity = picture[:, 3:]
    seen = (opacity * 255 - 0.5).clamp(0, 1)
    colour = picture[:, :3] * seen / opacity.clamp(min=FAINT)
    return torch.cat((colour, opacity), dim=1).clamp(0, 1)
