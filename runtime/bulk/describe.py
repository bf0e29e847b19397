"""Who draws a run: what its manifest says of model, spec, backend, machine and versions, and where the model lies."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from ganrt import __version__
from ganrt.engines.machine import package_version, processor
from ganrt.errors import BadInputFile
from ganrt.runtime.bulk.manifest import Manifest
from ganrt.runtime.bulk.plan import Layout
from ganrt.runtime.bulk.records import Json, canonical, digest
from ganrt.runtime.bulk.storage import LocalStorage, Target
from ganrt.runtime.design import PLAIN, Design
from ganrt.runtime.generator import Generator
from ganrt.runtime.latent_files import LatentFile
from ganrt.runtime.models import bundled_model, resolve_model
from ganrt.runtime.sampling import Truncation
from ganrt.runtime.settings import parse_settings, settings_text
from ganrt.spec import GeneratorSpec

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
        "versions": {"ganrt": __version__, **{name: package_version(name) for name in packages}},
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


def describe_drawing(generator: Generator, design: Design = PLAIN) -> Json:
    """What the options ask of the generator; of a run that samples latents and changes none what 0.1.0 said."""
    latent, truncation = generator.spec.latent, design.truncation
    return {
        "psi": truncation.psi,
        "mode": truncation.mode,
        "threshold": truncation.threshold,
        "law": truncation.arguments(latent) if latent else None,
        "statistics_truncation": truncation.statistics,
        "class": design.labels,
        **({"set": settings_text(design.controls)} if design.controls else {}),
        **({"set_z": design.pinned} if design.pinned else {}),
        **({"latents_sha256": design.latents.sha256} if design.latents else {}),
    }


def design_of(drawing: Json, latents: LatentFile | None = None) -> Design:
    """The inverse, but for the latents of a file, of which it says the hash."""
    truncation = Truncation(drawing["psi"], drawing["mode"], drawing["threshold"], drawing["statistics_truncation"])
    settings = parse_settings(drawing.get("set", "").split())
    return Design(truncation, drawing["class"], settings, drawing.get("set_z", ""), latents)


_NETWORK = ("//", "\\\\")  # begin the names of other machines on Windows


def model_file(generator: Generator, target: Target) -> str | None:
    """What the manifest says of the model's place; None: it is a bundled one.

    Seen from an output that is a folder, so that both can be moved together and nobody reads whose machine it was;
    otherwise as it was given.
    """
    path = generator.path
    name = bundled_model(generator.model_sha256)
    if path is None or (name is not None and path == resolve_model(name)):
        return None
    if not isinstance(target, LocalStorage):
        return path.as_posix()
    try:
        return Path(os.path.relpath(path.resolve(), target.root.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()


def find_model(target: Target, manifest: Manifest) -> str:
    """The model that a run was drawn by: the path of its file, or a bundled model's name.

    Whether the file is still the same its SHA-256 tells, when it is opened. An engine is native code: it is not loaded
    because a manifest, which may be a stranger's, names it.

    Raises:
        BadInputFile: it is not bundled, and is not where it was, or is an engine.
    """
    told, wanted = manifest.plan.generator, manifest.model_file
    path = None if wanted is None or wanted.startswith(_NETWORK) else Path(wanted)
    if path is not None and isinstance(target, LocalStorage):
        path = Path(os.path.normpath(target.root.resolve() / path))
    there = path is not None and os.path.isfile(path)  # noqa: PTH113  (False also of what no file can be called)
    if path is not None and there and path.suffix.lower() == ".onnx":
        return str(path)
    if path is None and (name := bundled_model(told["model_sha256"])) is not None:
        return name
    if path is None:
        where = "is not bundled, and the manifest does not say where it lies"
    else:
        where = f"lies at {ascii(str(path))[1:-1]}" if there else f"is not at {ascii(str(path))[1:-1]} any more"
    name = f"{ascii(told['model'])[1:-1]} (SHA-256 {told['model_sha256'][:16]}...)"
    raise BadInputFile(f"{target.place}: the model of this run, {name}, {where}\ngive its file: -m FILE")
