"""DepthToSpace and the transposition to [n, h, w, c] behind it in one go: numbers move once. Exact bit for bit."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from ganrt.graphs.passes import GraphPass, LeftAlone
from ganrt.graphs.values import Replacement, attribute, dims, drop, is_operator, only_consumer, sides


class ShuffleToPicture(GraphPass):
    """DepthToSpace (DCR) and a Transpose behind it, on a picture of fixed size."""

    starts_at = ("DepthToSpace",)
    needs_shapes = True

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        transpose = only_consumer(node.outputs[0])
        if not is_operator(transpose, "Transpose") or attribute(transpose, "perm", ()) != (0, 2, 3, 1):
            return False
        block = attribute(node, "blocksize", 1)
        shape, size = dims(node.inputs[0]), sides(node.inputs[0])
        if attribute(node, "mode", "DCR") != "DCR" or shape is None or shape[1] is None or size is None:
            raise LeftAlone("its picture's size is not fixed")
        channels = shape[1] // block**2
        new = Replacement(transpose)
        apart = new.weight("apart", np.asarray([-1, block, block, channels, *size], np.int64))
        picture = [-1, size[0] * block, size[1] * block, channels]
        together = new.weight("together", np.asarray(picture, np.int64))
        made = new.op("Reshape", [node.inputs[0], apart], "reshaped")
        made = new.op("Transpose", [made], "interleaved", {"perm": [0, 4, 1, 5, 2, 3]})
        new.finish(new.op("Reshape", [made, together], "picture"))
        drop(node)
        return True
