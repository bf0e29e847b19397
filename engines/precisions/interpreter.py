"""Runs a graph operator by operator, each in an ONNX Runtime session of its own, whatever lies between them.

What a session gives back has the type that the graph says: in an FP16 graph every operator's result is rounded to
FP16. As a whole graph ONNX Runtime would run it otherwise: on the CPU it computes in FP32 and leaves away casts
between two operators (1.31 does so even with all optimisations switched off), so that it shows no rounding at all.
The same walk through the graph shows every tensor to those who measure.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from ganrt.engines.onnxruntime_session import import_onnxruntime
from ganrt.engines.precisions.prepared import Prepared
from ganrt.engines.protocol import Arrays
from ganrt.errors import NegativeResult

_HEAVY = ("Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum")
_MOST_THREADS = 8

Values = dict[str, NDArray[Any]]
Watch = Callable[[onnx.NodeProto, Values], object]


@dataclass(frozen=True, eq=False)
class _Step:
    node: onnx.NodeProto
    session: Any
    takes: list[str]
    gives: list[str]
    last_use_of: list[str]


class Interpreter:
    """One graph, ready to be run any number of times."""

    def __init__(self, prepared: Prepared, threads: int | None = None) -> None:
        self._onnxruntime = import_onnxruntime("cpu")
        self._prepared = prepared
        self._threads = threads or min(_MOST_THREADS, os.cpu_count() or 1)
        self._outputs = [value.name for value in prepared.model.graph.output]
        last = {name: node.name for node in prepared.model.graph.node for name in node.input}
        self._steps = [self._step(node, last) for node in prepared.model.graph.node]

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

    def _step(self, node: onnx.NodeProto, last: dict[str, str]) -> _Step:
        given = [name for name in dict.fromkeys(node.input) if name]
        takes = [name for name in given if name not in self._prepared.weights]
        gives = [name for name in node.output if name]
        idle = [name for name in (*takes, *gives) if last.get(name, node.name) == node.name]
        freed = [name for name in idle if name not in self._outputs]
        return _Step(node, self._session(node, given, takes, gives), takes, gives, freed)

    def _session(self, node: onnx.NodeProto, given: list[str], takes: list[str], gives: list[str]) -> Any:
        model = self._prepared.model
        weights = [self._prepared.weights[name] for name in given if name not in takes]
        graph = helper.make_graph([node], "one", self._infos(takes), self._infos(gives), weights)
        alone = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
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

    def _infos(self, names: list[str]) -> list[onnx.ValueInfoProto]:
        return [helper.make_tensor_value_info(name, self._prepared.types[name], None) for name in names]
