"""`ganrt.export`: a module that lives in Python, or a checkpoint, becomes a verified ONNX file."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganrt.errors import UsageError

if TYPE_CHECKING:
    from torch import nn

    from ganrt.exporter.export import ExportResult


def export(
    module: nn.Module | str | PathLike[str],
    output: str | PathLike[str],
    *,
    latent: int | None = None,
    labels: int | Sequence[str] | None = None,
    prior: str | None = None,
    range: str | None = None,
    output_shape: tuple[int, int, int] | None = None,
    size: tuple[int, int] | None = None,
    channel_order: str | None = None,
    condition: Sequence[float] | None = None,
    name: str | None = None,
    licence: str | None = None,
    attribution: str | None = None,
    force: bool = False,
) -> ExportResult:
    """Exports a generator or translator, verified against the module itself; writes nothing if that fails.

    Args:
        module: a `torch.nn.Module`, which stays as it is, or the path of a checkpoint as `ganrt export` takes.
        output: a name ending in `.onnx`.
        latent: how many values z has. labels: how many classes, or their names. Found where they are not given.
        prior: normal, uniform, truncated_normal, or the parts of z: "normal:62,onehot:10".
        range: of the pictures' values: "tanh" (-1 to 1) or "sigmoid" (0 to 1).
        output_shape: (channels, height, width) of a flat output.
        channel_order: "rgb" (assumed) or "bgr", of all pictures that go in and come out.
        size: (height, width) of the pictures that a translator takes. condition: what its second argument is held at.
        name, licence, attribution: kept in the file.
        force: overwrite `output`.

    Raises:
        UsageError: what the module takes is not clear, or an argument makes no sense.
        BadInputFile: it draws at random, or cannot be traced. NegativeResult: the graph draws something else.
        OutputFailed: the output exists without `force`, or cannot be written.
        BackendUnavailable: a package is missing.
    """
    from ganrt.exporter.export import ExportRequest, export_module
    from ganrt.exporter.export import export as export_file
    from ganrt.exporter.options import Settings
    from ganrt.runtime.sampling import sampler

    names = labels if isinstance(labels, Sequence) else None
    if isinstance(labels, str):
        raise UsageError(f"labels={labels!r}: expected a number of classes, or a list of their names")
    given: dict[str, Any] = {
        "latent": latent,
        "labels": labels if names is None else len(names),
        "prior": prior,
        "range": range,
        "output_shape": output_shape and "x".join(map(str, output_shape)),
        "size": size and "x".join(map(str, size)),
        "channel_order": channel_order,
        "condition": condition and ",".join(map(str, condition)),
    }
    settings = Settings.read({key: None if value is None else str(value) for key, value in given.items()})
    if names is not None:
        settings = settings.named(names)
    path = Path(output)
    if isinstance(module, (str, PathLike)):
        return export_file(
            Path(module),
            path,
            sampler=sampler,
            settings=settings,
            name=name,
            licence=licence,
            attribution=attribution,
            force=force,
        )
    request = ExportRequest(Path(type(module).__name__), sampler, settings, name or path.stem, licence, attribution)
    return export_module(module, path, request, force=force)
