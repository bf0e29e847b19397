"""Writes the trained decoders as an ONNX file with its spec and controls, verified against the torch module.

python export.py -i out/avatars-2/decoders.safetensors -o avatars-2.onnx
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import replace
from pathlib import Path

from networks import Generator
from parts import COLOURS, LATENT_DIM, PARTS, SIZE, Palette, Part, Shade, rgb
from safetensors.torch import load_file

from ganrt.controls import Control, Option
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.graph import build_graph, embed_spec
from ganrt.exporter.session import Session, draw_canary
from ganrt.exporter.verify import verify
from ganrt.graphs.files import to_bytes
from ganrt.runtime.sampling import sampler
from ganrt.spec import GeneratorSpec, Latent, Output, Source

ATTRIBUTION = 'Drawn after the DiceBear style "Open Peeps", a remix of "Open Peeps" by Pablo Stanley (CC0 1.0)'


def controls() -> tuple[Control, ...]:
    """One control for each part and each colour."""
    return (*map(_choice, PARTS), *map(_colour, COLOURS))


def _choice(part: Part) -> Control:
    options = tuple(
        Option(name=option.name, values=tuple(round(value, 4) for value in part.values_for(i)))
        for i, option in enumerate(part.options)
    )
    positions = tuple(range(part.first, part.first + part.values))
    return Control(name=part.name, kind="choice", help=part.help, positions=positions, options=options)


def _colour(colour: Palette | Shade) -> Control:
    name = colour.name if colour.name == "skin" else f"{colour.name}-color"
    positions = tuple(range(colour.first, colour.first + colour.values))
    if isinstance(colour, Shade):
        knots = tuple(tuple(float(level - c) / colour.spread for c in rgb(colour.centre)) for level in (0, 1))
        return Control(name=name, kind="color", help=colour.help, positions=positions, knots=knots)
    if name == "skin":
        ends = tuple(list(colour.stops)[i] for i in (0, -1))
        rows = tuple((round(knot, 4),) for knot in colour.knots)
        return Control(
            name=name, kind="scalar", help=colour.help, positions=positions, low=0, high=1, ends=ends, knots=rows
        )
    options = tuple(
        Option(name=stop, values=(round(knot, 4),)) for stop, knot in zip(colour.stops, colour.knots, strict=True)
    )
    return Control(name=name, kind="choice", help=colour.help, positions=positions, options=options)


def load(weights: Path) -> Generator:
    """The generator with trained decoders."""
    generator = Generator().eval()
    generator.decoders.load_state_dict(load_file(weights))
    return generator


def export(weights: Path, name: str, budget_s: float) -> bytes:
    """The ONNX file's bytes; `budget_s` seconds for verifying it."""
    source = Source(
        format="safetensors",
        sha256=hashlib.sha256(weights.read_bytes()).hexdigest(),
        licence="CC0-1.0",
        attribution=ATTRIBUTION,
    )
    spec = GeneratorSpec(
        name=name,
        family="layers",
        latent=Latent(dim=LATENT_DIM, prior="normal", psi_mode="resample"),
        output=Output(height=SIZE, width=SIZE, channels=4),
        source=source,
        controls=controls(),
    )
    built = Candidate(load(weights), spec, "sigmoid", "its own recipe")
    model = build_graph(built)
    comparison = verify(built, model, sampler, budget_s=budget_s)
    canary = draw_canary(Session(to_bytes(model)), spec, sampler)
    print(comparison)
    return embed_spec(model, replace(spec, verification=comparison.to_spec(), canary=canary))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-i", "--input", type=Path, default=Path("out/avatars-2/decoders.safetensors"))
    parser.add_argument("-o", "--output", type=Path, default=Path("avatars-2.onnx"))
    parser.add_argument("--budget", type=float, default=60.0, help="seconds for verifying the file")
    arguments = parser.parse_args()
    arguments.output.write_bytes(export(arguments.input, arguments.output.stem, arguments.budget))
