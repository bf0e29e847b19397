"""A bundle: one folder that a game ships, with a model and all that a client needs to draw the same avatars.

Its layout is that of ONNX Runtime's model packages, schema 1.0 (model_package/README.md of onnxruntime:
`manifest.json`, components, variants, one folder each, portable paths), so that runtimes which know them can open it;
the fields that ONNX Runtime leaves to others hold what is ganrt's. A client that knows nothing of packages opens the
files by name:

    manifest.json      ONNX Runtime's; under additional_metadata.ganrt the hashes of every other file
    fp32/model.onnx    the portable graph; fp16/model.onnx where it was asked for
    engines/           compiled engines with their sidecars, where some were given
    spec.json          the generator's spec, with its inputs and outputs; canary.png: what it draws first
    controls.json      the named controls, where the model has some (also of a model whose spec is older than controls)
    latents.json       latents with known answers, to test a client with; pictures.png and .json: pictures with them
    clients/           sources in C, C# and JavaScript, and what Unity, Unreal and Godot want around them
    NOTICE, README.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from ganrt.checks import encode
from ganrt.engines.onnx_file import OnnxFile, read_onnx
from ganrt.engines.tensorrt.sidecar import read_trusted, sidecar_path
from ganrt.errors import UsageError
from ganrt.files import file_sha256
from ganrt.prior import PRIORS
from ganrt.runtime.bundle_manifest import COMPONENT, FORMAT, MANIFEST, names_below, whole_folder
from ganrt.runtime.identity import identity_index
from ganrt.runtime.known_pictures import IDENTITIES, PAIRS
from ganrt.runtime.latents import sample
from ganrt.runtime.look_drawing import code_model
from ganrt.runtime.models import named_controls
from ganrt.runtime.sampling import NO_TRUNCATION, Truncation
from ganrt.runtime.styles import whole_wanted
from ganrt.spec import BATCH, GeneratorSpec, Latent

README = (files("ganrt.runtime") / "data" / "kit.md").read_text("utf-8")

NOTICE = """{name}
Licence of the weights: {licence}
Attribution: {attribution}

