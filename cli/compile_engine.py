"""`ganrt compile --backend tensorrt-rtx` and `tensorrt`: engines, each with a sidecar that says what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ganrt.errors import UsageError

if TYPE_CHECKING:
    from ganrt.cli.compile_request import Request
    from ganrt.engines.onnx_file import OnnxFile
    from ganrt.engines.precisions import Lowered
    from ganrt.engines.tensorrt.files import Listed
    from ganrt.engines.tensorrt.sidecar import Profile

Report = dict[str, object]
_DEFAULT_BATCH = "1:8:64"
_MIB = 2**20


def compile_engine(request: Request, progress: Callable[[str, int], object]) -> Report:
    """Makes the precision, if the model is the portable one, and compiles it.

    Returns:
        what is reported: the file, targets, precision, form, batches, samples, worst PSNR and SSIM, islands and notes.
    """
    from ganrt.engines.backends import try_on_cpu
    from ganrt.engines.onnx_file import derived, read_onnx
    from ganrt.engines.tensorrt.build import Recipe
    from ganrt.engines.tensorrt.compile import compile_engine as make
    from ganrt.engines.tensorrt.compile import find_targets
    from ganrt.engines.tensorrt.vendor import load_vendor

    options = request.engine
    profiles = _profiles(tuple(options.batch or ()), options.ladder)
    load_vendor(request.backend)  # before the minutes that a precision may take
    default = "here" if request.backend == "tensorrt" else "all"
    recipe = Recipe(
        request.backend,
        find_targets(request.backend, default if options.target is None else options.target),
        profiles,
        workspace=None if options.workspace is None else options.workspace * _MIB,
        level=options.level,
        version_compatible=options.version_compatible,
        hardware=options.hardware.value.replace("-", "_"),
    )
    model = read_onnx(request.model)
    model.spec()
    try_on_cpu(model)
    lowered = _lowered(request, model, progress)
    graph = model if lowered is None else derived(model, lowered.data, lowered.form)
    done = make(graph, recipe, request.folder, progress, force=request.force)
    kept = [] if done.made else ["it was there already, made of the same graph in the same way"]
    gate = done.sidecar.gate
    return {
        "file": str(done.path),
        "made": done.made,
        "model": done.sidecar.spec.name,
        "model_sha256": done.sidecar.model_sha256,
        "backend": f"{done.sidecar.backend} {done.sidecar.backend_version}",
        "targets": list(done.sidecar.targets),
        "batches": [str(profile) for profile in profiles],
        "precision": graph.precision,
        "form": graph.form,
        "bytes": done.sidecar.engine_bytes,
        "psnr_db": gate.psnr if gate else None,
        "ssim": gate.ssim if gate else None,
        "samples": gate.samples if gate else 0,
        "islands": [{"name": island.name, "why": island.why} for island in done.sidecar.islands],
        "notes": [*(lowered.notes if lowered else ()), *kept],
    }


def list_engines(folder: Path) -> list[Report]:
    """The engines in a folder, and what is wrong with them."""
    from ganrt.engines.tensorrt import files

    return [_listed(engine) for engine in files.list_engines(folder)]


def clean_engines(folder: Path) -> list[Report]:
    """Removes what cannot be loaded any more, and says what that was."""
    from ganrt.engines.tensorrt import files

    return [_listed(engine) for engine in files.clean(folder)]


def inspect_engine(path: Path) -> Report:
    """What an engine's sidecar says, once its bytes were checked against it; no GPU and no vendor's library needed."""
    import json

    from ganrt.engines.tensorrt.sidecar import read_trusted
    from ganrt.engines.tensorrt.vendor import installed_version

    data, sidecar = read_trusted(path)
    values = json.loads(sidecar.to_json())
    if values["spec"]["canary"]:
        values["spec"]["canary"]["png"] = f"({len(values['spec']['canary']['png'])} characters)"
    values["islands"] = {island.name: island.why for island in sidecar.islands}
    values["profiles"] = [str(profile) for profile in sidecar.profiles]
    values["tensors"] = {f"{t.mode} {t.name}": f"{t.dtype} {list(t.shape)}" for t in sidecar.tensors}
    installed = installed_version(sidecar.backend)
    return {"file": str(path), "kind": "engine", "bytes": len(data), "sound": True, "installed": installed, **values}


def _profiles(batches: tuple[str, ...], steps: str | None) -> tuple[Profile, ...]:
    from ganrt.engines.tensorrt.profiles import ladder, profiles

    if batches and steps is not None:
        raise UsageError("--batch and --ladder: give one of them")
    return profiles(batches or (_DEFAULT_BATCH,)) if steps is None else ladder(steps)


def _lowered(request: Request, model: OnnxFile, progress: Callable[[str, int], object]) -> Lowered | None:
    """The model in the precision asked for; None where it is in that already."""
    from ganrt.cli.compile_portable import lowered
    from ganrt.engines.precisions import PRECISIONS

    precision = request.lowering.precision
    if precision == model.precision:
        return None
    if model.precision != "fp32":
        raise UsageError(f"--precision {precision}: {model.path} is in {model.precision}, and stays so")
    if precision not in PRECISIONS:
        why = "; bf16 is coarser than fp16 and no smaller, and the vendor does not take it of all layers and devices"
        raise UsageError(
            f"--precision {precision}: expected fp32, {' or '.join(PRECISIONS)}" + (why if precision == "bf16" else "")
        )
    return lowered(request.lowering, model, progress)


def _listed(engine: Listed) -> Report:
    return {"file": str(engine.path), "bytes": engine.bytes, "problem": engine.problem}
