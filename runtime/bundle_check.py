"""Is a bundle whole, and does it draw what it says? Every finding names a file, what was expected and what it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import BackendUnavailable, BadInputFile, GanrtError
from ganrt.runtime.bundle import COMPONENT, FORMAT, MANIFEST, hashes, known_latents
from ganrt.runtime.canary import canary_error, canary_picture
from ganrt.runtime.generator import load
from ganrt.spec import GeneratorSpec

_LARGEST_MANIFEST = 16 * 2**20
# What ONNX Runtime's reader of model packages takes; it refuses other fields.
_MANIFEST_FIELDS = {
    *("schema_version", "package_name", "package_version", "description", "layout"),
    *("components", "shared_assets", "additional_metadata"),
}


def check_bundle(folder: Path, *, draw: bool = True) -> list[str]:
    """What is wrong with a bundle, a line each; an empty list: nothing.

    Args:
        draw: open the FP32 graph with ONNX Runtime and compare its canary.

    Raises:
        BadInputFile: it is no bundle, or one of a newer format.
        BackendUnavailable: ONNX Runtime is missing, and `draw` is asked for.
    """
    manifest = _read_manifest(folder)
    listed = manifest["additional_metadata"]["ganrt"]["files"]
    findings = [*_package(folder, manifest), *_files(folder, listed)]
    return findings or list(_contents(folder, draw))


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise BadInputFile(f"{path} is longer than {_LARGEST_MANIFEST} bytes: it is no bundle's manifest")
        manifest = json.loads(path.read_bytes())
        ours = manifest["additional_metadata"]["ganrt"]
        version, listed = ours["format"], ours["files"]
    except OSError as error:
        raise BadInputFile(f"{folder} is no bundle: {MANIFEST} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInputFile(f"{path} is not the manifest of a bundle: expected one that ganrt bundle wrote") from error
    if type(version) is not int or version > FORMAT:
        raise BadInputFile(f"{path} has format {version!r}; this version of ganrt knows {FORMAT}: update ganrt")
    if not isinstance(listed, dict) or not all(_is_name(name) and isinstance(listed[name], str) for name in listed):
        raise BadInputFile(f"{path}: expected the files with their SHA-256, by names below this folder")
    return dict(manifest)


def _is_name(name: str) -> bool:
    """Whether it stays within the folder, on every system."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and not set("\\:") & set(name) and bool(path.parts)


def _package(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """ONNX Runtime's rules for model packages, as far as they concern us."""
    if not str(manifest.get("schema_version", "")).startswith("1."):
        yield f"{MANIFEST}: schema_version {manifest.get('schema_version')!r}, expected 1.x"
    for unknown in sorted(set(manifest) - _MANIFEST_FIELDS):
        yield f"{MANIFEST}: field {unknown!r}, which ONNX Runtime refuses"
    try:
        variants = manifest["components"][COMPONENT]["variants"]
        named = [
            (name, v["variant_directory"], v["executor_info"]["ort"]["model_file"]) for name, v in variants.items()
        ]
    except (KeyError, TypeError, AttributeError):
        yield f"{MANIFEST}: expected components.{COMPONENT}.variants, each with a folder and a model_file"
        return
    for name, directory, file in named:
        inside = f"{directory}/{file}"
        if not _is_name(inside) or not (folder / inside).is_file():
            yield f"{MANIFEST}: the variant {name} names {inside}, which is not there"


def _files(folder: Path, listed: dict[str, str]) -> Iterator[str]:
    found = hashes(folder)
    for name in sorted({*listed, *found}):
        if name not in found:
            yield f"{name}: missing"
        elif name not in listed:
            yield f"{name}: not of this bundle"
        elif listed[name] != found[name]:
            yield f"{name}: changed; SHA-256 {found[name][:12]}..., expected {listed[name][:12]}..."


def _contents(folder: Path, draw: bool) -> Iterator[str]:
    """Do the parts agree with each other? Hashes cannot tell, if all were written by somebody else."""
    try:
        model = read_onnx(folder / "fp32" / "model.onnx")
        spec = model.spec()
        stated = GeneratorSpec.from_json((folder / "spec.json").read_text(encoding="utf-8"))
        if stated != spec:
            yield "spec.json: is not the spec within fp32/model.onnx"
        if json.loads((folder / "latents.json").read_bytes()) != known_latents(spec):
            yield "latents.json: the answers are not those of latent spec 1"
        yield from _canary(folder, spec)
        if draw:
            yield from _drawn(folder / "fp32" / "model.onnx")
    except BackendUnavailable:
        raise  # says something of this machine, nothing of the bundle
    except (GanrtError, OSError, ValueError) as error:
        yield str(error)


def _canary(folder: Path, spec: GeneratorSpec) -> Iterator[str]:
    if spec.canary is None:
        return
    if (folder / "canary.png").read_bytes() != spec.canary.png_bytes():
        yield "canary.png: is not the picture within spec.json"
    elif hashlib.sha256(canary_picture(spec.canary).tobytes()).hexdigest() != spec.canary.sha256:
        yield "canary.png: its pixels are not those whose SHA-256 spec.json states"


def _drawn(model: Path) -> Iterator[str]:
    with load(model, backend="onnxruntime") as generator:
        error = canary_error(generator)
    if error is not None and error > 1:
        yield f"fp32/model.onnx: draws another canary, off by {error:g} of 255"
