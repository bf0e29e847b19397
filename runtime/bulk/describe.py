"""What a manifest says about who draws: model, spec, backend, machine type and versions."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from ganrt import __version__
from ganrt.engines.machine import processor
from ganrt.runtime.bulk.documents import Json, canonical, digest
from ganrt.runtime.bulk.plan import Layout
from ganrt.runtime.latent_files import LatentFile
from ganrt.runtime.sampling import Truncation
from ganrt.runtime.settings import NOTHING, Settings, settings_text
from ganrt.spec import GeneratorSpec

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator

_ALIKE_SINCE = (0, 1)  # since then no byte of any picture or shard became another
_NUMBERS = re.compile(r"[0-9]+\.[0-9]+")
_OF_BACKEND = {
    "onnxruntime": ("onnxruntime",),
    "onnxruntime-cuda": ("onnxruntime-gpu",),
    "openvino": ("openvino",),
    "tensorrt": ("tensorrt",),
    "tensorrt-rtx": ("tensorrt-rtx",),
}


def describe(generator: Generator, layout: Layout) -> Json:
    """All that decides a picture's bytes beside its seed and index, as JSON.

    The machine's type is part of it: another processor may round differently.
    """
    spec = json.loads(generator.spec.to_json())
    spec.pop("canary", None)  # a picture; the model's hash covers it
    machine = processor()
    packages = ["numpy", "opencv-python", *_OF_BACKEND.get(generator.backend, ())]
    packages += ["pyarrow"] if layout.format == "parquet" else []
    sizes = generator.batch_sizes
    return {
        "model": generator.spec.name,
        "model_sha256": generator.model_sha256,
        "spec": spec,
        "latent_spec": generator.spec.latent.latent_spec if generator.spec.latent else None,
        "backend": generator.backend,
        "device": generator.device,
        "precision": generator.precision,
        "form": generator.form,
        "batch_sizes": [sizes.minimum, sizes.optimum, sizes.maximum],
        "machine": {"processor": machine["name"], "features": digest(canonical(machine["features"]))[:16]},
        "versions": {"ganrt": __version__, **{name: _version(name) for name in packages}},
    }


def aligned(there: Json, here: Json) -> Json:
    """What `describe` says here, in the words of a plan that is there, where nothing differs that decides a byte.

    A ganrt that draws the same bytes may have another version, and may write an equal spec otherwise. ONNX Runtime's
    bytes do not depend on the batch, whose usual size another version may choose otherwise.
    """
    versions = there["versions"]
    if there["backend"] == here["backend"] == "onnxruntime":
        here = {**here, "batch_sizes": there["batch_sizes"]}
    if _draws_alike(versions.get("ganrt")):
        here = {**here, "versions": {**here["versions"], "ganrt": versions["ganrt"]}}
    specs = [GeneratorSpec.from_json(json.dumps(told["spec"])) for told in (there, here)]
    return {**here, "spec": there["spec"]} if specs[0] == specs[1] else here


def _draws_alike(other: str | None) -> bool:
    """Whether a ganrt of that version, this one or an earlier one, drew the same bytes as this one."""
    numbers = [
        tuple(map(int, found[0].split("."))) if (found := _NUMBERS.match(v or "")) else () for v in (other, __version__)
    ]
    return _ALIKE_SINCE <= numbers[0] <= numbers[1]


def describe_drawing(
    generator: Generator,
    how: Truncation,
    class_name: str | None,
    pinned: str = "",
    latents: LatentFile | None = None,
    controls: Settings = NOTHING,
) -> Json:
    """What the options ask of the generator; of a run that samples latents and changes none what 0.1.0 said."""
    latent = generator.spec.latent
    return {
        "psi": how.psi,
        "mode": how.mode,
        "threshold": how.threshold,
        "law": how.arguments(latent) if latent else None,
        "statistics_truncation": how.statistics,
        "class": class_name,
        **({"set": settings_text(controls)} if controls else {}),
        **({"set_z": pinned} if pinned else {}),
        **({"latents_sha256": latents.sha256} if latents else {}),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
