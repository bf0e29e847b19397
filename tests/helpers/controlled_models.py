"""A tiny generator with a control of each kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tiny_onnx import save_tiny, tiny_spec

from ganrt.controls import Control, Option
from ganrt.spec import Latent

DIM = 12
CONTROLS = (
    Control(
        name="hair",
        kind="choice",
        positions=(0, 3),
        options=(
            Option(name="afro", values=(1.25, -0.1)),
            Option(name="bald", values=(-1.0, 0.1)),
            Option(name="flat-top", values=(0.0, 3.0)),
        ),
    ),
    Control(
        name="skin",
        kind="scalar",
        positions=(1, 2),
        low=0,
        high=1,
        ends=("light", "dark"),
        knots=((-1, 0), (0, 8), (3, 9)),
    ),
    Control(name="shirt", kind="color", positions=(4, 5, 6), knots=((-1, -1, 1), (1, 1, -1))),
)


def save_controlled(path: Path) -> Path:
    """Writes it."""
    latent = Latent(dim=DIM, prior="normal", psi_mode="resample")
    return save_tiny(path, replace(tiny_spec(name="dolls", latent=latent), controls=CONTROLS))
