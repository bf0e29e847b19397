"""The suite's models: the bundled one, and networks of published sizes with random weights, made here.

Random weights draw noise in the same time as trained ones draw pictures. Making a model needs torch, once: it is kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from ganrt.files import atomic_write, make_folder
from ganrt.interrupts import require
from ganrt.runtime.models import resolve_model


def require_torch() -> None:
    """Raises BackendUnavailable where torch cannot be imported."""
    require("torch", 'pip install "ganrt[export]"')


if TYPE_CHECKING:
    import torch
    from torch import Tensor

_SEED = 0


@dataclass(frozen=True)
class ModelFile:
    """An ONNX file, and the checkpoint that it was made of where there is one."""

    onnx: Path
    checkpoint: Path | None = None


def work_folder(given: Path | None) -> Path:
    """Where made models are kept: the folder given, else `bench` in GANRT_HOME, else in the platform's cache."""
    if given is not None:
        return given
    home = os.environ.get("GANRT_HOME")
    if home:
        return Path(home) / "bench"
    from platformdirs import user_cache_path

    return user_cache_path("ganrt") / "bench"


def prepare_model(name: str, folder: Path, say: Callable[[str], object]) -> ModelFile:
    """The files of a bundled model, or of one of `RANDOM`, which is made on first use.

    Raises:
        BackendUnavailable: torch is missing, and the model must be made.
    """
    if name not in RANDOM:
        return ModelFile(resolve_model(name))
    onnx, checkpoint = folder / f"{name}.onnx", folder / f"{name}.safetensors"
    make_folder(folder)
    if not checkpoint.exists():
        require_torch()
        from safetensors.torch import save_file

        say(f"making {name} with random weights")
        with atomic_write(checkpoint) as partial:
            save_file(RANDOM[name](), partial)
    if not onnx.exists():
        require_torch()
        from ganrt.exporter.export import export
        from ganrt.runtime.sampling import sampler

        say(f"exporting {name}")
        export(checkpoint, onnx, sampler=sampler, name=name)
    return ModelFile(onnx, checkpoint)


def random_cyclegan() -> dict[str, Tensor]:
    """ResnetGenerator, 9 blocks of 256 channels, instance norm: N(0, 0.02) as its training starts."""
    import torch

    from ganrt.exporter.families.cyclegan import DEFAULT_EPS, Generator, Shape

    random = torch.Generator().manual_seed(_SEED)
    shape = Shape(inputs=3, outputs=3, width=64, blocks=9, batch_norm=False, dropout=False)
    with torch.device("meta"):
        expected = Generator(shape, DEFAULT_EPS).state_dict()
    return {key: 0.02 * torch.randn(value.shape, generator=random) for key, value in expected.items()}


def random_biggan_deep(side: int) -> dict[str, Tensor]:
    """BigGAN-deep of the published configuration for `side` pixels, without spectral norm; variances kept near 1."""
    import torch

    from ganrt.exporter.families.biggan_deep import PUBLISHED

    random = torch.Generator().manual_seed(_SEED)
    shapes = biggan_deep_shapes([(128 * a, 128 * b) for a, b in PUBLISHED[side]], 128, 128, 1000, 51, 8)
    return {key: _biggan_tensor(key, shape, random) for key, shape in shapes.items()}


def biggan_deep_shapes(
    blocks: Sequence[tuple[int, int]], width: int, values: int, classes: int, rows: int, attention: int | None
) -> dict[str, tuple[int, ...]]:
    """Every key of a checkpoint without spectral norm, and its shape.

    Args:
        blocks: (input, output) channels of each. width: of the last one. values: of z. rows: of the statistics.
        attention: the block before which it lies.
    """
    places = [i + (attention is not None and i >= attention) for i in range(len(blocks))]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.weight": (values, classes),
        "generator.gen_z.weight": (16 * 16 * width, 2 * values),
        "generator.gen_z.bias": (16 * 16 * width,),
        **{f"generator.bn.{part}": (width,) for part in ("weight", "bias")},
        **{f"generator.bn.{part}": (rows, width) for part in ("running_means", "running_vars")},
        "generator.conv_to_rgb.weight": (width, width, 3, 3),
        "generator.conv_to_rgb.bias": (width,),
    }
    for place, (first, last) in zip(places, blocks, strict=True):
        channels = (first, first // 4, first // 4, first // 4, last)
        for k, kernel in enumerate((1, 3, 3, 1)):
            norm, conv = (f"generator.layers.{place}.{part}_{k}" for part in ("bn", "conv"))
            shapes |= {f"{norm}.{part}": (rows, channels[k]) for part in ("running_means", "running_vars")}
            shapes |= {f"{norm}.{part}.weight": (channels[k], 2 * values) for part in ("scale", "offset")}
            shapes[f"{conv}.weight"] = (channels[k + 1], channels[k], kernel, kernel)
            shapes[f"{conv}.bias"] = (channels[k + 1],)
    if attention is not None:
        c, prefix = blocks[attention][0], f"generator.layers.{attention}"
        sizes = {"theta": (c // 8, c), "phi": (c // 8, c), "g": (c // 2, c), "o_conv": (c, c // 2)}
        shapes |= {f"{prefix}.snconv1x1_{name}.weight": (*size, 1, 1) for name, size in sizes.items()}
        shapes[f"{prefix}.gamma"] = (1,)
    return shapes


def _biggan_tensor(key: str, shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    import torch

    values: Tensor = torch.randn(shape, generator=random)
    if key.endswith("running_vars"):
        return values.abs() * 0.1 + 1
    if key == "embeddings.weight":
        return values
    if len(shape) > 1 and not key.endswith("running_means"):
        # Half of what keeps the variance: trained networks, too, do not amplify rounding errors.
        return values * 0.5 / sqrt(prod(shape[1:]))
    return values * 0.1 + (1.0 if key.endswith(("bn.weight", "gamma")) else 0.0)


RANDOM: dict[str, Callable[[], dict[str, Tensor]]] = {
    "cyclegan-256": random_cyclegan,
    "biggan-deep-128": lambda: random_biggan_deep(128),
    "biggan-deep-512": lambda: random_biggan_deep(512),
}
