"""What a device could do at best with a model, from published peak rates: a ceiling, never a measurement.

The table is `data/devices.json`: dense peak rates at the boost clock and the bandwidth, with the source of each.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from ganrt.benchmarks.roofline import Limit, Roofline, roofline
from ganrt.engines.cost import LayerCost
from ganrt.errors import UsageError

_TABLE = Path(__file__).parent / "data" / "devices.json"
PRECISIONS = ("fp16", "fp32", "bf16", "int8")
KIND = "ceiling"


@dataclass(frozen=True)
class Device:
    """Published figures of one device; `fp16_tflops`: on tensor cores, dense, accumulating in FP32."""

    key: str
    name: str
    architecture: str
    sms: int
    boost_mhz: float
    memory_gb: float
    bandwidth_gb_s: float
    fp32_tflops: float
    fp16_tflops: float
    int8_tops: float
    source: str

    def offers(self, precision: str) -> bool:
        """Whether its tensor cores multiply in a precision: BF16 came with Ampere."""
        return precision in PRECISIONS and not (precision == "bf16" and self.architecture == "turing")

    def limit(self, precision: str) -> Limit:
        """The roof for a precision.

        Raises:
            UsageError: an unknown precision, or one that the device lacks.
        """
        if not self.offers(precision):
            offered = ", ".join(known for known in PRECISIONS if self.offers(known))
            raise UsageError(f"{self.name}: precision '{precision}': expected one of {offered}")
        rate = {"fp32": self.fp32_tflops, "int8": self.int8_tops}.get(precision, self.fp16_tflops)
        return Limit(rate * 1e12 / 2, self.bandwidth_gb_s * 1e9, f"published: {self.source}")


@dataclass(frozen=True)
class Ceiling:
    """The ceiling of one device: `kind` is there so that no reader takes it for a measurement."""

    device: Device
    roof: Roofline
    kind: str = KIND

    def as_json(self) -> dict[str, object]:
        """For --json and the report."""
        return {
            "kind": self.kind,
            "device": self.device.key,
            "name": self.device.name,
            "source": self.device.source,
            "precision": self.roof.precision,
            "batch_size": self.roof.batch_size,
            "ceiling_images_per_second": self.roof.images_per_second,
            "ceiling_by_compute_alone": self.roof.compute_images_per_second,
            "memory_bound_layers": sum(layer.bound == "memory" for layer in self.roof.layers),
            "layers": len(self.roof.layers),
        }


@cache
def devices() -> dict[str, Device]:
    """The table, by key."""
    names = [field.name for field in fields(Device)]
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    return {entry["key"]: Device(**{name: entry[name] for name in names}) for entry in table["devices"]}


def find_devices(keys: Sequence[str]) -> list[Device]:
    """The devices asked for, in that order; all of them for an empty list.

    Raises:
        UsageError: an unknown key; the message lists those that are known.
    """
    known = devices()
    for key in keys:
        if key.lower() not in known:
            raise UsageError(f"device '{key}': expected one of {', '.join(known)}")
    return [known[key.lower()] for key in keys] or list(known.values())


def predict(costs: Sequence[LayerCost], device: Device, precision: str = "fp16", batch_size: int = 64) -> Ceiling:
    """The ceiling of a model on a device; see `roofline` for what it takes for granted.

    Raises:
        UsageError: a precision that the device lacks, a batch below 1, or a graph in which nothing multiplies.
    """
    return Ceiling(device, roofline(costs, device.limit(precision), precision, batch_size))
