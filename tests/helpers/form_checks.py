"""What every test of a pass asks: the same outputs in float64 and float32, the same interface, a sound graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass, ShapeInferencePass
from onnx_layers import Graph, run_ort, run_torch

from ganrt.graphs.passes import GraphPass

Build = Callable[[Graph], Sequence[str]]  # adds a graph's nodes, returns its outputs


def rewritten(model: onnx.ModelProto, *passes: GraphPass) -> onnx.ModelProto:
    """The model after some passes, by itself (not through a form)."""
    made = ir.serde.deserialize_model(model)
    for step in passes:
        ShapeInferencePass(check_type=False, strict_mode=False)(made)
        step(made)
    RemoveUnusedNodesPass()(made)
    after = ir.serde.serialize_model(made)
    after.graph.ClearField("value_info")
    return after


def operators(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def both(build: Build, dtype: type[Any], seed: int, *passes: GraphPass) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    graph = Graph(dtype, seed)
    model = graph.model(*build(graph))
    return model, rewritten(model, *passes)


def random_inputs(model: onnx.ModelProto, seed: int, batch: int = 2) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    return {
        value.name: random.standard_normal([d.dim_value or batch for d in value.type.tensor_type.shape.dim])
        for value in model.graph.input
    }


def relative(found: Sequence[Any], wanted: Sequence[Any]) -> float:
    """The worst difference, relative to the largest value; infinite if shapes differ."""
    if [f.shape for f in found] != [w.shape for w in wanted]:
        return float("inf")
    pairs = zip(found, wanted, strict=True)
    return max(float(np.abs(f - w).max(initial=0) / max(np.abs(w).max(initial=0), 1e-30)) for f, w in pairs)


def check_exact(build: Build, *passes: GraphPass, seed: int = 0, single_error: float = 1e-6) -> onnx.ModelProto:
    """Asserts 1e-12 in float64 (in which passes keep a graph's weights) and this in float32; returns the new graph."""
    before, after = both(build, np.float64, seed, *passes)
    inputs = random_inputs(before, seed)
    wanted = run_torch(before.SerializeToString(), inputs)
    error = relative(run_torch(after.SerializeToString(), inputs), wanted)
    assert error <= 1e-12, f"float64: {error}"

    single_before, single = both(build, np.float32, seed, *passes)
    onnx.checker.check_model(single, full_check=True)
    floats = {name: value.astype(np.float32) for name, value in inputs.items()}
    # The truth is that of the weights and inputs as rounded to float32.
    wanted = run_torch(single_before.SerializeToString(), floats)
    error = relative(run_ort(single.SerializeToString(), floats), wanted)
    assert error <= single_error, f"float32: {error}"
    assert after.metadata_props == before.metadata_props
    assert after.graph.input == before.graph.input
    assert [value.name for value in after.graph.output] == [value.name for value in before.graph.output]
    return after
