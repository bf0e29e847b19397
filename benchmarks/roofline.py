"""The roofline of a graph (Williams, Waterman and Patterson, "Roofline", CACM 2009): no layer can be done faster than
its multiply-accumulates at the rate of computing, nor than its bytes at the rate of memory.

Only layers with multiplications count: what lies between them is taken to be fused into them. Each reads its input
and weights once and writes its output once, all at the width of the precision. So the roof by computing is a true
bound; the one by memory is not where activations stay in a cache or layers are fused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ganrt.engines.cost import LayerCost
from ganrt.errors import UsageError

BYTES = {"fp32": 4, "fp16": 2, "bf16": 2, "int8": 1}


@dataclass(frozen=True)
class Limit:
    """Rates that a machine cannot exceed, and where they are from."""

    macs_per_second: float
    bytes_per_second: float
    source: str


@dataclass(frozen=True)
class LayerRoof:
    """The least time of one layer for a whole batch, in seconds."""

    name: str
    operator: str
    macs: int
    bytes: int
    compute_s: float
    memory_s: float

    @property
    def seconds(self) -> float:
        return max(self.compute_s, self.memory_s)

    @property
    def bound(self) -> str:
        """What holds it: "compute" or "memory"."""
        return "compute" if self.compute_s >= self.memory_s else "memory"


@dataclass(frozen=True)
class Roofline:
    """The roofs of a graph's layers at one batch size and precision."""

    precision: str
    batch_size: int
    limit: Limit
    layers: tuple[LayerRoof, ...]

    @property
    def macs(self) -> int:
        """Of one batch."""
        return sum(layer.macs for layer in self.layers)

    @property
    def bytes(self) -> int:
        """Of one batch."""
        return sum(layer.bytes for layer in self.layers)

    @property
    def images_per_second(self) -> float:
        """The ceiling: layer after layer, each at its roof."""
        return self.batch_size / sum(layer.seconds for layer in self.layers)

    @property
    def compute_images_per_second(self) -> float:
        """The ceiling by computing alone: a true bound."""
        return self.batch_size / sum(layer.compute_s for layer in self.layers)

    def share(self, images_per_second: float) -> float:
        """What part of the ceiling a measured rate reaches; above 1 where caches or fusion beat the assumption."""
        return images_per_second / self.images_per_second

    def as_json(self) -> dict[str, object]:
        """For the bench document."""
        return {
            "precision": self.precision,
            "batch_size": self.batch_size,
            "limit": asdict(self.limit),
            "ceiling_images_per_second": self.images_per_second,
            "ceiling_by_compute_alone": self.compute_images_per_second,
            "layers": [{**asdict(layer), "bound": layer.bound} for layer in self.layers],
        }


def roofline(costs: Sequence[LayerCost], limit: Limit, precision: str = "fp32", batch_size: int = 1) -> Roofline:
    """The roofs of those layers that multiply.

    Raises:
        UsageError: an unknown precision, a batch below 1, or a graph in which nothing multiplies.
    """
    if precision not in BYTES or batch_size < 1:
        raise UsageError(
            f"roofline: precision '{precision}', batch {batch_size}: expected one of {', '.join(BYTES)}, and 1 or more"
        )
    layers = tuple(_roof(cost, limit, BYTES[precision], batch_size) for cost in costs if cost.macs)
    if not layers:
        raise UsageError("roofline: the graph has no convolution and no matrix product")
    return Roofline(precision, batch_size, limit, layers)


def _roof(cost: LayerCost, limit: Limit, width: int, batch: int) -> LayerRoof:
    macs = cost.macs * batch
    moved = width * (cost.weights + batch * (cost.inputs + cost.outputs))
    seconds = macs / limit.macs_per_second, moved / limit.bytes_per_second
    return LayerRoof(cost.name, cost.operator, macs, moved, *seconds)
