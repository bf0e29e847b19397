"""Writes known-latents.json: what models are fed for looks, in every language: `python tools/make_look_answers.py`.

Specs and controls stand in it whole, so that a client needs no model.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ganrt.checks import encode
from ganrt.controls import Control
from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import UsageError
from ganrt.runtime.edits import edit
from ganrt.runtime.labels import label_weights
from ganrt.runtime.looks import Look, check_letters
from ganrt.runtime.models import named_controls, resolve_model
from ganrt.runtime.sampling import check_statistics, draw, psi_value
from ganrt.runtime.settings import ControlTable
from ganrt.spec import GeneratorSpec, Labels, Latent, Output, Statistics, psi_input

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))
from controlled_models import CONTROLS

_DRAWN = {
    "avatars-1": (
        "",
        ".psi=0.7",
        ".psi=0",
        ".psi=0.7,.mode=resample,.threshold=1.5",
        ".threshold=1.5",
        ".mode=scale",
        "hair=afro",
        ".psi=0.7,hair=space-buns,skin=0.8,glasses=none,shade-down=-0.35,.z0=1,.z98-100=-0.1",
        "skin=0,hair-tint=1",
        "skin=0.125,clothing-brightness=0.333333333333",
        ".z0-100=0.000015",
    ),
    "avatars-2": ("", "hair=afro,skin=0.3", ".psi=0.5,.z3=2"),
    "dolls": ("shirt=0a81f3,skin=0.6180339887498949", "shirt=ffffff,hair=bald", "skin=1e-3,.z11=3.1415927", "skin=1"),
    "classes": ("", ".class=2", ".class0=0.3,.class2=-0.7", ".psi=0.5", ".psi=0.5,.statistics=0.04,.class=0"),
    "styles": ("", ".psi=0", ".psi=1.5,.z1=0"),
    "parts": ("", ".psi=0.7", ".threshold=1.5", ".mode=resample,.psi=0.3"),
    "uniform": ("", ".psi=0.7", ".mode=scale"),
    "truncated": ("", ".mode=resample", ".threshold=3,.psi=0.9"),
}
_REFUSED = {
    "avatars-1": (
        *("hat=1", "hair=nobody", "skin=1.5", "skin=afro", ".z99-101=1", ".class=0", ".statistics=0.5", "skin=-0.1"),
        ".psi=16,.mode=resample,.threshold=8",
    ),
    "dolls": ("shirt=red", "shirt=12345", "shirt=12345g"),
    "classes": (".class=3", ".psi=1.5", ".statistics=0.01", ".psi=0"),
    "styles": (".mode=scale", ".threshold=2", ".statistics=0.5"),
    "uniform": (".mode=resample", ".threshold=2"),
}


def known_latents() -> dict[str, Any]:
    """What the file holds."""
    models = {name: _model(name) for name in _DRAWN}
    return {
        "models": {
            name: {"spec": json.loads(spec.to_json()), "controls": [encode(one) for one in controls]}
            for name, (spec, controls) in models.items()
        },
        "drawn": [_answer(name, *models[name], _code(name, fields)) for name in _DRAWN for fields in _DRAWN[name]],
        "refused": [
            {"model": name, "code": _refused(*models[name], _code(name, fields))}
            for name in _REFUSED
            for fields in _REFUSED[name]
        ],
    }


def _code(name: str, fields: str) -> str:
    body = f"ganrt:{name}:5:8841" + (f":{fields}" if fields else "")
    return f"{body}:{check_letters(body)}"


def _model(name: str) -> tuple[GeneratorSpec, tuple[Control, ...]]:
    from dataclasses import replace

    if name.startswith("avatars"):
        model = read_onnx(resolve_model(name))
        spec = replace(model.spec(), canary=None)
        return spec, named_controls(spec, model.sha256)
    output = Output(height=8, width=8, channels=3)
    latents = {
        "dolls": Latent(dim=12, prior="normal", psi_mode="resample"),
        "classes": Latent(dim=6, prior="truncated_normal", psi_mode="scale", threshold=2.0),
        "styles": Latent(dim=6, prior="normal", psi_mode="style"),
        "parts": Latent(dim=10, prior="normal:5,onehot:3,uniform:2", psi_mode="resample"),
        "uniform": Latent(dim=5, prior="uniform", psi_mode="scale"),
        "truncated": Latent(dim=5, prior="truncated_normal", psi_mode="scale", threshold=1.25),
    }
    spec = GeneratorSpec(name=name, family="toy", latent=latents[name], output=output)
    if name == "classes":
        statistics = Statistics(mode="input", low=0.02, high=1.0, default=0.4)
        spec = replace(spec, labels=Labels(count=3), statistics=statistics)
    return spec, CONTROLS if name == "dolls" else ()


def inputs(
    spec: GeneratorSpec, controls: tuple[Control, ...], look: Look
) -> tuple[np.ndarray, np.ndarray | None, float | None]:
    """z, class weights and the input `truncation`, where the model has them."""
    check_statistics(spec, look.truncation)
    assert spec.latent is not None
    seeds, indices = np.array([look.seed], np.uint64), np.array([look.index], np.uint64)
    z = ControlTable(controls).apply(draw(spec.latent, seeds, indices, look.truncation)[0], look.controls)
    given = None
    if look.classes is not None:
        if spec.labels is None or max(number for number, _ in look.classes) >= spec.labels.count:
            raise UsageError("no such class")
        given = np.zeros(spec.labels.count, np.float32)
        given[[number for number, _ in look.classes]] = [weight for _, weight in look.classes]
    weights = label_weights(spec, given, seeds, indices)
    psi = psi_value(spec, look.truncation) if psi_input(spec) is not None else None
    return edit(z, look.edits), None if weights is None else weights[0], psi


def _answer(name: str, spec: GeneratorSpec, controls: tuple[Control, ...], code: str) -> dict[str, Any]:
    z, weights, psi = inputs(spec, controls, Look.parse(code))
    return {
        "model": name,
        "code": code,
        "z": _bits(z),
        "labels": "" if weights is None else _bits(weights),
        "truncation": "" if psi is None else _bits(np.array([psi])),
    }


def _refused(spec: GeneratorSpec, controls: tuple[Control, ...], code: str) -> str:
    try:
        inputs(spec, controls, Look.parse(code))
    except UsageError:
        return code
    raise AssertionError(f"{code} is drawn")


def _bits(values: np.ndarray) -> str:
    return "".join(f"{value:08x}" for value in values.astype("<f4").view("<u4").tolist())


if __name__ == "__main__":
    path = Path(__file__).parents[1] / "tests" / "looks" / "known-latents.json"
    path.write_text(json.dumps(known_latents(), indent=1) + "\n")
