"""Nearest upsampling by whole numbers, as Resize says it in several ways."""

from __future__ import annotations

import onnx_ir as ir

from ganrt.graphs.values import attribute, constant, dims, input_of, is_operator

# Resize's ways to say that output pixel f shows input pixel floor(f / scale), for every whole scale: with half-pixel
# centres the distance to that pixel is always less than a half.
_SAME_AS_FLOOR = {
    ("asymmetric", "floor"),
    ("half_pixel", "round_prefer_floor"),
    ("half_pixel", "round_prefer_ceil"),
}


def nearest_scale(node: ir.Node | None) -> tuple[int, int] | None:
    """(vertical, horizontal) if the node repeats each pixel of an [n, c, h, w] picture so often; else None."""
    if node is None or not is_operator(node, "Resize") or attribute(node, "mode", "nearest") != "nearest":
        return None
    coordinates = attribute(node, "coordinate_transformation_mode", "half_pixel")
    rounding = attribute(node, "nearest_mode", "round_prefer_floor")
    if (coordinates, rounding) not in _SAME_AS_FLOOR or "axes" in node.attributes:
        return None
    scales = _scales(node)
    if scales is None or len(scales) != 4 or scales[:2] != [1, 1] or any(s != int(s) or s < 1 for s in scales):
        return None
    return int(scales[2]), int(scales[3])


def _scales(node: ir.Node) -> list[float] | None:
    stored = constant(input_of(node, 2))
    if stored is not None and stored.size:
        return [float(s) for s in stored]
    sizes, given = constant(input_of(node, 3)), dims(node.inputs[0])
    if sizes is None or given is None or None in given or len(sizes) != len(given):
        return None
    return [float(size) / (side or 1) for size, side in zip(sizes, given, strict=True)]