The sources in clients/ are ganrt's, Copyright 2026 the ganrt authors, Apache License, Version 2.0 (clients/LICENSE).
Philox4x32-10 follows Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (2011).
"""


_PSIS = (None, 1.0, 0.7, 0.0)
_ANSWERS, _ANSWERS_IN_PARTS = 8, 1024  # values of each
_INCLUDE = re.compile(r'^#include "(ganrt\w*\.h)"$', re.MULTILINE)
_CLIENTS = (
    (".", "LICENSE"),
    ("c", "*.[ch]"),
    ("c", "CMakeLists.txt"),
    ("csharp", "*.cs"),
    ("js", "*.js"),
    ("js", "*.d.ts"),
    ("js", "package.json"),
    ("js", "README.md"),
    ("godot", "*.h"),
    ("godot3", "**/*"),
    ("godot4", "**/*"),
    ("unity", "**/*"),
    ("unreal", "**/*"),
)
_MADE_OF_THEM = {".so", ".dll", ".dylib"}  # where somebody built them in a checkout


@dataclass(frozen=True)
class Contents:
    """What goes into a bundle.

    Attributes:
        model: the portable FP32 graph.
        variants: further graphs of the same model, by precision.
        engines: compiled engines, each with its sidecar beside it.
        builtin: files of the built-in drawer, by name.
        pictures: pictures with known answers, by name (`known_pictures`).
    """

    model: OnnxFile
    variants: Mapping[str, Path]
    engines: Sequence[Path] = ()
    builtin: Mapping[str, bytes] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)


def write_bundle(contents: Contents, folder: Path, *, force: bool = False) -> dict[str, Any]:
    """Writes a whole bundle, or nothing; an older bundle in its place goes only with `force`, and of it only what its
    manifest lists.

    Returns:
        the manifest.

    Raises:
        OutputFailed: there is something that may not be replaced (see `check_place`), or it cannot be written.
        UsageError: the model draws no images, or is not the portable FP32 graph.
        BadInputFile: a variant or an engine is of another model, or damaged.
    """
    spec = _portable_spec(contents.model)
    with whole_folder(folder, force) as partial:
        _write(partial / "fp32" / "model.onnx", contents.model.data)
        for precision, path in contents.variants.items():
            _write(partial / precision / "model.onnx", _of_the_model(path, contents.model))
        for name, data in contents.builtin.items():
            _write(partial / "builtin" / name, data)
        for name, data in contents.pictures.items():
            _write(partial / name, data)
        for engine in contents.engines:
            _copy_engine(engine, partial / "engines", contents.model)
        _write_json(partial / "spec.json", json.loads(spec.to_json()) | stated(contents.model))
        if spec.canary is not None:
            _write(partial / "canary.png", spec.canary.png_bytes())
        _write_json(partial / "latents.json", known_latents(spec))
        if found := named_controls(spec, contents.model.sha256):
            _write_json(partial / "controls.json", {"controls": [encode(control) for control in found]})
        _copy_clients(partial / "clients")
        _write_texts(partial, spec)
        manifest = _manifest(partial, spec, contents)
        _write_json(partial / MANIFEST, manifest)
    return manifest


def stated(model: OnnxFile) -> dict[str, Any]:
    """What spec.json says beside the spec: type and shape of each of the graph's `inputs` and `outputs`, "n" the batch,
    and what look codes call the model."""
    spec = model.spec()
    ports = {
        side: {name: {"type": port.dtype, "shape": [BATCH, *port.dims]} for name, port in ports.items()}
        for side, ports in (("inputs", spec.inputs), ("outputs", spec.outputs))
    }
    return {**ports, "look_model": code_model(spec.name, model.sha256)}


def known_latents(spec: GeneratorSpec) -> dict[str, Any]:
    """Latents of this model with known answers: float32 bits as 8 hexadecimal digits, the first eight of each.

    Of latents in parts it states the prior, and gives up to 1,024 values, so that every part is tested.
    """
    latent = spec.latent
    if latent is None:
        raise UsageError(f"'{spec.name}' has the task '{spec.task}': it draws no images from latents")
    return {
        "latent_spec": latent.latent_spec,
        "dim": latent.dim,
        **({} if latent.prior in PRIORS else {"prior": latent.prior}),
        "identities": [{"identity": name, "index": str(identity_index(name))} for name in IDENTITIES],
        "latents": [_answers(latent, psi) for psi in _PSIS],
    }


def _answers(latent: Latent, psi: float | None) -> dict[str, Any]:
    truncation = NO_TRUNCATION if psi is None else Truncation(psi=psi)
    seeds, indices = zip(*PAIRS, strict=True)
    shown = _ANSWERS if latent.prior in PRIORS else _ANSWERS_IN_PARTS
    rows = sample(list(seeds), list(indices), latent.dim, **truncation.arguments(latent))[:, :shown]
    bits = rows.astype("<f4").view("<u4")
    return {
        "psi": psi,
        "images": [
            {"seed": str(seed), "index": str(index), "z": [f"{value:08x}" for value in row.tolist()]}
            for (seed, index), row in zip(PAIRS, bits, strict=True)
        ],
    }


def _portable_spec(model: OnnxFile) -> GeneratorSpec:
    spec = model.spec()
    if spec.task != "generate" or spec.latent is None:
        what = f"'{spec.name}' has the task '{spec.task}': a client kit is for models that draw from latents"
        raise UsageError(what + whole_wanted(spec))
    if model.derived_from:
        raise UsageError(f"{model.path} was made from another graph: expected the portable FP32 model itself")
    return spec


def _of_the_model(path: Path, model: OnnxFile) -> bytes:
    variant = read_onnx(path)
    if variant.derived_from != model.sha256:
        raise UsageError(f"{path}: expected a graph made from {model.path}; make it with: ganrt compile")
    return variant.data


def read_engine(engine: Path, model: OnnxFile) -> bytes:
    """The bytes of an engine that was compiled from this model.

    Raises:
        BadInputFile: the engine or its sidecar is missing or damaged.
        UsageError: it is of another model.
    """
    data, sidecar = read_trusted(engine)
    if (sidecar.model_sha256, sidecar.spec) != (model.sha256, model.spec()):
        raise UsageError(f"{engine} was compiled from another model than {model.path}; compile it again: ganrt compile")
    return data


def _copy_engine(engine: Path, folder: Path, model: OnnxFile) -> None:
    if (folder / engine.name).exists():
        raise UsageError(f"{engine}: another engine of this bundle has the same name; give one of them another")
    _write(folder / engine.name, read_engine(engine, model))
    _write(folder / sidecar_path(engine).name, sidecar_path(engine).read_bytes())


def _copy_clients(folder: Path) -> None:
    source = Path(str(files("ganrt") / "clients"))
    for place, pattern in _CLIENTS:
        for path in sorted((source / place).glob(pattern)):
            if path.is_file() and path.suffix not in _MADE_OF_THEM:
                _write(folder / path.relative_to(source), path.read_bytes())
    single = single_file(source / "c").encode()
    _write(folder / "c" / "ganrt_avatars_single.c", single)
    unity = folder / "unity" / "com.ganrt.avatars"  # whole by itself: Unity's packages see no files outside
    _write(unity / "Runtime" / "GanrtAvatars.cs", (source / "csharp" / "GanrtAvatars.cs").read_bytes())
    _write(unity / "Plugins" / "iOS" / "ganrt_avatars_single.c", single)
    _write(unity / "LICENSE.md", (source / "LICENSE").read_bytes())
    unreal = folder / "unreal" / "GanrtAvatars" / "Source" / "GanrtAvatars"
    _write(unreal / "Private" / "ganrt_avatars_single.c", single)
    _write(unreal / "Private" / "ganrt_avatars.h", (source / "c" / "ganrt_avatars.h").read_bytes())


def single_file(folder: Path) -> str:
    """ganrt_avatars.c with the headers of its folder in their places: one file to compile, without a header path."""
    seen: set[str] = set()

    def inlined(text: str) -> str:
        return _INCLUDE.sub(lambda found: replaced(found[1]), text)

    def replaced(name: str) -> str:
        if name in seen:
            return ""
        seen.add(name)
        return inlined((folder / name).read_text("utf-8"))

    return inlined((folder / "ganrt_avatars.c").read_text("utf-8"))


def _write_texts(folder: Path, spec: GeneratorSpec) -> None:
    source = spec.source
    _write(folder / "README.md", README.replace("{name}", spec.name).encode())
    _write(
        folder / "NOTICE",
        NOTICE.format(
            name=spec.name,
            licence=(source and source.licence) or "not stated: ask whoever trained the model before you ship it",
            attribution=(source and source.attribution) or "not stated",
        ).encode(),
    )


def _manifest(folder: Path, spec: GeneratorSpec, contents: Contents) -> dict[str, Any]:
    """ONNX Runtime's manifest; strict readers refuse other fields at the top."""
    return {
        "schema_version": "1.0",
        "package_name": spec.name,
        "package_version": version("ganrt"),
        "description": f"The generator {spec.name} with clients in C, C# and JavaScript, made by ganrt.",
        "layout": "portable",
        "components": {COMPONENT: {"variants": {name: _variant(name) for name in ("fp32", *contents.variants)}}},
        "additional_metadata": {
            "ganrt": {
                "format": FORMAT,
                "model_sha256": contents.model.sha256,
                "engines": [f"engines/{engine.name}" for engine in contents.engines],
                "files": {name: file_sha256(folder / name) for name in names_below(folder)},
            }
        },
    }


def _variant(precision: str) -> dict[str, Any]:
    """FP32 runs everywhere, on the CPU first; FP16 is for GPUs."""
    where = {"ep": "CPUExecutionProvider", "device": "cpu"} if precision == "fp32" else {"device": "gpu"}
    return {"variant_directory": precision, **where, "executor_info": {"ort": {"model_file": "model.onnx"}}}


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_json(path: Path, value: object) -> None:
    _write(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())
