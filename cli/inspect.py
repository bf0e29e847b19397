"""`ganrt inspect`: what a file is and says about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import command, print_json, tell
from ganrt.cli.compile_engine import inspect_engine
from ganrt.cli.former import OldSettings, with_old_settings
from ganrt.errors import BadInputFile
from ganrt.exporter.options import Settings

if TYPE_CHECKING:
    from ganrt.engines.onnx_file import OnnxFile
    from ganrt.engines.stamp import Stamp

Report = dict[str, object]
_NAMES_SHOWN = 20
_FILMS = (".mp4", ".gif", ".webp", ".apng")
_PICTURES = {b"GIF8": "GIF", b"\xff\xd8\xff": "JPEG", b"RIFF": "WebP", b"BM": "BMP"}


@command(
    "inspect",
    """
    ganrt inspect avatars
    ganrt inspect out/seed0-index00000000.png --json
    ganrt inspect walk.mp4
    ganrt inspect netG_epoch_24.pth
    ganrt inspect netG_epoch_24.pth --full
    """,
)
def inspect(
    file: Annotated[
        str,
        typer.Argument(
            help="A checkpoint (file or folder), an ONNX file, an engine or its sidecar, a bundle's folder, a picture "
            "or film of ganrt, a model's name."
        ),
    ],
    full: Annotated[
        bool,
        typer.Option("--full", help="Read every weight of a checkpoint: its SHA-256, and whether all are finite."),
    ] = False,
    family: Annotated[
        str | None, typer.Option("--family", help="A checkpoint's family, if the keys do not tell.")
    ] = None,
    *,
    settings: Settings,
    old_settings: OldSettings = None,
    json: options.Json = False,
) -> None:
    """Describes a checkpoint (family, sizes, how sure), an ONNX file (spec, cost), an engine, a bundle or a picture."""
    from ganrt.runtime.models import resolve_model

    path = resolve_model(file)
    reader = _reader(path)
    report = (
        reader(path) if reader else _inspect_checkpoint(path, family, with_old_settings(settings, old_settings), full)
    )
    if json:
        print_json(report)
    else:
        _print(_shortened(report))


def _reader(path: Path) -> Callable[[Path], Report] | None:
    """What describes it without the exporter's packages; None: it may be a checkpoint."""
    if path.is_dir():
        return _inspect_bundle if (path / "manifest.json").is_file() and (path / "fp32").is_dir() else None
    readers = {".onnx": _inspect_onnx, ".png": _inspect_picture, ".engine": inspect_engine, ".json": _inspect_sidecar}
    readers |= dict.fromkeys(_FILMS, _inspect_film)
    return readers.get(path.suffix.lower())


def _inspect_bundle(path: Path) -> Report:
    """What it says of itself; `ganrt bundle --check` looks whether that is true."""
    from ganrt.runtime.bundle_manifest import foreign_files, listed_engines, listed_files, read_manifest

    manifest = read_manifest(path)
    listed = listed_files(manifest)
    model = _inspect_onnx(path / "fp32" / "model.onnx")
    return {
        "file": str(path),
        "kind": "bundle",
        "made_by": f"ganrt {manifest.get('package_version')}",
        "model": model["file"],
        "model_sha256": model["sha256"],
        "engines": listed_engines(manifest),
        "files": sorted(listed),
        "foreign": foreign_files(path, listed),
        "spec": model["spec"],
    }


def _inspect_sidecar(path: Path) -> Report:
    """With the engine that it belongs to."""
    engine = path.with_suffix(".engine")
    if not engine.exists():
        raise BadInputFile(f"{path}: expected the sidecar of an engine, and {engine.name} is not beside it")
    return inspect_engine(engine)


def _inspect_picture(path: Path) -> Report:
    from ganrt.runtime.pictures import read_origin

    return {"file": str(path), "kind": "picture", **read_origin(path)}


def _inspect_film(path: Path) -> Report:
    from ganrt.runtime.film.origin import read_film_origin

    return {"file": str(path), "kind": "film", **read_film_origin(path)}


