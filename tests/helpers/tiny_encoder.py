"""A tiny ONNX encoder, made without torch, that belongs to `tiny_onnx`'s generator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tiny_onnx import DIM, save_tiny, tiny_spec

from ganrt.spec import METADATA_KEY, GeneratorSpec, ImageInput, Latent, Source

CHECKPOINT = "ab" * 32


def encoder_spec(
    *, name: str = "digits-encoder", side: int = 8, channels: int = 1, dim: int = DIM, pair: str | None = CHECKPOINT
) -> GeneratorSpec:
    """The spec of `encoder_model`'s encoder."""
    return GeneratorSpec(
        name=name,
        family="tiny",
        task="encode",
        pair=pair,
        latent=Latent(dim=dim, prior="normal", psi_mode="resample"),
        image=ImageInput(height=side, width=side, channels=channels),
    )


def encoder_weight(spec: GeneratorSpec) -> np.ndarray:
    """What `encoder_model` multiplies pixels in [0, 1] with: float32 [h * w * c, dim], rows in that order."""
    assert spec.image is not None
    assert spec.latent is not None
    pixels = spec.image.height * spec.image.width * spec.image.channels
    return np.random.default_rng(4).normal(0, 0.1, (pixels, spec.latent.dim)).astype(np.float32)


def encoder_model(spec: GeneratorSpec) -> onnx.ModelProto:
    """source uint8 [n, h, w, c] -> pixels in [0, 1] -> matrix product -> z float32 [n, dim]."""
    assert spec.image is not None
    assert spec.latent is not None
    image, weight = spec.image, encoder_weight(spec)
    constants = {"white": np.float32(255), "weight": weight, "shape": np.array([-1, len(weight)], np.int64)}
    nodes = [
        helper.make_node("Cast", ["source"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["floats", "white"], ["picture"]),
        helper.make_node("Reshape", ["picture", "shape"], ["pixels"]),
        helper.make_node("MatMul", ["pixels", "weight"], ["z"]),
    ]
    shape = ["n", image.height, image.width, image.channels]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("source", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", spec.latent.dim])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10, producer_name="tests")
    helper.set_model_props(model, {METADATA_KEY: spec.to_json()})
    onnx.checker.check_model(model, full_check=True)
    return model


def save_encoder(path: Path, spec: GeneratorSpec | None = None) -> Path:
    """Writes `encoder_model(spec or encoder_spec())` and returns `path`."""
    onnx.save(encoder_model(spec or encoder_spec()), str(path))
    return path


def save_generator(
    path: Path, *, labels: int = 0, channels: int = 1, side: int = 8, dim: int = DIM, checkpoint: str = CHECKPOINT
) -> Path:
    """Writes a tiny generator that was "exported" from `checkpoint`, and returns `path`."""
    latent = Latent(dim=dim, prior="normal", psi_mode="resample")
    spec = tiny_spec(name=path.stem, side=side, channels=channels, labels=labels, latent=latent)
    return save_tiny(path, replace(spec, source=Source(format="torch", sha256=checkpoint)))
