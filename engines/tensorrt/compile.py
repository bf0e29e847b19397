"""A graph -> an engine file with its sidecar, or the one that is there already."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ganrt.engines import cache
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.stamp import read_stamp
from ganrt.engines.tensorrt.build import Progress, Recipe, build
from ganrt.engines.tensorrt.files import engine_name, write_engine
from ganrt.engines.tensorrt.sidecar import FORMAT, Gate, Kept, Sidecar, read_trusted, sidecar_path
from ganrt.engines.tensorrt.vendor import load_vendor
from ganrt.errors import BadInputFile, OutputFailed
from ganrt.files import ensure_absent

_TIMING = ("timing", ".cache")


@dataclass(frozen=True)
class Compiled:
    """The engine's file; `made` is False where the same one was there."""

    path: Path
    sidecar: Sidecar
    made: bool


def compile_engine(
    graph: OnnxFile, recipe: Recipe, folder: Path, progress: Progress, *, force: bool = False
) -> Compiled:
    """Compiles a graph of any precision into `folder`.

    Raises:
        UsageError, BadInputFile, BackendUnavailable: see `ganrt.engines.tensorrt.build.build`.
        OutputFailed: another engine of that name is there and `force` is not set, or it cannot be written.
    """
    spec = graph.spec()
    name = engine_name(spec.name, recipe.backend, recipe.targets, graph.precision, recipe.profiles)
    path = folder / name
    trt = load_vendor(recipe.backend)
    there = None if force else _same(path, graph, recipe, trt.__version__)
    if there is not None:
        return Compiled(path, there, made=False)
    for file in (path, sidecar_path(path)):
        ensure_absent(file, force, within=folder)
    key = {"backend": recipe.backend, "version": trt.__version__, "targets": recipe.targets}
    built = build(trt, graph, recipe, progress, cache.find(_TIMING[0], key, _TIMING[1]))
    if built.timing:
        with suppress(OutputFailed):  # it costs only the next build's time
            cache.store(_TIMING[0], key, _TIMING[1], built.timing)
    sidecar = Sidecar(
        format=FORMAT,
        backend_version=trt.__version__,
        precision=graph.precision,
        form=graph.form,
        engine_sha256=hashlib.sha256(built.data).hexdigest(),
        engine_bytes=len(built.data),
        onnx_sha256=graph.sha256,
        model_sha256=graph.model_sha256,
        spec=spec,
        **_judged(graph),
        tensors=built.tensors,
        **_chosen(recipe),
    )
    write_engine(path, built.data, sidecar, force=force)
    return Compiled(path, sidecar, made=True)


def _judged(graph: OnnxFile) -> dict[str, Any]:
    """The fields of a sidecar that the graph's stamp says."""
    stamp = read_stamp(graph.metadata)
    if stamp is None:
        return {"gate": None}
    gate = Gate(psnr=stamp.psnr, samples=stamp.samples, ssim=stamp.ssim) if stamp.samples else None
    return {"gate": gate, "islands": tuple(Kept(**asdict(layer)) for layer in stamp.islands)}


def _chosen(recipe: Recipe) -> dict[str, Any]:
    """The fields of a sidecar that the recipe decides."""
    names = ("backend", "targets", "profiles", "version_compatible", "hardware", "level", "workspace")
    return {name: getattr(recipe, name) for name in names}


def _same(path: Path, graph: OnnxFile, recipe: Recipe, version: str) -> Sidecar | None:
    """The sidecar of a sound engine that was made of the same graph, by the same version and recipe."""
    try:
        sidecar = read_trusted(path)[1]
    except BadInputFile:
        return None
    wanted = replace(sidecar, onnx_sha256=graph.sha256, backend_version=version, **_chosen(recipe))
    return sidecar if sidecar == wanted else None
