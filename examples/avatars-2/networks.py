"""The generator of avatars-2: z -> quantiser and colours; a decoder draws the layer of each part; layers are laid over
each other. Everything is made of dense layers, convolutions, comparisons, products and sums.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch
from parts import COLOURS, FIXED, LAYERS, LATENT_DIM, ORDER, PARTS, SCORES, Part, Shade, part, rgb
from torch import nn

SIZE = 256
# Where the layer of each component lies: left, top, width, height in pixels, multiples of 8.
BOXES = {
    "body": (16, 184, 224, 72),
    "head": (0, 0, 256, 256),
    "expression": (120, 104, 88, 104),
    "facialHair": (88, 136, 152, 112),
    "accessories": (64, 96, 160, 80),
}
FEATURES = {"body": 24, "head": 40, "expression": 32, "facialHair": 24, "accessories": 24}
CODE = 8  # channels of an option's code, one vector for 4 x 4 pixels
BLOCK = 4
# Sigmoids come near 0 and 1 and never reach them; stretched by this on both sides and clipped, they do.
STRETCH = 0.02
FAINT = 0.6 / 255  # opacity below this is none: neither it nor a colour under it shall show


def _linear(rows: list[dict[int, float]], inputs: int, bias: list[float] | None = None) -> nn.Linear:
    """A dense layer from the weights that are not 0: a dictionary {input: weight} for each output."""
    layer = nn.Linear(inputs, len(rows))
    layer.requires_grad_(False).weight.zero_()
    for output, weights in enumerate(rows):
        for index, weight in weights.items():
            layer.weight[output, index] = weight
    layer.bias.copy_(torch.tensor(bias if bias is not None else [0.0] * len(rows)))
    return layer


class Quantiser(nn.Module):
    """z [n, LATENT_DIM] -> one-hot choices [n, options] in the order of `PARTS`, exactly one option of each part.

    Values are compared with thresholds; after that there are only zeros and ones, which dense layers and ReLU turn
    into one-hot bins, then into conjunctions of bins. All of it is exact in every precision, so long as the comparison
    is made in float32. A value that is not a number exceeds nothing, and so lies in the lowest bin.
    """

    def __init__(self) -> None:
        super().__init__()
        cuts = [cut for p in PARTS for cut in p.thresholds]
        columns = max(map(len, cuts))
        padded = [[*cut, *[1e30] * (columns - len(cut))] for cut in cuts]
        self.register_buffer("thresholds", torch.tensor(padded, dtype=torch.float32))
        rows: list[dict[int, float]] = []
        bias: list[float] = []
        bins: list[list[int]] = []  # of each value of z: the outputs that are its bins
        for value, cut in enumerate(cuts):
            bins.append(list(range(len(rows), len(rows) + len(cut) + 1)))
            for place in range(len(cut) + 1):  # exceeds the threshold below it, and not the one above it
                below = {value * columns + place - 1: 1.0} if place else {}
                above = {value * columns + place: -1.0} if place < len(cut) else {}
                rows.append(below | above)
                bias.append(0.0 if place else 1.0)
        self.to_bins = _linear(rows, len(cuts) * columns, bias)
        self._conjoin(bins, len(rows))

    def _conjoin(self, bins: list[list[int]], count: int) -> None:
        """First the cells of each part and how surely its optional ones are there, then the options."""
        cells: list[list[int]] = []  # conjunctions of bins
        where: dict[str, list[int]] = {}
        for p in PARTS:
            axes = bins[p.first + p.optional : p.first + p.values]
            where[p.name] = list(range(len(cells), len(cells) + math.prod(p.axes)))
            cells += [[axis[place] for axis, place in zip(axes, chosen, strict=True)] for chosen in p.bins()]
            if p.optional:
                where[p.name + "?"] = [len(cells), len(cells) + 1]
                cells += [[bins[p.first][1]], [bins[p.first][2]]]
        self.to_cells = _linear([dict.fromkeys(c, 1.0) for c in cells], count, [1.0 - len(c) for c in cells])
        bearded = [where["hair"][i] for i, o in enumerate(part("hair").options) if not o.rarely_bearded]
        options: list[dict[int, float]] = []
        bias: list[float] = []
        self.slices: dict[str, slice] = {}
        there: list[dict[int, float]] = []  # sums of conjunctions, for each option
        for p in PARTS:
            start = len(there)
            if p.optional:
                perhaps, surely = where[p.name + "?"]
                present: dict[int, float] = {}
                for cell in where[p.name]:
                    both = [len(options), len(options) + 1]
                    allowed = dict.fromkeys(bearded, 1.0) if p.name == "facial-hair" else {}
                    options += [{cell: 1.0, perhaps: 1.0} | allowed, {cell: 1.0, surely: 1.0}]
                    bias += [-2.0 if allowed else -1.0, -1.0]
                    there.append(dict.fromkeys(both, 1.0))
                    present |= dict.fromkeys(both, -1.0)
                there.insert(start, present)
            else:
                for cell in where[p.name]:
                    there.append({len(options): 1.0})
                    options.append({cell: 1.0})
                    bias.append(0.0)
            self.slices[p.name] = slice(start, len(there))
        self.to_options = _linear(options, len(cells), bias)
        absent = [1.0 if p.optional and i == 0 else 0.0 for p in PARTS for i in range(len(p.options))]
        self.to_choices = nn.ModuleDict({
            name: _linear(there[at], len(options), absent[at]) for name, at in self.slices.items()
        })

    def forward(self, z: torch.Tensor) -> dict[str, torch.Tensor]:
        exceeds = (z[:, :SCORES, None] > self.thresholds).float().flatten(1)
        cells = torch.relu(self.to_cells(self.to_bins(exceeds)))
        options = torch.relu(self.to_options(cells))
        return {name: layer(options) for name, layer in self.to_choices.items()}


class Colouring(nn.Module):
    """z [n, LATENT_DIM] -> for each part the matrix [n, 4, channels] that turns its layer into premultiplied RGBA."""

    def __init__(self) -> None:
        super().__init__()
        rows: list[dict[int, float]] = []
        bias: list[float] = []
        # Of every channel (red, green, blue) of every colour: what it is at the start, and what each way adds to it.
        channels: dict[str, list[tuple[float, dict[int, float]]]] = {
            name: [(float(level), {}) for level in rgb(code)] for name, code in FIXED.items()
        }
        for colour in COLOURS:
            if isinstance(colour, Shade):
                ways = range(len(rows), len(rows) + 3)
                rows += [{colour.first + i: colour.spread} for i in range(3)]
                bias += rgb(colour.centre).tolist()
                channels[colour.name] = [(0.0, {way: 1.0}) for way in ways]
                continue
            ways = range(len(rows), len(rows) + len(colour.stops) - 1)
            for low, high in pairwise(colour.knots):
                rows.append({colour.first: 1 / (high - low)})
                bias.append(-low / (high - low))
            stops = np.stack([rgb(code) for code in colour.stops.values()]).astype(float)
            steps = np.diff(stops, axis=0)
            channels[colour.name] = [(stops[0, c], dict(zip(ways, steps[:, c].tolist(), strict=True))) for c in range(3)]
        self.along = _linear(rows, LATENT_DIM, bias)
        self.mix = nn.ModuleDict({p.name: self._mixing(p, channels) for p in PARTS})

    def _mixing(self, p: Part, channels: dict[str, list[tuple[float, dict[int, float]]]]) -> nn.Linear:
        entries = [
            channels[name][row] if name != "opacity" and row < 3 else (float(name == "opacity" and row == 3), {})
            for row in range(4)
            for name in LAYERS[p.component]
        ]
        return _linear([weights for _, weights in entries], self.along.out_features, [start for start, _ in entries])

    def forward(self, z: torch.Tensor) -> dict[str, torch.Tensor]:
        way = self.along(z.clamp(-8, 8)).clamp(0, 1)  # how much of each stretch or level is reached
        return {p.name: self.mix[p.name](way).unflatten(1, (4, len(LAYERS[p.component]))) for p in PARTS}


class Decoder(nn.Module):
    """One-hot choice [n, options] -> logits of the layer's opacity and coverages [n, channels, height, width].

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
        coverage = (self.decoders[name](choices[name]).sigmoid() * (1 + 2 * STRETCH) - STRETCH).clamp(0, 1)
        layer = (colours[name] @ coverage.flatten(2)).unflatten(2, (height, width))
        return nn.functional.pad(layer, (left, SIZE - left - width, top, SIZE - top - height))


def straight(picture: torch.Tensor) -> torch.Tensor:
    """Premultiplied RGBA [n, 4, h, w] -> straight, nothing at all where the opacity is faint."""
    opacity = picture[:, 3:]
    seen = (opacity > FAINT).float()
    colour = picture[:, :3] * seen / opacity.clamp(min=FAINT)
    return torch.cat((colour, opacity * seen), dim=1).clamp(0, 1)
