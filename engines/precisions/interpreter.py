"""Runs a graph operator by operator, each in an ONNX Runtime session of its own, whatever lies between them.

What a session gives back has the type that the graph says: in an FP16 graph every operator's result is rounded to
FP16. As a whole graph ONNX Runtime would run it otherwise: on the CPU it computes in FP32 and leaves away casts
between two operators (1.31 does so even with all optimisations switched off), so that it shows no rounding at all.
The same walk through the graph shows every tensor to those who measure.
"""

from __future__ import annotations

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
Watch = Callable[[ir.Node, Values], object]


@dataclass(frozen=True, eq=False)
class _Step:
    node: ir.Node
    session: Any
    takes: list[str]
    gives: list[str]
    last_use_of: list[str]


class Interpreter:
    """One graph, ready to be run any number of times."""

    def __init__(self, prepared: Prepared, threads: int | None = None) -> None:
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
            given = {name: values[name] for name in step.takes}
            try:
                made = step.session.run(step.gives, given)
            except Exception as error:  # onnxruntime has no common base of its exceptions
                raise NegativeResult(f"operator {step.node.name} does not run: {error}") from error
            values.update(zip(step.gives, made, strict=True))
            if watch is not None:
                watch(step.node, {name: values[name] for name in (*step.takes, *step.gives)})
            for name in step.last_use_of:
                del values[name]
        return {name: values[name] for name in self._outputs}

    def _step(self, node: ir.Node, last: Mapping[ir.Value | None, ir.Node]) -> _Step:
        given = list(dict.fromkeys(value for value in node.inputs if value is not None))
        takes = [value for value in given if not is_weight(value)]
        gives = [value for value in node.outputs if value.name]
        idle = [value for value in (*takes, *gives) if last.get(value, node) is node]
        freed = [value for value in idle if not value.is_graph_output()]
        session = self._session(node, [value for value in given if is_weight(value)], takes, gives)
        return _Step(node, session, _names(takes), _names(gives), _names(freed))

    def _session(self, node: ir.Node, weights: list[ir.Value], takes: list[ir.Value], gives: list[ir.Value]) -> Any:
        alone = one_node(node, _infos(takes), _infos(gives), [ir.serde.serialize_tensor(_tensor(w)) for w in weights])
        settings = self._onnxruntime.SessionOptions()
        settings.log_severity_level = 4
        settings.intra_op_num_threads = self._threads if node.op_type in _HEAVY else 1
        settings.inter_op_num_threads = 1
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        settings.enable_cpu_mem_arena = False  # hundreds of sessions would each keep their largest tensors
        try:
            data = alone.SerializeToString()
            return self._onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
        except Exception as error:
            reason = str(error).splitlines()[0]
            raise NegativeResult(f"operator {node.name} ({node.op_type}) does not run: {reason}") from error


def _names(values: list[ir.Value]) -> list[str]:
    return [value.name or "" for value in values]


def _tensor(weight: ir.Value) -> ir.TensorProtocol:
    assert weight.const_value is not None
    return weight.const_value


def _infos(values: list[ir.Value]) -> list[onnx.ValueInfoProto]:
    return [onnx.helper.make_tensor_value_info(value.name or "", int(value.dtype or 0), None) for value in values]
