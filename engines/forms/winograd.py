"""3x3 convolutions of many channels as matrix products of transformed tiles: 36 multiplications for 16 pixels, not 144.

Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2015, arXiv:1509.09308, section 4): along each axis a window of
six pixels and the kernel are taken to the values of their polynomials at six points, multiplied there, summed over the
channels, and taken back to four pixels. Exact in real numbers. In float32 the points decide how exact: with 0, +-1, +-2
and infinity the worst error of 256 random channels is 1.6e-5 of the largest value, with 0, +-sqrt(1/2), +-sqrt(2) and
infinity 2.5e-6 (Barabasz et al. 2020, arXiv:1803.10986, on why they matter). The transforms cost what the channels do,
the products what their square does: only layers with many channels gain. Their weights take four times the room.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import onnx_ir as ir

from ganrt.engines.forms.phase_nodes import crop
from ganrt.graphs.convolution import Convolution, Matrix, read_convolution
from ganrt.graphs.passes import GraphPass, LeftAlone
from ganrt.graphs.values import Replacement, attribute, constant, input_of, sides

TILE, KERNEL = 4, 3
WINDOW = TILE + KERNEL - 1
POINTS = (0.0, sqrt(0.5), -sqrt(0.5), sqrt(2.0), -sqrt(2.0))  # and infinity
# in * out / (in + out): layers of 64 channels lose, of 128 tie or gain a fifth, of 256 gain a third or more
FEWEST_CHANNELS = 64
FEWEST_TILES = 64  # of a picture: with fewer, reading the larger weights takes what the products save


class Winograd(GraphPass):
    """3x3, stride 1, many channels in and out, a picture whose size is fixed."""

    starts_at = ("Conv",)
    needs_shapes = True

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        stored = constant(input_of(node, 1))
        if stored is None or stored.shape[2:] != (KERNEL, KERNEL) or attribute(node, "group", 1) != 1:
            return False
        outputs, inputs = stored.shape[:2]
        if outputs * inputs < FEWEST_CHANNELS * (outputs + inputs) or set(attribute(node, "strides", (1,))) != {1}:
            return False
        convolution = read_convolution(node)
        source = sides(convolution.x)
        if source is None:
            raise LeftAlone("it has many channels, but its picture's size is not fixed")
        made = [size + sum(pads) - KERNEL + 1 for size, pads in zip(source, convolution.pads, strict=True)]
        tiles = [-(-size // TILE) for size in made]
        if tiles[0] * tiles[1] < FEWEST_TILES:
            return False
        new = Replacement(node)
        more = [count * TILE - size for count, size in zip(tiles, made, strict=True)]
        new.finish(crop(new, _tiled(new, convolution, source, tiles, more), *more))
        return True


def matrices() -> tuple[Matrix, Matrix, Matrix]:
    """Of one axis (pixels [6, 6], kernel [6, 3], back [4, 6]): back @ ((kernel @ g) * (pixels @ d)) is d filtered by g.

    Toom and Cook's construction (Lavin and Gray, section 4; Blahut 2010, Fast Algorithms for Signal Processing, chapter
    5): the kernel's polynomial at each point over the product of distances to the others, the window against the
    polynomials that vanish at the others, and powers of the points on the way back; infinity takes the highest powers.
    """
    points = np.asarray(POINTS)
    pixels, kernel, back = np.zeros((WINDOW, WINDOW)), np.zeros((WINDOW, KERNEL)), np.zeros((TILE, WINDOW))
    for i, point in enumerate(points):
        others = np.delete(points, i)
        pixels[i, :-1] = np.poly(others)[::-1]
        kernel[i] = point ** np.arange(KERNEL) / np.prod(point - others)
    pixels[-1] = np.poly(points)[::-1]
    kernel[-1, -1] = back[-1, -1] = 1.0
    back[:, :-1] = points ** np.arange(TILE)[:, None]
    return pixels, kernel, back


def _tiled(
    new: Replacement, convolution: Convolution, source: tuple[int, int], tiles: list[int], more: list[int]
) -> ir.Value:
    """[n, in, h, w] -> [n, out, tiles * 4]; on the way to its tiles every channel is a picture of its own."""
    (outputs, inputs), points = convolution.weight.shape[:2], WINDOW**2
    (top, bottom), (left, right) = convolution.pads
    pixels, kernel, back = matrices()
    window = np.einsum("ai,bj->abij", pixels, pixels).reshape(points, 1, WINDOW, WINDOW)
    products = np.einsum("ai,ocij,bj->aboc", kernel, convolution.weight, kernel).reshape(points, outputs, inputs)
    pictures = np.einsum("pa,qb->pqab", back, back).reshape(TILE**2, points)

    def weight(part: str, values: Matrix) -> ir.Value:
        return new.weight(part, values.astype(convolution.dtype))

    def shaped(value: ir.Value, *shape: int) -> ir.Value:
        return new.op("Reshape", [value, new.weight("shape", np.asarray(shape, np.int64))], "shaped")

    steps = {
        "kernel_shape": [WINDOW, WINDOW],
        "strides": [TILE, TILE],
        "pads": [top, left, bottom + more[0], right + more[1]],
    }
    made = new.op("Conv", [shaped(convolution.x, -1, 1, *source), weight("window", window)], "window", steps)
    made = shaped(made, -1, inputs, points, tiles[0] * tiles[1])
    made = new.op("Transpose", [made], "points", {"perm": [0, 2, 1, 3]})
    made = new.op("MatMul", [weight("products", products), made], "products")
    made = shaped(made, 0, points, outputs * tiles[0] * tiles[1])
    made = new.op("MatMul", [weight("back", pictures), made], "back")
    made = shaped(made, 0, TILE**2 * outputs, *tiles)
    made = new.op("DepthToSpace", [made], "pixels", {"blocksize": TILE, "mode": "DCR"})
    if convolution.bias is None:
        return made
    return new.op("Add", [made, weight("bias", convolution.bias.reshape(-1, 1, 1))], "biased")
