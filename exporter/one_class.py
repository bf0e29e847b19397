"""A generator of many classes as one of a single class, or of one mixture: smaller, and without the input `labels`.

What depends on the class alone is computed once. A product of (latent, class embedding) with a matrix is the latent's
product with its rows and a constant, W [z; e] = W_z z + W_e e: the class's half of every conditional norm's matrix and
of the first layer's goes.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import Tensor, nn

from ganrt.errors import NegativeResult
from ganrt.exporter.families.protocol import Built
from ganrt.exporter.inputs import Array as Weights
from ganrt.spec import LABELS

Array = NDArray[Any]


class _OneClass(nn.Module):
    """z float32 [n, dim] and what else the generator takes, but labels: those are the same for every picture."""

    def __init__(self, generator: nn.Module, weights: Weights) -> None:
        super().__init__()
        self.generator = generator
        self.register_buffer("weights", torch.from_numpy(weights.copy()))

    def forward(self, z: Tensor, *others: Tensor) -> Tensor:
        labels = cast(Tensor, self.weights).expand(len(z), -1)
        return cast(Tensor, self.generator(z, labels, *others))


def fix_class(built: Built, model: onnx.ModelProto, weights: Weights) -> tuple[Built, onnx.ModelProto]:
    """The generator and its graph with labels that are always `weights` [count], and a spec without.

    Raises:
        NegativeResult: see `fix_labels`.
    """
    spec = replace(built.spec, labels=None)
    return replace(built, module=_OneClass(built.module, weights).eval(), spec=spec), fix_labels(model, weights)


def fix_labels(model: onnx.ModelProto, weights: Weights) -> onnx.ModelProto:
    """The model without its input `labels`, whose rows are all `weights` [count].

    Raises:
        NegativeResult: something that depends on the labels alone cannot be computed.
    """
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = _Graph(made, weights)
    nodes = list(graph.without_class(graph.without_known(made.graph.node)))
    read = {name for node in nodes for name in node.input}
    inputs = [value for value in made.graph.input if value.name != LABELS]
    for field, kept in (("node", nodes), ("input", inputs), ("initializer", graph.tensors(read))):
        made.graph.ClearField(field)
        getattr(made.graph, field).extend(kept)
    onnx.checker.check_model(made)
    return made


class _Graph:
    """`known`: the weights; `fixed`: what depends on weights and labels alone, one row for all pictures."""

    def __init__(self, model: onnx.ModelProto, weights: Weights) -> None:
        self.model = model
        self.known: dict[str, Array] = {
            tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer
        }
        self.fixed: dict[str, Array] = {LABELS: weights[None]}

    def without_known(self, nodes: Iterable[onnx.NodeProto]) -> list[onnx.NodeProto]:
        """The nodes that are left when the others are computed."""
        left = []
        for node in nodes:
            of_labels = any(name in self.fixed for name in node.input)
            if of_labels and all(name in self.fixed or name in self.known for name in node.input):
                self.fixed.update(zip(node.output, self._computed(node), strict=True))
            else:
                left.append(node)
        return left

    def _computed(self, node: onnx.NodeProto) -> list[Array]:
        given = {name: self.fixed[name] if name in self.fixed else self.known[name] for name in node.input}
        inputs = [onnx.helper.make_empty_tensor_value_info(name) for name in given]
        outputs = [onnx.helper.make_empty_tensor_value_info(name) for name in node.output]
        alone = onnx.helper.make_graph([node], "one", inputs, outputs)
        whole = onnx.helper.make_model(alone, opset_imports=self.model.opset_import, ir_version=self.model.ir_version)
        try:
            return cast(list[Array], ReferenceEvaluator(whole).run(None, given))
        except Exception as error:  # the reference has no common class of errors
            raise NegativeResult(
                f"the class cannot be fixed in this graph: {node.op_type} '{node.name}' cannot be computed "
                f"({type(error).__name__})\nexport it without --class, and give the class when drawing"
            ) from error

    def without_class(self, nodes: list[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
        """One fixed row does for all pictures wherever shapes are broadcast, so but where it is joined to theirs."""
        split: dict[str, onnx.NodeProto] = {}
        for node in nodes:
            if node.op_type == "Concat" and any(name in self.fixed for name in node.input):
                readers = [reader for reader in nodes if node.output[0] in reader.input]
                if len(self._free(node)) == 1 and all(self._is_product(reader) for reader in readers):
                    split[node.output[0]] = node
                else:
                    yield from self._with_rows(node)
            elif node.input and node.input[0] in split:
                yield self._free_product(node, split[node.input[0]])
            else:
                yield node

    def _free(self, joined: onnx.NodeProto) -> list[str]:
        return [name for name in joined.input if name not in self.fixed]

    def _is_product(self, node: onnx.NodeProto) -> bool:
        """Whether it is x W + b and nothing else, W and b known."""
        options = _attributes(node)
        plain = not options.get("transA") and options.get("alpha", 1) == 1 and options.get("beta", 1) == 1
        return node.op_type in ("Gemm", "MatMul") and plain and all(name in self.known for name in node.input[1:])

    def _free_product(self, node: onnx.NodeProto, joined: onnx.NodeProto) -> onnx.NodeProto:
        """Of [x, e] W + b, e fixed, the product of x alone; sums in float64."""
        matrix = self.known[node.input[1]]
        matrix = matrix.T if _attributes(node).get("transB") else matrix
        bias = self.known[node.input[2]].astype(np.float64) if len(node.input) > 2 else 0.0
        widths = [self.fixed[name].shape[1] if name in self.fixed else None for name in joined.input]
        free = matrix.shape[0] - sum(width or 0 for width in widths)
        ends = np.cumsum([free if width is None else width for width in widths])
        rows = matrix
        for name, part in zip(joined.input, np.split(matrix, ends[:-1]), strict=True):
            if name in self.fixed:
                bias = bias + self.fixed[name][0].astype(np.float64) @ part.astype(np.float64)
            else:
                rows = part
        names = [f"{node.name}.matrix", f"{node.name}.bias"]
        self.known.update(zip(names, (rows, np.asarray(bias).astype(matrix.dtype)), strict=True))
        return onnx.helper.make_node("Gemm", [*self._free(joined), *names], list(node.output), node.name)

    def _with_rows(self, joined: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
        """The fixed values once for every picture, since something needs them in its rows."""
        count, stem = f"{joined.name}.count", joined.name
        yield onnx.helper.make_node("Shape", self._free(joined)[:1], [count], count, start=0, end=1)
        inputs = []
        for i, name in enumerate(joined.input):
            if name not in self.fixed:
                inputs.append(name)
                continue
            width, shape, rows = (f"{stem}.{part}_{i}" for part in ("width", "shape", "rows"))
            self.known[width] = np.asarray(self.fixed[name].shape[1:], np.int64)
            yield onnx.helper.make_node("Concat", [count, width], [shape], shape, axis=0)
            yield onnx.helper.make_node("Expand", [name, shape], [rows], rows)
            inputs.append(rows)
        yield onnx.helper.make_node("Concat", inputs, list(joined.output), joined.name, **_attributes(joined))

    def tensors(self, names: Container[str]) -> Iterator[onnx.TensorProto]:
        """The weights of these names."""
        for name, array in (self.known | self.fixed).items():
            if name in names:
                yield numpy_helper.from_array(np.ascontiguousarray(array), name)


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