def _refuse_pictures(path: Path) -> None:
    """Without the exporter's packages: nobody should install torch to learn that a file is a GIF."""
    start = b""
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(4)
    for signature, kind in _PICTURES.items():
        if start.startswith(signature):
            raise BadInputFile(
                f"{path} is a {kind} file; of pictures only PNG files written by ganrt say what drew them"
            )


def _inspect_checkpoint(path: Path, family: str | None, settings: Settings, full: bool) -> Report:
    _refuse_pictures(path)
    from ganrt.exporter.describe import describe

    report = asdict(describe(path, family=family, settings=settings, whole=full))
    return {"file": str(path), "kind": "checkpoint", **{key: value for key, value in report.items() if key != "path"}}


def _inspect_onnx(path: Path) -> Report:
    import json

    from ganrt.engines.onnx_file import read_onnx
    from ganrt.engines.stamp import read_stamp

    onnx_file = read_onnx(path)
    stamp = read_stamp(onnx_file.metadata)
    spec = json.loads(onnx_file.spec().to_json())
    if spec["canary"]:
        for key, unit in (("png", "characters"), ("z", "values")):
            if spec["canary"][key] is not None:
                spec["canary"][key] = f"({len(spec['canary'][key])} {unit})"
    return {
        "file": str(path),
        "kind": "ONNX",
        "bytes": len(onnx_file.data),
        "sha256": onnx_file.sha256,
        "ir_version": onnx_file.ir_version,
        "opset": onnx_file.opset,
        "producer": onnx_file.producer,
        "precision": onnx_file.precision,
        "form": onnx_file.form,
        "derived_from": onnx_file.derived_from or None,
        **({} if stamp is None else _judged(stamp)),
        "nodes": len(onnx_file.operators),
        "operators": sorted(set(onnx_file.operators)),
        "parameters": onnx_file.parameters,
        "macs": _macs(onnx_file),
        "spec": spec,
    }


def _judged(stamp: Stamp) -> Report:
    """What the gate of a lower precision found, and which layers stayed in FP32 for it."""
    islands = {layer.name: layer.why for layer in stamp.islands}
    gate = {"samples": stamp.samples, "psnr": stamp.psnr, "ssim": stamp.ssim} if stamp.samples else None
    return {"gate": gate, "islands": islands}


def _macs(onnx_file: OnnxFile) -> int | None:
    """Multiply-accumulates of one image; None where the onnx package, which infers the shapes, is missing, or where the
    graph is too much for the libraries that would run it."""
    from ganrt.engines.backends import try_on_cpu
    from ganrt.engines.cost import macs_of_one_image
    from ganrt.errors import BackendUnavailable, BadInputFile

    try:
        try_on_cpu(onnx_file)
        return macs_of_one_image(onnx_file.path)
    except (BackendUnavailable, BadInputFile):
        return None


def _shortened(report: Report) -> Report:
    """Without a thousand weights and names, which only tell something to a program."""
    spec = report.get("spec")
    if not isinstance(spec, dict):
        return report
    canary, labels = spec["canary"], spec["labels"]
    if canary and canary["labels"]:
        chosen = [number for number, weight in enumerate(canary["labels"]) if weight]
        which = f"class {chosen[0]}" if len(chosen) == 1 else f"{len(chosen)} classes"
        canary = {**canary, "labels": f"{len(canary['labels'])} weights: {which}"}
    if labels and labels["names"] and len(labels["names"]) > _NAMES_SHOWN:
        labels = {**labels, "names": f"{len(labels['names'])} names (ganrt classes lists them)"}
    return {**report, "spec": {**spec, "canary": canary, "labels": labels}}


def _print(report: Report, indent: str = "") -> None:
    for key, value in report.items():
        if isinstance(value, dict):
            tell(f"{indent}{key}:")
            _print(value, indent + "  ")
        elif value is not None:
            shown = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            tell(f"{indent}{key}: {shown}")
