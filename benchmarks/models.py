"""The suite's models: the bundled one, and networks of published sizes with random weights, made here.

Random weights draw noise in the same time as trained ones draw pictures. Making a model needs torch, once: it is kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable
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

    from ganrt.exporter.families.biggan_deep_reading import DEFAULT_EPS, PUBLISHED, Config, Layer, expected_shapes

    blocks = enumerate(PUBLISHED[side])
    layers = tuple(Layer(i % 2 == 1, 128 * inputs, 128 * outputs) for i, (inputs, outputs) in blocks)
    random = torch.Generator().manual_seed(_SEED)
    shapes = expected_shapes(Config(128, 1000, 128, 51, layers, 8, DEFAULT_EPS))
    return {key: _biggan_tensor(key, shape, random) for key, shape in shapes.items()}


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
