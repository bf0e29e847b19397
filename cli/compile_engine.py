"""What `ganrt compile` makes: a portable `.onnx` file in a lower precision, or an engine with a sidecar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from ganrt.cli import options
from ganrt.cli.option_blocks import Was
from ganrt.errors import BadInputFile, UsageError

if TYPE_CHECKING:
    from ganrt.engines.onnx_file import OnnxFile
    from ganrt.engines.precisions import Lowered
    from ganrt.engines.tensorrt.files import Listed
    from ganrt.engines.tensorrt.sidecar import Profile


class Hardware(str, Enum):
    """TensorRT's levels of hardware compatibility."""

    EXACT = "exact"
    SAME = "same-compute-capability"
    AMPERE_PLUS = "ampere-plus"


@dataclass(frozen=True)
class EngineRequest:
    """What only engines have."""

    panel: ClassVar[str] = "Engines"
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            help="tensorrt-rtx: sm75, sm80, sm86, sm89, sm120, sm121, rtx4090, ...; several: sm86,sm89. "
            "Default: all, which is all but sm121.",
        ),
    ] = None
    batch: Annotated[
        list[str] | None,
        typer.Option("--batch", metavar="<str>", help="MIN:OPT:MAX, by default 1:8:64; several times."),
    ] = None
    ladder: Annotated[
        str | None, typer.Option("--ladder", help="Static batches instead, such as 1,2,4,8, a profile each.")
    ] = None
    workspace: Annotated[
        int | None, typer.Option("--workspace", help="Most MiB of scratch memory.", min=1, max=2**20)
    ] = None
    level: Annotated[
        int | None, typer.Option("--level", help="How long to search for fast kernels, 0 to 5.", min=0, max=5)
    ] = None
    version_compatible: Annotated[
        bool,
        typer.Option(
            "--version-compatible", help="tensorrt: for later ones of its major version too: docs/engines.md."
        ),
    ] = False
    hardware: Annotated[Hardware, typer.Option("--hardware", help="tensorrt: devices other than the one at hand.")] = (
        Hardware.EXACT
    )


@dataclass(frozen=True)
class Lowering(options.ThreadOptions):
    """Which precision, and how it is judged."""

    panel: ClassVar[str] = "Precision, and how it is judged"
    precision: Annotated[str, typer.Option("--precision", help="fp16 or int8; engines: fp32, too.")] = "fp16"
    form: Annotated[
        str | None, typer.Option("--form", help="The exact graph to start from; by default the precision's own.")
    ] = None
    min_psnr: Annotated[
        float | None,
        typer.Option(
            "--min-psnr",
            help="Least PSNR in dB to FP32; FP16: 45, INT8: 35. Less for models that were not trained.",
            min=0,
        ),
        Was("--gate"),
    ] = None
    budget: Annotated[
        float, typer.Option("--budget", help="Seconds of judging: as many of 256 samples as that allows.", min=0)
    ] = 20.0


@dataclass(frozen=True)
class Request:
    """What is to be made, of which file, and where."""

    model: Path
    folder: Path
    lowering: Lowering
    force: bool = False
    backend: str = "onnxruntime"
    engine: EngineRequest = EngineRequest()


def compile_portable(request: Request, progress: Callable[[str, int], object]) -> dict[str, object]:
    """Writes `<name>.<precision>.onnx` once its gate is passed.

    Returns:
        what is reported: the file, precision, form, samples, worst PSNR and SSIM, fallback layers and notes.
    """
    from ganrt.engines.backends import try_on_cpu
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.engines.precisions import PRECISIONS
    from ganrt.files import ensure_absent, write_file
    from ganrt.trial import remember_made

    precision = request.lowering.precision
    if precision not in PRECISIONS:
        why = {
            "fp32": "; fp32 is the model itself",
            "bf16": "; bf16 is computed by backends from the FP32 file",
        }.get(precision, "")
        raise UsageError(f"--precision {precision}: expected {' or '.join(PRECISIONS)}{why}")
    model = read_onnx(request.model)
    spec = model.spec()
    path = request.folder / f"{spec.name}.{precision}.onnx"
    ensure_absent(path, request.force, within=request.folder)
    try_on_cpu(model)
    made = lowered(request.lowering, model, progress)
    write_file(path, made.data, force=request.force, within=request.folder)
    remember_made(made.data)
    return {
        "file": str(path),
        "model": spec.name,
        "model_sha256": model.sha256,
        "precision": made.precision,
        "form": made.form,
        "bytes": len(made.data),
        "psnr_db": made.psnr,
        "ssim": made.ssim,
        "samples": made.samples,
        "islands": [asdict(layer) for layer in made.fallback_layers],
        "notes": list(made.notes),
    }


