"""Models to lower: tiny exports of the families, and graphs made by hand that have one trait each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import ajbrock_models
import bigbigan_models
import cyclegan_models
import emoji_models
import numpy as np
import onnx
import stylegan2_reference
import stylegan3_reference
import tiny_models
from dcgan_reference import built_from
from onnx import TensorProto, helper, numpy_helper
from shared import made_once
from tiny_onnx import DIM, tiny_spec

from ganrt.engines.onnx_file import OnnxFile, read_onnx
from ganrt.engines.precisions import Samples
from ganrt.exporter.graph import build_graph, embed_spec
from ganrt.runtime.sample_inputs import precision_samples
from ganrt.spec import METADATA_KEY

FAMILIES = ("dcgan", "csc413-A", "csc413-D", "cyclegan", "biggan-deep", "cyclegan-open")
OTHERS = (
    "biggan", "biggan-embedded", "bigbigan-128", "biggan-deep-ajbrock", "biggan-ivclab", "bigbigan", "infogan",
    "bigbigan-encoder", "csc413-cyclegan", "keras-general", "stylegan2", "stylegan3",
)  # fmt: skip
DEEP = ((12, 3, 12), (12, 3, 10), (10, 4, 10), (10, 3, 8), (8, 4, 8), (8, 4, 8))  # in, within and out of each block
SIDE = 8
SIZE = 3 * SIDE * SIDE


def exported(folder: Path, family: str) -> OnnxFile:
    """A tiny export with random weights: of `FAMILIES` or `OTHERS`, made once a run."""
    path = folder / f"{family}.onnx"
    path.write_bytes(made_once(path.name, lambda: _export(folder, family)))
    return read_onnx(path)


def _export(folder: Path, family: str) -> bytes:
    states: dict[str, Any] = {
        "dcgan": tiny_models.dcgan_state,
        "csc413-A": lambda: emoji_models.generator_state("A"),
        "csc413-D": lambda: emoji_models.generator_state("D"),
        "cyclegan": lambda: cyclegan_models.resnet_state(blocks=1),
        "cyclegan-open": lambda: cyclegan_models.resnet_state(blocks=1),
        "biggan": lambda: ajbrock_models.biggan_state(),
        "biggan-embedded": lambda: ajbrock_models.biggan_state(ajbrock_models.Plan(chunk=0, embedding=None)),
        "bigbigan-128": ajbrock_models.one_class_state,
        "biggan-deep-ajbrock": lambda: ajbrock_models.deep_state(DEEP),
        "biggan-ivclab": ajbrock_models.ivclab_state,
        "bigbigan": bigbigan_models.generator_state,
        "infogan": bigbigan_models.generator_state,
        "bigbigan-encoder": bigbigan_models.encoder_state,
        "csc413-cyclegan": emoji_models.cycle_state,
        "stylegan2": lambda: stylegan2_reference.random_state(stylegan2_reference.Net()),
        "stylegan3": lambda: stylegan3_reference.random_state(stylegan3_reference.Net(radial=True)),
    }
    settings = {
        "cyclegan": {"size": "32x36"},
        "cyclegan-open": {"size": "16x16", "dynamic": True},
        "infogan": {"label_meaning": "code"},
    }.get(family, {})
    if family == "biggan-deep":
        from biggan_models import SMALL, library_config, library_model, save_folder

        checkpoint = save_folder(folder / family, library_model(library_config(SMALL)))
    elif family.startswith("keras-"):
        from keras_fixtures import fixtures

        checkpoint = fixtures() / f"{family.removeprefix('keras-')}.k3.keras"
    else:
        checkpoint = tiny_models.save_checkpoint(folder / f"{family}.pth", states[family]())
    built = built_from(checkpoint, settings)
    return embed_spec(build_graph(built), built.spec)


def in_bf16(half: bytes) -> bytes:
    """A graph in FP16 with BF16 in its place, in the first opset whose convolutions have that type."""
    model = onnx.load_model_from_string(half)
    model.opset_import[0].version = 22
    for weight in model.graph.initializer:
        if weight.data_type == TensorProto.FLOAT16:
            values = numpy_helper.to_array(weight).astype(np.float32)
            made = helper.make_tensor(weight.name, TensorProto.BFLOAT16, values.shape, values.ravel())
            weight.CopyFrom(made)
    for node in model.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.i == TensorProto.FLOAT16:
                attribute.i = TensorProto.BFLOAT16
    onnx.checker.check_model(model, full_check=True)
    return cast(bytes, model.SerializeToString())


def by_hand(
    folder: Path,
    nodes: Sequence[onnx.NodeProto],
    weights: Mapping[str, Any] | None = None,
    truncation: bool = False,
) -> OnnxFile:
    """z float32 [n, 6] -> MatMul -> `x` [n, 192] -> nodes -> `y` [n, 192] -> tanh -> uint8 [n, 8, 8, 3].

    Args:
        nodes: from `x` (and `truncation` [n]) to `y`.
        weights: float32 unless they have another type.
    """
    spec = tiny_spec(side=SIDE, statistics=truncation)
    values: dict[str, Any] = {
        "first": np.random.default_rng(3).normal(0, 0.5, (DIM, SIZE)),
        "shape": np.array([-1, 3, SIDE, SIDE], np.int64),
        "one": 1.0,
        "half": 127.5,
        "black": 0.0,
        "white": 255.0,
        **(weights or {}),
    }
    tail = [
        helper.make_node("Tanh", ["y"], ["native"]),
        helper.make_node("Reshape", ["native", "shape"], ["picture"]),
        helper.make_node("Add", ["picture", "one"], ["shifted"]),
        helper.make_node("Mul", ["shifted", "half"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "black", "white"], ["clipped"]),
        helper.make_node("Round", ["clipped"], ["rounded"]),
        helper.make_node("Transpose", ["rounded"], ["nhwc"], perm=[0, 2, 3, 1]),
        helper.make_node("Cast", ["nhwc"], ["image"], to=TensorProto.UINT8),
    ]
    inputs = [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", DIM])]
    if truncation:
        inputs.append(helper.make_tensor_value_info("truncation", TensorProto.FLOAT, ["n"]))
    output = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", SIDE, SIDE, 3])
    tensors = [numpy_helper.from_array(_typed(value), name) for name, value in values.items()]
    every = [helper.make_node("MatMul", ["z", "first"], ["x"]), *nodes, *tail]
    graph = helper.make_graph(every, "by hand", inputs, [output], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10, producer_name="tests")
    helper.set_model_props(model, {METADATA_KEY: spec.to_json()})
    onnx.checker.check_model(model, full_check=True)
    path = folder / "by_hand.onnx"
    path.write_bytes(cast(bytes, model.SerializeToString()))
    return read_onnx(path)


def few(model: OnnxFile, count: int = 16) -> Samples:
    """The first samples of a model; fewer of large pictures."""
    output = model.spec().output
    count = count if output is None or output.height <= 64 else 2
    whole = _pictures(model) if model.spec().task == "encode" else precision_samples(model.spec())
    parts = [{name: value[:count] for name, value in part.items()} for part in (whole.calibration, whole.judged)]
    return Samples(*parts)


def _pictures(model: OnnxFile) -> Samples:
    image = model.spec().image
    assert image is not None
    shape = (32, image.height, image.width, image.channels)
    values = np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)
    return Samples({"source": values[16:]}, {"source": values[:16]})


def _typed(value: Any) -> Any:
    array = np.asarray(value)
    return array if array.dtype.kind == "i" else array.astype(np.float32)
