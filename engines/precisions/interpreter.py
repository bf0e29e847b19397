"""Runs a graph operator by operator, each in an ONNX Runtime session of its own, whatever lies between them.

What a session gives back has the type that the graph says: in an FP16 graph every operator's result is rounded to
FP16. As a whole graph ONNX Runtime would run it otherwise: on the CPU it computes in FP32 and leaves away casts
between two operators (1.31 does so even with all optimisations switched off), so that it shows no rounding at all.
The same walk through the graph shows every tensor to those who measure.

A search runs many graphs that differ in a few operators: equal operators, whatever their tensors are called, share one
session, which takes far longer to make than to run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from numpy.typing import NDArray

from ganrt.engines.onnxruntime_session import import_onnxruntime
from ganrt.engines.precisions.prepared import Prepared, is_weight
from ganrt.engines.protocol import Arrays
from ganrt.errors import NegativeResult
from ganrt.graphs.files import one_node

_HEAVY = ("Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum")
_MOST_THREADS = 8

Values = dict[str, NDArray[Any]]
Sessions = dict[bytes, Any]  # by the SHA-256 of the operator alone, with its types, attributes and weights
Watch = Callable[[ir.Node, Values], object]


@dataclass(frozen=True, eq=False)
class _Step:
    node: ir.Node
    session: Any
    takes: dict[str, str]  # what the session calls a tensor -> what the graph does
    gives: list[str]
    last_use_of: list[str]


class Interpreter:
    """One graph, ready to be run any number of times.

    Args:
        sessions: those of earlier interpreters with as many threads, which are shared and added to.
    """

    def __init__(self, prepared: Prepared, threads: int | None = None, sessions: Sessions | None = None) -> None:
        self._sessions: Sessions = {} if sessions is None else sessions
        self._onnxruntime = import_onnxruntime("cpu")
        self._threads = threads or min(_MOST_THREADS, os.cpu_count() or 1)
        self._outputs = [value.name or "" for value in prepared.graph.outputs]
        last = {value: node for node in prepared.graph for value in node.inputs}
        self._steps = [self._step(node, last) for node in prepared.graph]

    def run(self, inputs: Arrays, watch: Watch | None = None) -> Values:
        """One batch: the graph's outputs by name.

        Args:
            watch: called after each operator with its node, and all tensors that it read and made (not its weights).
        """
        values: Values = {name: np.asarray(value) for name, value in inputs.items()}
        for step in self._steps:
            given = {own: values[name] for own, name in step.takes.items()}
            try:
                made = step.session.run(None, given)
            except Exception as error:  # onnxruntime has no common base of its exceptions
                raise NegativeResult(f"operator {step.node.name} does not run: {error}") from error
            values.update(zip(step.gives, made, strict=True))
            if watch is not None:
                watch(step.node, {name: values[name] for name in (*step.takes.values(), *step.gives)})
            for name in step.last_use_of:
                del values[name]
        return {name: values[name] for name in self._outputs}

    def _step(self, node: ir.Node, last: Mapping[ir.Value | None, ir.Node]) -> _Step:
        given = list(dict.fromkeys(value for value in node.inputs if value is not None))
        takes = [value for value in given if not is_weight(value)]
        gives = [value for value in node.outputs if value.name]
        idle = [value for value in (*takes, *gives) if last.get(value, node) is node]
        freed = [value for value in idle if not value.is_graph_output()]
        own = {value: f"i{number}" for number, value in enumerate(given)}
        own |= {value: f"o{number}" for number, value in enumerate(gives)}
        session = self._session(node, own, takes, gives)
        return _Step(node, session, {own[value]: value.name or "" for value in takes}, _names(gives), _names(freed))

    def _session(self, node: ir.Node, own: Mapping[ir.Value, str], takes: list[ir.Value], gives: list[ir.Value]) -> Any:
        """Of the operator with its tensors called as `own` says."""
        weights = [_tensor(value, name) for value, name in own.items() if is_weight(value)]
        alone = one_node(node, _infos(takes, own), _infos(gives, own), weights)
        proto = alone.graph.node[0]
        for field in ("name", "doc_string", "metadata_props"):
            proto.ClearField(field)
        proto.input[:] = [own[value] if value is not None else "" for value in node.inputs]
        proto.output[:] = [own.get(value, "") for value in node.outputs]
        data = alone.SerializeToString(deterministic=True)
        key = hashlib.sha256(data).digest()
        if key not in self._sessions:
            self._sessions[key] = self._made(node, data)
        return self._sessions[key]

    def _made(self, node: ir.Node, data: bytes) -> Any:
        settings = self._onnxruntime.SessionOptions()
        settings.log_severity_level = 4
        settings.intra_op_num_threads = self._threads if node.op_type in _HEAVY else 1
        settings.inter_op_num_threads = 1
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        settings.enable_cpu_mem_arena = False  # hundreds of sessions would each keep their largest tensors
        try:
            return self._onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
        except Exception as error:
            reason = str(error).splitlines()[0]
            raise NegativeResult(f"operator {node.name} ({node.op_type}) does not run: {reason}") from error


def _names(values: list[ir.Value]) -> list[str]:
    return [value.name or "" for value in values]


def _tensor(weight: ir.Value, name: str) -> onnx.TensorProto:
    assert weight.const_value is not None
    tensor = ir.serde.serialize_tensor(weight.const_value)
    tensor.name = name
    return tensor


def _infos(values: list[ir.Value], own: Mapping[ir.Value, str]) -> list[onnx.ValueInfoProto]:
    return [onnx.helper.make_tensor_value_info(own[value], int(value.dtype or 0), None) for value in values]