def lowered(lowering: Lowering, model: OnnxFile, progress: Callable[[str, int], object]) -> Lowered:
    """Made and gated, or taken from the cache where it was before: what was asked for decides, and no other file.

    Args:
        lowering: of a precision that is known.

    Raises:
        UsageError: an unknown form. Others: see `ganrt.engines.precisions.lower_precision`.
    """
    from ganrt.engines.forms import FORMS
    from ganrt.engines.precisions import lower_precision
    from ganrt.engines.precisions.kept import kept_or_made
    from ganrt.runtime.sample_inputs import precision_samples

    if lowering.form is not None and lowering.form not in FORMS:
        raise UsageError(f"--form {lowering.form}: expected {', '.join(FORMS)}")
    request = {
        "precision": lowering.precision,
        "form": lowering.form,
        "gate": lowering.min_psnr,
        "budget_s": lowering.budget,
    }

    def make() -> Lowered:
        return lower_precision(
            model,
            lowering.precision,
            precision_samples(model.spec()),
            form=lowering.form,
            gate=lowering.min_psnr,
            budget_s=lowering.budget,
            threads=lowering.threads,
            progress=progress,
        )

    return kept_or_made(model.sha256, request, make)[0]


def list_portable(folder: Path) -> list[dict[str, object]]:
    """The graphs in a lower precision in a folder, as engines are listed; those that are damaged by their name."""
    found = ((path, *_looked_over(path)) for path in sorted(folder.glob("*.onnx")))
    return [
        {"file": str(path), "bytes": path.stat().st_size, "problem": problem}
        for path, compiled, problem in found
        if compiled
    ]


def _looked_over(path: Path) -> tuple[bool, str | None]:
    """Whether `ganrt compile` wrote it, and what is wrong with it."""
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.engines.stamp import STAMPED

    try:
        return read_onnx(path).precision in STAMPED, None
    except BadInputFile as error:
        problem = str(error).splitlines()[0].removeprefix(f"{path} ")
        return path.suffixes[-2:-1] in [[f".{precision}"] for precision in STAMPED], problem


Report = dict[str, object]
_DEFAULT_BATCH = "1:8:64"
_MIB = 2**20


def compile_engine(request: Request, progress: Callable[[str, int], object]) -> Report:
    """Makes the precision, if the model is the portable one, and compiles it.

    Returns:
        what is reported: the file, targets, precision, form, batches, samples, worst PSNR and SSIM, layers in
            FP32 and notes.
    """
    from ganrt.engines.backends import try_on_cpu
    from ganrt.engines.cuda.probe import find_targets
    from ganrt.engines.onnx_file import derived, read_onnx
    from ganrt.engines.tensorrt.build import Recipe
    from ganrt.engines.tensorrt.compile import compile_engine as make
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
        "islands": [{"name": layer.name, "why": layer.why} for layer in done.sidecar.islands],
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

    from ganrt.engines.machine import package_version
    from ganrt.engines.tensorrt.sidecar import read_trusted

    data, sidecar = read_trusted(path)
    values = json.loads(sidecar.to_json())
    if values["spec"]["canary"]:
        values["spec"]["canary"]["png"] = f"({len(values['spec']['canary']['png'])} characters)"
    values["islands"] = {layer.name: layer.why for layer in sidecar.islands}
    values["profiles"] = [str(profile) for profile in sidecar.profiles]
    values["tensors"] = {f"{t.mode} {t.name}": f"{t.dtype} {list(t.shape)}" for t in sidecar.tensors}
    installed = package_version(sidecar.backend)
    return {"file": str(path), "kind": "engine", "bytes": len(data), "sound": True, "installed": installed, **values}


def _profiles(batches: tuple[str, ...], steps: str | None) -> tuple[Profile, ...]:
    from ganrt.engines.tensorrt.profiles import ladder, profiles

    if batches and steps is not None:
        raise UsageError("--batch and --ladder: give one of them")
    return profiles(batches or (_DEFAULT_BATCH,)) if steps is None else ladder(steps)


def _lowered(request: Request, model: OnnxFile, progress: Callable[[str, int], object]) -> Lowered | None:
    """The model in the precision asked for; None where it is in that already."""
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
