"""Is a bundle whole, and does it draw what it says? Every finding names a file, what was expected and what it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import BadInputFile, SpecError
from ganrt.files import file_sha256
from ganrt.pixels import one_level
from ganrt.runtime.bundle import known_latents, read_engine, stated
from ganrt.runtime.bundle_manifest import COMPONENT, MANIFEST, listed_engines, listed_files, read_manifest
from ganrt.runtime.canary import canary_error, canary_picture
from ganrt.runtime.generator import load
from ganrt.runtime.known_pictures import DESCRIPTION, SHEET, wrong_pictures
from ganrt.spec import GeneratorSpec

# What ONNX Runtime's reader of model packages takes; it refuses other fields.
_MANIFEST_FIELDS = {
    *("schema_version", "package_name", "package_version", "description", "layout"),
    *("components", "shared_assets", "additional_metadata"),
}


def check_bundle(folder: Path, *, draw: bool = True) -> list[str]:
    """What is wrong with a bundle, a line each; an empty list: nothing. Files that it does not list are nobody's fault.

    Args:
        draw: open the FP32 graph with ONNX Runtime and compare its canary.

    Raises:
        BadInputFile: it is no bundle; or it, its model or its spec is of a newer format, or not readable though
            nothing was changed since it was made.
        BackendUnavailable: ONNX Runtime is missing, and `draw` is asked for.
    """
    manifest = read_manifest(folder)
    listed = listed_files(manifest)
    findings = [*_package(manifest, listed), *_files(folder, listed)]
    return findings or list(_contents(folder, listed_engines(manifest), draw))


def _package(manifest: dict[str, Any], listed: dict[str, str]) -> Iterator[str]:
    """ONNX Runtime's rules for model packages, as far as they concern us."""
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
        if f"{directory}/{file}" not in listed:
            yield f"{MANIFEST}: the variant {name} names {directory}/{file}, which is not of this bundle"


def _files(folder: Path, listed: dict[str, str]) -> Iterator[str]:
    for name, expected in sorted(listed.items()):
        if not (folder / name).is_file():
            yield f"{name}: missing"
        elif (found := file_sha256(folder / name)) != expected:
            yield f"{name}: changed; SHA-256 {found[:12]}..., expected {expected[:12]}..."


def _contents(folder: Path, engines: list[str], draw: bool) -> Iterator[str]:
    """Do the parts agree with each other? Hashes cannot tell, if all were written by somebody else."""
    written, beside = _stated_spec(folder / "spec.json")
    model = read_onnx(folder / "fp32" / "model.onnx")
    spec = model.spec()
    if written != spec:
        yield "spec.json: is not the spec within fp32/model.onnx"
    expected = stated(model)
    if any(beside[side] != expected[side] for side in ("inputs", "outputs") if side in beside):
        yield "spec.json: its inputs and outputs are not those of fp32/model.onnx"
    if beside.get("look_model", expected["look_model"]) != expected["look_model"]:
        yield f"spec.json: look codes call fp32/model.onnx '{expected['look_model']}'"
    try:
        if json.loads((folder / "latents.json").read_bytes()) != known_latents(spec):
            yield "latents.json: the answers are not those of latent spec 1"
        yield from _canary(folder, spec)
        for engine in engines:
            read_engine(folder / engine, model)
    except (OSError, ValueError) as error:
        yield str(error)
    if draw:
        yield from _drawn(folder)


def _stated_spec(path: Path) -> tuple[GeneratorSpec, dict[str, Any]]:
    """The spec, and what stands beside it (`stated`); bundles of version 0.1.0 say nothing of that."""
    try:
        document = path.read_bytes()
        values = json.loads(document)
        beside = {name: values.pop(name) for name in ("inputs", "outputs", "look_model") if name in values}
        return GeneratorSpec.from_json(json.dumps(values)), beside
    except (OSError, SpecError) as error:
        raise BadInputFile(f"{path}: {error}") from error
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise BadInputFile(f"{path}: expected the spec as a JSON object ({type(error).__name__})") from error


def _canary(folder: Path, spec: GeneratorSpec) -> Iterator[str]:
    if spec.canary is None:
        return
    if (folder / "canary.png").read_bytes() != spec.canary.png_bytes():
        yield "canary.png: is not the picture within spec.json"
    if spec.canary.reduced is not None:  # the hash is of the full picture
        return
    if hashlib.sha256(canary_picture(spec.canary).tobytes()).hexdigest() != spec.canary.sha256:
        yield "canary.png: its pixels are not those whose SHA-256 spec.json states"


def _drawn(folder: Path) -> Iterator[str]:
    with load(folder / "fp32" / "model.onnx", backend="onnxruntime") as generator:
        error = canary_error(generator)
        channels = generator.spec.output.channels if generator.spec.output else 1
        if error is not None and error > one_level(channels):
            yield f"fp32/model.onnx: draws another canary, off by {error:g} of 255"
        if (folder / DESCRIPTION).is_file():  # bundles of 0.1.0, and of large pictures, have none
            try:
                for line in wrong_pictures(
                    generator, (folder / SHEET).read_bytes(), (folder / DESCRIPTION).read_bytes()
                ):
                    yield f"{SHEET}: {line}"
            except (OSError, ValueError) as error_of_file:
                yield f"{DESCRIPTION}: {error_of_file}"
